"""How soon speech is heard, and by whom, while other programs take the cores.

Run from the repository: `python -m tests.bench.starved [--phase quiet|one|all] [--messages N]
[--save NAME]`. The daemon is a child process that speaks with the bundled F5-TTS on the processor,
or with hibari, into a PulseAudio null sink whose monitor is recorded; a second output writes each
clip as it is made, and what the recording is longer than that was heard as a gap. Phases: quiet;
`one` core taken by a busy loop; `all` taken. Each message finds the channel idle, unless
`--burst N` posts N at once. With `--save` a phase replaces its own part of the result alone, so
that a long run can be made in several.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bot.messages import Samples
from bot.runtime.clock import now
from bot.speedcheck.report import table
from tests.bench.daemon import ENDS, Daemon, end_whole, sound_server
from tests.bench.load import CORES, taken
from tests.bench.report import RESULTS, environment, save, spread_ms
from tests.bench.soak import wait_for_f5
from tests.conftest import RATE_HZ, PulseServer, Recording
from training import heldout

PHASES = {"quiet": 0, "one": 1, "all": CORES}
"""Cores that are taken, by phase."""
_PAUSE_S = (0.2, 1.5)
_LOOK_S = 0.02
_END_S = 120.0
"""Limit for the outcome of a message."""
_BACK_S = 60.0
"""How long F5-TTS is waited for when the load is over."""
_AUDIBLE = 1e-3
_GAP_S = 0.05
_WAVE_HEADER_BYTES = 80
_LATE_S = {"quiet": 0.7, "one": 1.0, "all": 1.5}
"""What is asked of the 95th percentile."""


class Heard(NamedTuple):
    """One message, in seconds; what is not known is nan."""

    engines: tuple[str, ...]
    """Who spoke; empty if nobody did."""
    nfe: int
    started_s: float
    """From its acceptance to the outcome `started`."""
    ear_s: float
    """From its acceptance to the first sound at the sink."""
    gap_s: float
    """Silence at the sink that is not in the clip."""
    ends: int
    """Outcomes that end it; one is right."""


def edges(samples: Samples) -> tuple[int, int] | None:
    """Return where sound begins and ends; None where there is none."""
    audible = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    return (int(audible[0]), int(audible[-1]) + 1) if audible.size else None


class Ear:
    """Posts messages, and hears what becomes of them."""

    def __init__(self, daemon: Daemon, recording: Recording, clips: Path, seed: int) -> None:
        """Hear `daemon`, which plays what is recorded and writes it into the wave file `clips`."""
        self._daemon = daemon
        self._recording = recording
        self._clips = clips
        self._rng = random.Random(seed)
        self._lines = list(heldout.sentences("chat")) + list(heldout.sentences("short"))
        self._number = 0

    def pause(self) -> None:
        """Let chat be silent for a moment."""
        time.sleep(self._rng.uniform(*_PAUSE_S))

    def hear(self, count: int = 1) -> list[Heard]:
        """Post so many messages at once; return what was heard of each when all are over."""
        start = self._recording.length
        clip_from = self._clips.stat().st_size
        events: dict[str, list[dict[str, Any]]] = {self._post(): [] for _ in range(count)}
        until = time.monotonic() + _END_S * count
        while any(not self._ended(each) for each in events.values()):
            if time.monotonic() > until:
                break  # told as a message without an end
            time.sleep(_LOOK_S)
            for event in self._daemon.new_events():
                events.get(event["id"], []).append(event)
        self._recording.wait_for_silence()
        heard = [self._of(each) for each in events.values()]
        if count == 1 and heard[0].engines:
            heard = [self._listen(heard[0], next(iter(events.values())), start, clip_from)]
        return heard

    def _post(self) -> str:
        self._number += 1
        return self._daemon.post(self._rng.choice(self._lines), name=f"viewer{self._number % 7}")

    @staticmethod
    def _ended(events: Sequence[dict[str, Any]]) -> bool:
        return any(event["outcome"] in ENDS | {"rejected"} for event in events)

    @staticmethod
    def _of(events: Sequence[dict[str, Any]]) -> Heard:
        by_kind = {event["outcome"]: event for event in events}
        accepted, started = by_kind.get("accepted"), by_kind.get("started")
        ends = sum(event["outcome"] in ENDS for event in events)
        if accepted is None or started is None:
            return Heard((), 0, np.nan, np.nan, np.nan, ends)
        engines = tuple(by_kind.get("spoken", {}).get("engines", (started["engine"],)))
        started_s = started["at"] - accepted["received_at"]
        return Heard(engines, started["nfe"], started_s, np.nan, np.nan, ends)

    def _listen(
        self, heard: Heard, events: Sequence[dict[str, Any]], start: int, clip_from: int
    ) -> Heard:
        """Add what the recording from frame `start` on shows of one message."""
        at_sink = edges(self._recording.frames(start)[:, 0])
        if at_sink is None:
            return heard
        accepted = next(event for event in events if event["outcome"] == "accepted")
        first_at = self._recording.first_frame_at + (start + at_sink[0]) / RATE_HZ
        ear_s = first_at + now() - time.monotonic() - accepted["received_at"]
        with self._clips.open("rb") as file:
            file.seek(max(clip_from, _WAVE_HEADER_BYTES))
            clip = np.frombuffer(file.read(), "<i2").astype(np.float32) / np.float32(32767)
        made = edges(clip)
        gap_s = np.nan
        if made is not None:
            gap_s = (at_sink[1] - at_sink[0] - (made[1] - made[0])) / RATE_HZ
        return heard._replace(ear_s=ear_s, gap_s=gap_s)


def summary(heard: Sequence[Heard]) -> dict[str, Any]:
    """Return the figures of one phase."""
    spoken = [each for each in heard if each.engines]
    ear_s = [each.ear_s for each in spoken if not np.isnan(each.ear_s)]
    gaps_s = [each.gap_s for each in spoken if not np.isnan(each.gap_s)]
    return {
        "messages": len(heard),
        "with_exactly_one_final_outcome": sum(each.ends == 1 for each in heard),
        "to_first_sound": spread_ms(ear_s) if ear_s else None,
        "to_started": spread_ms([each.started_s for each in spoken]) if spoken else None,
        "spoken_by": dict(Counter("+".join(each.engines) or "nobody" for each in heard)),
        "nfe": {str(nfe): n for nfe, n in sorted(Counter(each.nfe for each in spoken).items())},
        "gaps_over_50_ms": sum(gap_s > _GAP_S for gap_s in gaps_s),
        "longest_gap_ms": round(max(gaps_s, default=0.0) * 1000, 1),
        "compared_with_their_clips": len(gaps_s),
    }


def back_to_f5(ear: Ear) -> float | None:
    """Return after how many seconds F5-TTS begins to speak again; None if it does not."""
    quiet_at = time.monotonic()
    while time.monotonic() < quiet_at + _BACK_S:
        asked_at = time.monotonic()
        (heard,) = ear.hear()
        if heard.engines[:1] == ("f5",):
            return round(asked_at + heard.started_s - quiet_at, 2)
        ear.pause()
    return None


def phase(name: str, daemon: Daemon, ear: Ear, messages: int, burst: int) -> dict[str, Any]:
    """Speak under one load, and then until F5-TTS speaks again."""
    begun = time.monotonic()
    daemon.new_events()
    heard: list[Heard] = []
    with taken(PHASES[name]):
        while len(heard) < messages:
            ear.pause()
            heard += ear.hear(min(burst, messages - len(heard)))
            if len(heard) % 10 < burst:
                print(f"{name}: {len(heard)} of {messages}", file=sys.stderr)
    result = summary(heard)
    if PHASES[name]:
        result["back_to_f5_s"] = back_to_f5(ear)
    return {
        "cores_taken": PHASES[name],
        "burst": burst,
        **result,
        "engines": daemon.status()["engines"],
        "took_s": round(time.monotonic() - begun),
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Return the phases as a table."""
    rows = []
    for name in PHASES:
        found = result["phases"].get(name)
        if found is None:
            continue
        times = found["to_first_sound"] or found["to_started"] or {}
        back_s = found.get("back_to_f5_s", "")
        rows.append(
            [
                f"{name} ({found['cores_taken']} taken)",
                *(f"{times.get(key, np.nan):.0f}" for key in ("median_ms", "p95_ms", "p99_ms")),
                f"{_LATE_S[name] * 1000:.0f}",
                ", ".join(f"{who} {n}" for who, n in found["spoken_by"].items()),
                ", ".join(f"{nfe}: {n}" for nfe, n in found["nfe"].items()),
                f"{found['gaps_over_50_ms']} ({found['longest_gap_ms']:.0f} ms)",
                f"{found['with_exactly_one_final_outcome']} of {found['messages']}",
                "never" if back_s is None else str(back_s),
            ]
        )
    head = [
        "phase",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "asked p95",
        "spoken by",
        "NFE",
        "gaps (longest)",
    ]
    return list(table([*head, "one outcome", "back to F5, s"], rows))


def start(folder: Path, pulse: PulseServer) -> Daemon:
    """Return a daemon that speaks with F5-TTS and hibari, and writes `clips.wav` as well."""
    clips = {"type": "wavefile", "path": str(folder / "clips.wav"), "pace": "fast"}
    outputs = [{"type": "device"}, clips | {"sample_rate_hz": RATE_HZ}]
    channel = {"name": "main", "sources": [{"type": "ingest"}], "outputs": outputs}
    f5 = {"model": "bundled", "nfe": "auto", "device": "cpu", "cache": str(folder / "cache")}
    engine = {"engines": ["f5", "hibari"], "f5": f5}
    return Daemon(folder, [], pulse, channels=[channel], engine=engine)


def measure(
    names: Sequence[str], options: argparse.Namespace, pulse: PulseServer, folder: Path
) -> dict[str, Any]:
    """Start the daemon and return what each phase shows."""
    found = {}
    daemon = start(folder, pulse)
    try:
        wait_for_f5(daemon)
        recording = pulse.record()
        for name in names:
            ear = Ear(daemon, recording, folder / "clips.wav", seed=options.seed)
            ear.hear()  # what is slow only once
            found[name] = phase(name, daemon, ear, options.messages, options.burst)
    finally:
        daemon.stop()
    return found


def saved(name: str) -> dict[str, Any]:
    """Return the phases that were measured before under that name."""
    path = RESULTS / f"{name}.json"
    if not name or not path.exists():
        return {}
    phases: dict[str, Any] = json.loads(path.read_text("utf-8"))["phases"]
    return phases


def main() -> int:
    """Measure, print, and return the exit code: 1 if a message did not end in one outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phase", choices=PHASES, action="append", help="all of them by default")
    parser.add_argument("--messages", type=int, default=200, help="of each phase")
    parser.add_argument("--burst", type=int, default=1, help="messages that are posted at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    end_whole()
    begun = time.monotonic()
    about: dict[str, Any] = environment("ishowtts", "torch", "numpy", "hibari-tts")
    words = [len(line.split()) for line in heldout.sentences("chat") + heldout.sentences("short")]
    result = about | {"words_median": statistics.median(words), "phases": saved(options.save)}
    with tempfile.TemporaryDirectory() as name, sound_server(Path(name)) as pulse:
        found = measure(options.phase or list(PHASES), options, pulse, Path(name))
    result["phases"] |= {phase: about | each for phase, each in found.items()}
    save(options.save, result)
    for line in lines(result):
        print(line)
    print(f"took {time.monotonic() - begun:.0f} s in all")
    return int(any(p["messages"] != p["with_exactly_one_final_outcome"] for p in found.values()))


if __name__ == "__main__":
    sys.exit(main())
