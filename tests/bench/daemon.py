"""The daemon as a whole: from start to ready, from message to ear, under load, and at its end.

Run from the repository: `python -m tests.bench.daemon [--messages N] [--soak-s S]`. The daemon is a
child process that plays into a PulseAudio null sink, whose monitor is recorded; times to the ear
and to silence hold the delay of the recording program too.
"""

import argparse
import json
import math
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.bench.pipes import fill
from tests.bench.report import environment, save, spread_ms
from tests.conftest import RATE_HZ, PulseServer, Recording
from tests.json_lines import read_json_lines

_DEADLINE_S = 60.0
_SAMPLE_S = 1.0
_RATE_PER_S = 100
_ENDED = "(the log has ended)"
ENDS = {"spoken", "dropped", "failed"}
_CHAT = (
    "hello chat this game is so good what a play nice one lol no way that was close can you try"
    " the other door why did you do that first time here love the stream gg well played again"
)
_WORDS = _CHAT.split()
_MIB = 2**20


def end_whole() -> None:
    """Let SIGTERM end this program as a mistake does: with everything that it has started."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


class Daemon:
    """`ishowtts run` as a child process."""

    def __init__(
        self,
        folder: Path,
        sources: list[dict[str, Any]],
        pulse: PulseServer,
        *,
        state: Path | None = None,
        environment: Mapping[str, str] = {},
        program: Sequence[str] = ("-m", "bot"),
        arguments: Sequence[str] = (),
        is_awaited: bool = True,
        **sections: Any,  # noqa: ANN401 - YAML
    ) -> None:
        """Start it with `sections` of the configuration; return when it is ready, if `is_awaited`.

        What lasts is kept in `state`, else in `folder`; `environment` adds to ours, `program` is
        what Python runs, `arguments` add to those of `run`. The number of threads is the daemon's
        own: the one that tests are held to would be measured else.
        """
        config = {
            "channels": [{"name": "main", "sources": sources, "outputs": [{"type": "device"}]}],
            "server": {"port": 0},
            **sections,
        }
        (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
        self._events_path = folder / "events.jsonl"
        self._events_path.touch()
        self._events_read = 0
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(
            (
                *(sys.executable, *program, "run", "--config", str(folder / "config.yaml")),
                *("--events", str(self._events_path), *arguments),
            ),
            env={name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
            | pulse.env
            | {"STATE_DIRECTORY": str(state or folder), **environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._log: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._is_read = threading.Event()
        self._is_read.set()
        threading.Thread(target=self._read_log, daemon=True).start()
        self.url = ""
        self.ready_s = math.inf
        if is_awaited:
            self.wait_until_ready()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._is_read.wait()
            if not line.strip():
                continue
            is_entry = line.startswith("{")
            entry = json.loads(line) if is_entry else {"event": "printed"}
            if not is_entry or entry["level"] in {"warning", "error"}:
                print(line.rstrip(), file=sys.stderr)
            if entry["event"] not in {"not read", "dropped"}:
                self._log.put(entry)
        self._log.put({"event": _ENDED})

    def block_log(self, seconds: float) -> None:
        """Read nothing of its log for so long, and have the pipe full."""
        assert self.process.stderr is not None
        self._is_read.clear()
        fill(self.process.stderr.fileno())
        time.sleep(seconds)
        self._is_read.set()

    def wait_for_log(self, event: str) -> dict[str, Any]:
        """Return the next log entry that says `event`.

        Raises:
            EOFError: the daemon has ended.
        """
        while True:
            entry = self._log.get(timeout=_DEADLINE_S)
            if entry["event"] == event:
                return entry
            if entry["event"] == _ENDED:
                raise EOFError("the daemon has ended")

    def wait_until_ready(self) -> None:
        """Return when it takes chat.

        Raises:
            EOFError: it has ended before.
        """
        self.url = self.wait_for_log("ready")["url"]
        self.ready_s = time.monotonic() - self._started_at

    def post(
        self, text: str, *, name: str = "viewer1", roles: tuple[str, ...] = (), cheer: int = 0
    ) -> str:
        """Post a chat message, which came with so many bits; return its id."""
        body = {"author": {"id": name, "name": name, "roles": roles}, "text": text}
        if cheer:
            body["event"] = {"kind": "cheer", "amount": cheer}
        return str(self._send("/api/chat", body)["id"])

    def command(self, text: str) -> str:
        """Give a command; return the answer."""
        return str(self._send("/api/command", {"command": text})["answer"])

    def _send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            value: dict[str, Any] = json.load(answer)
        return value

    def status(self) -> dict[str, Any]:
        """Return what `GET /api/status` says."""
        with urllib.request.urlopen(f"{self.url}/api/status") as answer:
            status: dict[str, Any] = json.load(answer)
        return status

    def tasks(self) -> int:
        """Return how many asyncio tasks it has."""
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:
            families = parse(answer.read().decode())
        (family,) = (family for family in families if family.name == "ishowtts_asyncio_tasks")
        return int(family.samples[0].value)

    def wait_until_idle(self) -> None:
        """Return when nothing is being spoken and nothing waits."""
        deadline = time.monotonic() + _DEADLINE_S
        while time.monotonic() < deadline:
            channel = self.status()["channels"]["main"]
            if not channel["pending"] and not channel["speaking"]:
                return
            time.sleep(0.02)
        raise SystemExit("the daemon did not come to rest")

    def events(self) -> list[dict[str, Any]]:
        """Return every outcome so far."""
        return read_json_lines(self._events_path)

    def new_events(self) -> list[dict[str, Any]]:
        """Return the outcomes since the last call."""
        with self._events_path.open("rb") as file:
            file.seek(self._events_read)
            whole, end, _ = file.read().rpartition(b"\n")
        self._events_read += len(whole) + len(end)
        return [json.loads(line) for line in whole.splitlines()]

    def resident_bytes(self) -> int:
        """Return the memory of the daemon and of its children."""
        return sum(resident_bytes(pid) for pid in (self.process.pid, *self.children()))

    def children(self) -> list[int]:
        """Return its processes."""
        return _children(self.process.pid)

    def stop(self) -> float:
        """End it with SIGTERM; return how long that took, in seconds."""
        asked_at = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(_DEADLINE_S) != 0:
            raise SystemExit(f"the daemon ended with {self.process.returncode}")
        return time.monotonic() - asked_at


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def sentence(rng: random.Random, words: int) -> str:
    """Return a line of chat of so many words."""
    return " ".join(rng.choice(_WORDS) for _ in range(words))


@contextmanager
def sound_server(folder: Path) -> Iterator[PulseServer]:
    """Run a sound server with one sink that can be recorded."""
    pulse = PulseServer(folder, {"tts": RATE_HZ})
    pulse.start()
    try:
        yield pulse
    finally:
        pulse.close()


def latencies(daemon: Daemon, recording: Recording, messages: int) -> dict[str, Any]:
    """Measure message to first audible sample, one message at a time."""
    rng = random.Random(1)
    to_ear = []
    for number in range(messages):
        daemon.wait_until_idle()
        recording.wait_for_silence()
        posted_at = time.monotonic()
        daemon.post(sentence(rng, rng.randint(2, 20)), name=f"viewer{number % 7}")
        recording.wait_for_sound()
        to_ear.append(time.monotonic() - posted_at)
    recording.wait_for_silence(1.0)
    events = daemon.events()
    accepted = {e["id"]: e for e in events if e["outcome"] == "accepted"}
    started = [e for e in events if e["outcome"] == "started"]
    engine = [e["first_chunk_at"] - e["requested_at"] for e in started]
    before = [e["requested_at"] - accepted[e["id"]]["received_at"] for e in started]
    after = [e["at"] - e["first_chunk_at"] for e in started]
    return {
        "message_to_ear": spread_ms(to_ear),
        "engine_to_first_chunk": spread_ms(engine),
        "added_by_the_pipeline": spread_ms([b + a for b, a in zip(before, after, strict=True)]),
        "of_it_before_the_engine": spread_ms(before),
        "of_it_from_engine_to_device": spread_ms(after),
    }


def write_replay(path: Path, duration_s: float) -> None:
    """Write seeded chat of `_RATE_PER_S` messages a second by 500 chatters."""
    rng = random.Random(2)
    with path.open("w", encoding="utf-8") as file:
        for number in range(round(duration_s * _RATE_PER_S)):
            chatter = f"viewer{rng.randint(1, 500)}"
            line = {
                "at": number / _RATE_PER_S,
                "id": f"m{number}",
                "author": {"id": chatter, "name": chatter},
                "text": sentence(rng, rng.randint(1, 25)),
            }
            file.write(json.dumps(line) + "\n")


def soak(daemon: Daemon, pulse: PulseServer, duration_s: float) -> dict[str, Any]:
    """Watch memory, backlog and skips while a replay runs."""
    memory: list[int] = []
    pending: list[int] = []
    cpu_before, wall_before = _cpu_s(daemon), time.monotonic()
    end = time.monotonic() + duration_s
    skips: list[float] = []
    while time.monotonic() < end:
        next_at = time.monotonic() + _SAMPLE_S
        memory.append(daemon.resident_bytes())
        pending.append(daemon.status()["channels"]["main"]["pending"])
        if len(memory) % 10 == 0:
            skips.append(skip(daemon, pulse))
        time.sleep(max(next_at - time.monotonic(), 0))
    settled = memory[len(memory) // 10 :]
    share = (_cpu_s(daemon) - cpu_before) / (time.monotonic() - wall_before)
    return {
        "duration_s": duration_s,
        "messages_per_s": _RATE_PER_S,
        "resident_mib_after_a_tenth": round(settled[0] / _MIB, 1),
        "resident_mib_at_the_end": round(settled[-1] / _MIB, 1),
        "resident_mib_spread": round((max(settled) - min(settled)) / _MIB, 1),
        "pending_max": max(pending),
        "skip_to_silence": spread_ms(skips),
        "cpu_share_of_one_core": round(share, 3),
    }


def _cpu_s(daemon: Daemon) -> float:
    total = 0
    for pid in (daemon.process.pid, *_children(daemon.process.pid)):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def skip(daemon: Daemon, pulse: PulseServer) -> float:
    """Skip in mid-speech; return the seconds to the last sample that was heard.

    The backlog is paused first: otherwise the next utterance would follow at once.
    """
    recording = pulse.record()
    daemon.post("!tts pause", name="mod", roles=("moderator",))
    # What was being spoken may have ended meanwhile: then there is nothing to skip.
    while not daemon.status()["channels"]["main"]["speaking"]:
        daemon.post("!tts resume", name="mod", roles=("moderator",))
        recording.wait_for_sound()
        daemon.post("!tts pause", name="mod", roles=("moderator",))
    asked_at = time.monotonic()
    daemon.post("!tts skip", name="mod", roles=("moderator",))
    recording.wait_for_silence(0.25)
    audible = np.flatnonzero(np.any(recording.stop(), axis=1))
    silent_at = recording.first_frame_at + (audible[-1] + 1) / RATE_HZ if audible.size else asked_at
    daemon.post("!tts resume", name="mod", roles=("moderator",))
    return max(silent_at - asked_at, 0.0)


def accounted(daemon: Daemon, check: Callable[[int], bool]) -> dict[str, int]:
    """Count how accepted messages ended."""
    events = daemon.events()
    accepted = {e["id"] for e in events if e["outcome"] == "accepted"}
    final = [e["id"] for e in events if e["outcome"] in ENDS]
    assert check(len(accepted))
    return {
        "accepted": len(accepted),
        "with_exactly_one_final_outcome": len(accepted & set(final))
        if len(final) == len(set(final))
        else -1,
    }


def main() -> None:
    """Measure everything and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--soak-s", type=float, default=600.0)
    options = parser.parse_args()
    result = environment("ishowtts", "hibari-tts", "sounddevice")
    ingest = {"type": "ingest"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with sound_server(folder) as pulse:
            daemon = Daemon(folder, [ingest], pulse)
            recording = pulse.record()
            result["start_to_ready_s"] = round(daemon.ready_s, 2)
            result |= latencies(daemon, recording, options.messages)
            daemon.post(sentence(random.Random(3), 40))
            recording.wait_for_sound()
            result["sigterm_in_speech_to_exit_s"] = round(daemon.stop(), 2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        replay = folder / "replay.jsonl"
        write_replay(replay, options.soak_s + _DEADLINE_S)
        with sound_server(folder) as pulse:
            source = {"type": "replay", "path": str(replay)}
            daemon = Daemon(folder, [source, ingest], pulse)
            result["soak"] = soak(daemon, pulse, options.soak_s)
            daemon.stop()
            expected = options.soak_s * _RATE_PER_S
            result["soak"] |= accounted(daemon, lambda count: count >= 0.9 * expected)
    save("daemon", result)


if __name__ == "__main__":
    main()
