"""The daemon speaks for an hour: what it holds must not grow.

Run from the repository: `python -m tests.bench.soak [--minutes M] [--every-s S] [--save NAME]`. The
daemon is a child process that speaks with the bundled F5-TTS on the processor, without a pause or
every S seconds, into a PulseAudio null sink. It fails if memory grows, descriptors, threads or
tasks become more, an engine had to be replaced, or a message did not end in exactly one outcome.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.daemon import (
    Daemon,
    accounted,
    end_whole,
    resident_bytes,
    sentence,
    sound_server,
)
from tests.bench.report import environment, save

_SAMPLE_S = 1.0
_PENDING = 3
_LONGEST_WORDS = 60
_LONG_MINUTES = 10.0
_SETTLED = {False: 30, True: 100}
"""Messages of F5-TTS until what libraries keep for each length has grown; more in a long soak."""
_SETTLED_CALM = 10
_WORDS, _WORDS_CALM = (1, 25), (3, 8)
"""In messages; few lengths are seen soon."""
_SETTLE_S = 240.0
"""It need not take longer: a busy processor speaks few."""
_MIB = 2**20
_MAX_SPREAD_MIB = 30.0
_LOOKS = 10
_COME_AND_GO = 3
"""Tasks; of a leak each message leaves one."""
_WARM_S = 120.0
"""What F5-TTS gets to load beside the other things that a machine does."""


class Sample(NamedTuple):
    """What one process holds."""

    memory_mib: float
    descriptors: int
    threads: int


def look(pid: int) -> Sample:
    """Return what the process holds now."""
    folder = Path(f"/proc/{pid}")
    return Sample(
        resident_bytes(pid) / _MIB,
        len(list((folder / "fd").iterdir())),
        len(list((folder / "task").iterdir())),
    )


def wait_for_f5(daemon: Daemon) -> None:
    """Return when F5-TTS would speak."""
    deadline = time.monotonic() + _WARM_S
    while (state := daemon.status()["engines"]["f5"]["state"]) != "ready":
        if time.monotonic() > deadline:
            raise SystemExit(f"F5-TTS is {state}")
        time.sleep(0.1)


def tasks_at_rest(daemon: Daemon) -> int:
    """Return how many tasks the daemon has while it speaks nothing."""
    daemon.wait_until_idle()
    counts = []
    for _ in range(_LOOKS):  # some end a moment after the speech
        counts.append(daemon.tasks())
        time.sleep(_SAMPLE_S / _LOOKS)
    return min(counts)


def soak(daemon: Daemon, duration_s: float, every_s: float) -> dict[int, list[Sample]]:
    """Speak; return what each process held each second, once it has settled.

    A short message comes every `every_s` seconds; at 0, messages of all lengths without a pause.
    """
    rng = random.Random(4)
    pids = (daemon.process.pid, *daemon.children())
    held: dict[int, list[Sample]] = {pid: [] for pid in pids}
    daemon.post(sentence(rng, _LONGEST_WORDS))
    settled = _SETTLED_CALM if every_s else _SETTLED[duration_s > _LONG_MINUTES * 60]
    words = _WORDS_CALM if every_s else _WORDS
    post_at = time.monotonic() + every_s
    settling_until = time.monotonic() + max(_SETTLE_S, duration_s / 4)
    settled_at: float | None = None
    number = 0
    while settled_at is None or time.monotonic() < settled_at + duration_s:
        next_at = time.monotonic() + _SAMPLE_S
        while daemon.status()["channels"]["main"]["pending"] < _PENDING:
            if time.monotonic() < post_at:
                break
            post_at = time.monotonic() + every_s
            daemon.post(sentence(rng, rng.randint(*words)), name=f"viewer{number % 7}")
            number += 1
        if settled_at is not None:
            for pid in pids:
                held[pid].append(look(pid))
        elif next_at > settling_until or len(by_f5(daemon)) >= settled:
            settled_at = time.monotonic()
        time.sleep(max(next_at - time.monotonic(), 0))
    return held


def by_f5(daemon: Daemon) -> list[dict[str, Any]]:
    """Return what F5-TTS has spoken alone."""
    return [event for event in daemon.events() if event.get("engines") == ["f5"]]


def name_of(pid: int, daemon: Daemon) -> str:
    """Return what a process is: the biggest of the daemon's own is F5-TTS."""
    if pid == daemon.process.pid:
        return "daemon"
    biggest = max(daemon.children(), key=resident_bytes)
    return "f5" if pid == biggest else f"helper {daemon.children().index(pid)}"


def spread(values: Iterable[float]) -> float:
    """Return how far apart they are."""
    values = list(values)
    return round(max(values) - min(values), 1)


def lasting(values: Sequence[int]) -> tuple[int, int]:
    """Return the least of the first and of the last quarter: what opens for a moment is no leak."""
    part = -(-len(values) // 4)
    return min(values[:part]), min(values[-part:])


def summary(samples: Sequence[Sample]) -> dict[str, Any]:
    """Return what a process held at first and at last, and how much it varied."""
    return {
        "memory_mib_first": round(samples[0].memory_mib, 1),
        "memory_mib_last": round(samples[-1].memory_mib, 1),
        "memory_mib_spread": spread(sample.memory_mib for sample in samples),
        "descriptors": lasting([sample.descriptors for sample in samples]),
        "threads": lasting([sample.threads for sample in samples]),
    }


def complaints(result: dict[str, Any]) -> list[str]:
    """Return what is not as it should be."""
    found = []
    for name, held in result["processes"].items():
        if held["memory_mib_spread"] > _MAX_SPREAD_MIB:
            found.append(f"the memory of {name} varies by {held['memory_mib_spread']} MiB")
        found += [
            f"{name} has {held[what][1]} {what} at the end and had {held[what][0]}"
            for what in ("descriptors", "threads")
            if held[what][1] > held[what][0]
        ]
    if result["tasks"][1] > result["tasks"][0] + _COME_AND_GO:
        found.append(f"the tasks grow from {result['tasks'][0]} to {result['tasks'][1]}")
    if any(engine["restarts"] for engine in result["engines"].values()):
        found.append("an engine was replaced")
    if result["accepted"] != result["with_exactly_one_final_outcome"]:
        found.append("a message did not end in exactly one outcome")
    return found


def measure(daemon: Daemon, minutes: float, every_s: float) -> dict[str, Any]:
    """Let it speak; return what was held and what was said."""
    wait_for_f5(daemon)
    tasks_before = tasks_at_rest(daemon)
    held = soak(daemon, minutes * 60, every_s)
    tasks = tasks_before, tasks_at_rest(daemon)
    spoken = [event for event in daemon.events() if event["outcome"] == "spoken"]
    return {
        "minutes": minutes,
        "start_to_ready_s": round(daemon.ready_s, 2),
        "processes": {name_of(pid, daemon): summary(held[pid]) for pid in held},
        "tasks": tasks,
        "engines": daemon.status()["engines"],
        "spoken": len(spoken),
        "audio_s": round(sum(event["audio_s"] for event in spoken)),
        "by_f5": len(by_f5(daemon)),
    }


def main() -> int:
    """Speak, say what is wrong, and return how many things are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument(
        "--every-s", type=float, default=0.0, help="seconds between messages; 0 is without a pause"
    )
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    end_whole()
    result: dict[str, Any] = environment("ishowtts", "torch", "numpy", "hibari-tts")
    with tempfile.TemporaryDirectory() as name, sound_server(Path(name)) as pulse:
        f5 = {"model": "bundled", "nfe": "auto", "device": "cpu", "cache": f"{name}/cache"}
        daemon = Daemon(Path(name), [{"type": "ingest"}], pulse, engine={"f5": f5})
        try:
            result |= measure(daemon, options.minutes, options.every_s)
        finally:
            daemon.stop()
        result |= accounted(daemon, lambda _: True)
    found = complaints(result)
    result["complaints"] = found
    save(options.save, result)
    for complaint in found:
        print(f"soak: {complaint}", file=sys.stderr)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
