"""The daemon is killed at random points of its life, again and again.

Run from the repository: `python -m tests.bench.kills [--kills N] [--seed S] [--save NAME]`. Half of
the kills (SIGKILL) come while it starts, the others while it speaks. Whatever it started must end
by itself within seconds; what was paid for is spoken by a later start, in the end; and what a
command was confirmed to set is still set.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.bench.daemon import Daemon, end_whole, sentence, sound_server
from tests.bench.report import environment, save
from tests.conftest import PulseServer

_MARK = "ISHOWTTS_BENCH_OF"
"""Variable that all processes of the daemon have."""
_GONE_S = 20.0
"""Longest life of what a dead daemon has started."""
_IN_SERVICE_S = 6.0
_MESSAGE_S = 0.3
_PENDING = 4


class Lives:
    """One daemon after the other, with the same state."""

    def __init__(self, folder: Path, pulse: PulseServer, seed: int) -> None:
        """Keep everything in `folder`."""
        self._folder = folder
        self._pulse = pulse
        self._rng = random.Random(seed)
        self._mark = uuid4().hex
        self._number = 0
        self.ready_s = 0.0
        """How long the first start took."""
        self.paid: set[str] = set()
        """What was paid for and taken."""
        self.spoken: Counter[str] = Counter()
        self.muted: set[str] = set()
        """Who was muted, as far as that was confirmed."""
        self.forgotten: set[str] = set()
        """Those of them whom the last daemon reads."""
        self.ended: Counter[str] = Counter()
        """How often messages ended, however they did."""
        self.kills: Counter[str] = Counter()
        self.orphans = 0
        self.gone_s: list[float] = []
        """How long the last process lived on after each kill."""

    def start(self) -> Daemon:
        """Start another one."""
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        return Daemon(
            *(folder, [{"type": "ingest"}], self._pulse),
            state=self._folder / "state",
            environment={_MARK: self._mark},
            is_awaited=False,
            engine={"engines": ["hibari", "tone"]},
        )

    def kill_one(self) -> None:
        """Let one live for a while, kill it, and see what is left."""
        daemon = self.start()
        in_start = self._rng.random() < 0.5
        if in_start:
            self._kill_after(daemon, self._rng.uniform(0.0, self.ready_s))
        with suppress(EOFError, OSError):
            daemon.wait_until_ready()
            if not in_start:
                self._kill_after(daemon, self._rng.uniform(0.0, _IN_SERVICE_S))
            while True:
                self._talk(daemon)
                time.sleep(_MESSAGE_S)
        daemon.process.wait()
        self._wait_until_gone()
        self.kills["in service" if daemon.url else "while it started"] += 1
        self._count(daemon)

    def last(self) -> None:
        """Let the last one speak what is left."""
        daemon = self.start()
        daemon.wait_until_ready()
        daemon.wait_until_idle()
        self.forgotten = {
            name for name in self.muted if "was not muted" in daemon.command(f"unmute {name}")
        }
        daemon.stop()
        self._count(daemon)

    def first(self) -> None:
        """Let one live to its end, to see how long a start takes."""
        daemon = self.start()
        daemon.wait_until_ready()
        self.ready_s = daemon.ready_s
        daemon.stop()

    def _kill_after(self, daemon: Daemon, seconds: float) -> None:
        threading.Timer(seconds, daemon.process.kill).start()

    def _talk(self, daemon: Daemon) -> None:
        """Let somebody say something, two times of three with money."""
        if daemon.status()["channels"]["main"]["pending"] >= _PENDING:
            return
        text, is_paid = sentence(self._rng, self._rng.randint(1, 6)), self._rng.random() < 2 / 3
        identifier = daemon.post(text, cheer=100 * is_paid)
        if is_paid:
            self.paid.add(identifier)
        name = f"troll{self._number}x{len(self.muted)}"
        daemon.command(f"mute {name}")
        self.muted.add(name)

    def _wait_until_gone(self) -> None:
        killed_at = time.monotonic()
        while left := self._left():
            if time.monotonic() > killed_at + _GONE_S:
                print(f"kills: left behind: {left}", file=sys.stderr)
                self.orphans += len(left)
                break
            time.sleep(0.02)
        self.gone_s.append(time.monotonic() - killed_at)

    def _left(self) -> list[str]:
        """Return the command lines of what runs of our daemons."""
        mark, found = f"{_MARK}={self._mark}".encode(), []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # of another user, or it has just ended
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().decode(errors="replace"))
        return found

    def _count(self, daemon: Daemon) -> None:
        for event in daemon.events():
            self.ended[event["id"]] += event["outcome"] in {"spoken", "dropped", "failed"}
            self.spoken[event["id"]] += event["outcome"] == "spoken"


def measure(kills: int, seed: int) -> dict[str, Any]:
    """Kill so many; return what came of it."""
    with tempfile.TemporaryDirectory() as name, sound_server(Path(name)) as pulse:
        lives = Lives(Path(name), pulse, seed)
        lives.first()
        for _ in range(kills):
            lives.kill_one()
        lives.last()
    return {
        "seed": seed,
        "kills": kills,
        "by_time": dict(lives.kills),
        "start_to_ready_s": round(lives.ready_s, 2),
        "orphans": lives.orphans,
        "last_child_gone_after_s": round(max(lives.gone_s), 2),
        "settings": len(lives.muted),
        "of_them_kept": len(lives.muted - lives.forgotten),
        "paid": len(lives.paid),
        "of_them_spoken": sum(lives.spoken[identifier] > 0 for identifier in lives.paid),
        "of_them_ended_once": sum(lives.ended[identifier] == 1 for identifier in lives.paid),
    }


def complaints(result: dict[str, Any]) -> list[str]:
    """Return what is not as it should be."""
    found = []
    if result["orphans"]:
        found.append(f"{result['orphans']} processes were left behind")
    if gone := result["settings"] - result["of_them_kept"]:
        found.append(f"{gone} settings that were confirmed are gone")
    if lost := result["paid"] - result["of_them_spoken"]:
        found.append(f"{lost} messages that were paid for were not spoken")
    if twice := result["paid"] - result["of_them_ended_once"]:
        found.append(f"{twice} messages that were paid for did not end once")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, say what came of it, and return how many things are wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args(arguments)
    end_whole()
    begun_at = time.monotonic()
    result: dict[str, Any] = environment("ishowtts", "hibari-tts")
    result |= measure(options.kills, options.seed)
    result["minutes"] = round((time.monotonic() - begun_at) / 60, 1)
    found = complaints(result)
    result["complaints"] = found
    save(options.save, result)
    for complaint in found:
        print(f"kills: {complaint}", file=sys.stderr)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
