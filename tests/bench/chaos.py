"""Everything around the daemon fails at random, seeded, and every message must end in one outcome.

Run from the repository: `python -m tests.bench.chaos [--minutes M] [--seed S] [--save NAME]`. Chat
comes over HTTP, from a chat server and through an MQTT broker; the daemon plays into a PulseAudio
null sink. Engines, the process that plays, the sound device and its server, the chat server, the
broker and the disk fail, one after the other. Root gets a small disk for that; for others
the disk does not fail. With `--slowness` nothing breaks: engines are stopped for some seconds and
go on, and cores are taken and given back, while the bundled F5-TTS and hibari speak; then no first
sound may be later than a second past its deadline.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import aiomqtt

from bot.config.engine import EngineSettings
from bot.sources.twitch_irc import CHAT_URL_VARIABLE
from tests.bench.daemon import (
    ENDS,
    Daemon,
    accounted,
    end_whole,
    resident_bytes,
    sentence,
    sound_server,
)
from tests.bench.load import CORES, Load
from tests.bench.report import environment, save
from tests.bench.soak import wait_for_f5
from tests.conftest import PulseServer
from tests.mqtt.conftest import PASSWORDS, Broker
from tests.sources.conftest import ScriptedTwitch, Visit

_MIB = 2**20
_DISK_BYTES = 4 * _MIB
_MESSAGE_S = 0.5
_PENDING = 8
_PUBLISH_S = 3.0
_COMES_AND_GOES = {"descriptors": 3, "threads": 3, "tasks": 8}
"""Of connections that happen to be up or down, such as the broker's with its four tasks."""
_MAX_GROWTH_MIB = 30.0
_MAX_STORE_MIB = 6.0
"""SQLite folds its log back when that is 4 MiB long."""
_WAYS = {"Irc_viewer": "chat server", "mqtt viewer": "broker"}
"""How the messages of a chatter come."""
_INSIDE = "ISHOWTTS_CHAOS_INSIDE"
_PAUSE_S = 5.0
_TAKEN_S = (1.0, 8.0)
_PATIENCE_S = EngineSettings().patience_s
_MAX_LATE_S = 1.0


class Chat:
    """A chat server in a thread of its own, which drops its connections when told."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._server = ScriptedTwitch()
        self._visit: Visit | None = None
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self._server.start())
        asyncio.run_coroutine_threadsafe(self._welcome(), self._loop)
        self.url = self._server.url

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _welcome(self) -> None:
        while True:
            with suppress(TimeoutError, TypeError):  # nobody comes, or leaves in the middle
                self._visit = await self._server.welcome()

    def say(self, text: str, identifier: str) -> None:
        """Let a chatter say `text`, unless nobody is connected."""
        visit = self._visit
        if visit is not None:
            line = (
                f"@id={identifier};user-id=7;display-name=Irc_viewer"
                f" :irc_viewer!irc_viewer@x PRIVMSG #some_channel :{text}"
            )
            with suppress(ConnectionError):
                self._do(visit.say(line))

    def drop(self) -> None:
        """Cut the connection without a word."""
        visit, self._visit = self._visit, None
        if visit is not None:
            self._loop.call_soon_threadsafe(visit.drop)


class Held(NamedTuple):
    """What the daemon's own process holds."""

    memory_mib: float
    descriptors: int
    threads: int
    tasks: int
    store_mib: float


def look(daemon: Daemon, state: Path) -> Held:
    """Return what it holds now; it keeps what lasts in `state`."""
    process = Path(f"/proc/{daemon.process.pid}")
    return Held(
        resident_bytes(daemon.process.pid) / _MIB,
        len(list((process / "fd").iterdir())),
        len(list((process / "task").iterdir())),
        daemon.tasks(),
        sum(path.stat().st_size for path in state.glob("*.sqlite3*")) / _MIB,
    )


class Stage:
    """The daemon, what it depends on, and how that fails."""

    def __init__(
        self, folder: Path, pulse: PulseServer, *, seed: int, has_disk: bool, is_slow: bool
    ) -> None:
        """Start them; `is_slow` lets engines be slow instead of things break."""
        self._rng = random.Random(seed)
        # Of another thread, whose turns would change what comes next of the one above.
        self._chatter = random.Random(f"chat of {seed}")
        self._pulse = pulse
        self._state = folder / "state"
        self._chat = Chat()
        (folder / "broker").mkdir()
        self._broker = Broker(folder / "broker")
        self._broker.start()
        self._number = 0
        self.happened: Counter[str] = Counter()
        self.held: list[Held] = []
        self._load = Load()
        f5 = {"model": "bundled", "nfe": "auto", "device": "cpu", "cache": str(folder / "cache")}
        sources = [
            {"type": "ingest"},
            {"type": "mqtt"},
            {"type": "twitch_irc", "channel": "some_channel"},
        ]
        mqtt = {"enabled": True, "host": "127.0.0.1", "port": self._broker.port}
        mqtt |= {"username": "ishowtts", "password": PASSWORDS["ishowtts"]}
        self.daemon = Daemon(
            folder,
            sources,
            pulse,
            state=self._state,
            environment={CHAT_URL_VARIABLE: self._chat.url},
            mqtt=mqtt,
            engine={"engines": ["f5", "hibari"], "f5": f5}
            if is_slow
            else {"engines": ["hibari", "tone"]},
            backlog={"max_per_chatter": 50},
        )
        self._faults: dict[str, Callable[[], object]] = {
            "engine killed": lambda: self._signal("engine", signal.SIGKILL),
            "engine stopped": lambda: self._signal("engine", signal.SIGSTOP),
            "playback killed": lambda: self._signal("playback", signal.SIGKILL),
            "device unplugged": self._unplug,
            "sound server killed": self._restart_sound,
            "chat dropped": self._chat.drop,
            "broker killed": self._restart_broker,
        }
        if is_slow:
            self._faults = {"engine paused": self._pause, "cores taken": self._take_cores}
            wait_for_f5(self.daemon)
        elif has_disk:
            self._faults["disk full"] = self._fill_disk

    def run(self, duration_s: float) -> None:
        """Talk, and let one thing after the other fail, each as often as the others."""
        until = time.monotonic() + duration_s
        failing = threading.Thread(target=self._fail, args=(until,), daemon=True)
        failing.start()
        while failing.is_alive():
            if self.daemon.status()["channels"]["main"]["pending"] < _PENDING:
                self._talk()
            self.held.append(look(self.daemon, self._state))
            time.sleep(_MESSAGE_S)
        failing.join()

    def close(self) -> None:
        """End what the daemon depends on, and what takes its cores."""
        self._load.take(0)
        self._broker.kill()

    def _fail(self, until: float) -> None:
        names = list(self._faults)
        while time.monotonic() < until:
            self._rng.shuffle(names)
            for name in names:
                if time.monotonic() < until:
                    self._faults[name]()
                    self.happened[name] += 1
                    time.sleep(self._rng.uniform(1.0, 5.0))

    def _talk(self) -> None:
        """Let somebody say something, over one of the three ways."""
        self._number += 1
        text = sentence(self._chatter, self._chatter.randint(1, 12))
        match self._number % 4:
            case 0:
                self._chat.say(text, f"irc{self._number}")
            case 1:
                body = {"author": {"id": "m", "name": "mqtt viewer"}, "text": text}
                asyncio.run(self._publish(json.dumps(body)))
            case 2:
                self.daemon.post(text, name=f"viewer{self._number % 7}", cheer=100)
            case _:
                self.daemon.post(text, name=f"viewer{self._number % 7}")

    async def _publish(self, payload: str) -> None:
        """Publish at the broker, unless that is away."""
        with suppress(TimeoutError, aiomqtt.MqttError):
            async with (
                asyncio.timeout(_PUBLISH_S),
                aiomqtt.Client(
                    "127.0.0.1", self._broker.port, username="home", password=PASSWORDS["home"]
                ) as client,
            ):
                await client.publish("ishowtts/main/chat", payload, qos=1)

    def _signal(self, role: str, number: signal.Signals) -> int | None:
        """Send it to a process of that role; return which it was."""
        of_role = [
            pid
            for pid in self.daemon.children()
            if ("device_process" in _command(pid)) == (role == "playback")
        ]
        if not of_role:
            return None
        pid = self._rng.choice(of_role)
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        return pid

    def _pause(self) -> None:
        pid = self._signal("engine", signal.SIGSTOP)
        time.sleep(_PAUSE_S)
        if pid in self.daemon.children():  # the watchdog may have replaced it
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _take_cores(self) -> None:
        self._load.take(self._rng.randint(1, CORES))
        time.sleep(self._rng.uniform(*_TAKEN_S))
        self._load.take(0)

    def _unplug(self) -> None:
        self._pulse.remove_sink("tts")
        time.sleep(self._rng.uniform(0.5, 3.0))
        self._pulse.add_sink("tts")

    def _restart_sound(self) -> None:
        self._pulse.kill()
        time.sleep(self._rng.uniform(0.5, 3.0))
        self._pulse.start()

    def _restart_broker(self) -> None:
        self._broker.kill()
        time.sleep(self._rng.uniform(0.5, 3.0))
        self._broker.start()

    def _fill_disk(self) -> None:
        filler = self._state / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        time.sleep(self._rng.uniform(0.5, 3.0))
        filler.unlink()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""  # it has just ended


@contextmanager
def _disk(folder: Path) -> Iterator[bool]:
    """Make `folder` a small disk, in a space of mounts that this process has for itself."""
    folder.mkdir()
    if os.environ.get(_INSIDE) != "1":
        yield False
        return
    options = f"size={_DISK_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield True
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def held_and_said(daemon: Daemon, held: Sequence[Held]) -> dict[str, Any]:
    """Return what it held, and how fast its engine answered, near the start and at the end."""
    tenth = len(held) // 10
    parts = held[tenth : 3 * tenth], held[-2 * tenth :]
    started = [event for event in daemon.events() if event["outcome"] == "started"]
    first_chunks_s = [event["first_chunk_at"] - event["requested_at"] for event in started]
    half = len(started) // 2
    halves = first_chunks_s[:half], first_chunks_s[half:]
    return {
        "outcomes": dict(sorted(Counter(event["outcome"] for event in daemon.events()).items())),
        "memory_mib": [round(statistics.median(h.memory_mib for h in part), 1) for part in parts],
        "descriptors": [min(h.descriptors for h in part) for part in parts],
        "threads": [min(h.threads for h in part) for part in parts],
        "tasks": [min(h.tasks for h in part) for part in parts],
        "store_mib": [round(max(h.store_mib for h in part), 2) for part in parts],
        "first_chunk_ms": [round(1000 * statistics.median(part), 1) for part in halves],
    }


def lateness(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return how far past its deadline each first sound was, and how many were too late.

    The deadline is the turn plus the patience. A message has its turn when what was spoken before
    is over, or at once if nothing is.
    """
    accepted_at = {e["id"]: e["received_at"] for e in events if e["outcome"] == "accepted"}
    began: set[str] = set()
    over_at = 0.0
    late_s: dict[str, float] = {}
    for event in events:
        identifier = event["id"]
        if event["outcome"] == "started":
            began.add(identifier)
            turn_at = max(accepted_at[identifier], over_at)
            late_s[identifier] = event["at"] - turn_at - _PATIENCE_S
        elif event["outcome"] == "failed" or (identifier in began and event["outcome"] in ENDS):
            over_at = event["at"]
    worst = max(late_s, key=lambda each: late_s[each], default="")
    return {
        "first_sounds": len(late_s),
        "latest_past_its_deadline_s": round(late_s.get(worst, 0.0), 2),
        "of_message": worst,
        "too_late": sum(each_s > _MAX_LATE_S for each_s in late_s.values()),
    }


def complaints(result: dict[str, Any]) -> list[str]:
    """Return what is not as it should be."""
    found = []
    if result["accepted"] != result["with_exactly_one_final_outcome"]:
        found.append("a message did not end in exactly one outcome")
    if result.get("is_slow") and result["lateness"]["too_late"]:
        late = result["lateness"]
        found.append(
            f"{late['too_late']} first sounds were later than {_MAX_LATE_S:g} s past their"
            f" deadline, by {late['latest_past_its_deadline_s']} s at most"
        )
    if not result["outcomes"].get("spoken"):
        found.append("nothing was spoken")
    if result["memory_mib"][1] - result["memory_mib"][0] > _MAX_GROWTH_MIB:
        found.append("memory grows")
    found += [
        f"{what} grow"
        for what, some in _COMES_AND_GOES.items()
        if result[what][1] > result[what][0] + some
    ]
    if result["store_mib"][1] > _MAX_STORE_MIB:
        found.append("the database grows")
    return found


def main() -> int:
    """Let everything fail, say what came of it, and return how many things are wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slowness", action="store_true", help="engines are slow, nothing breaks")
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    if os.geteuid() == 0 and _INSIDE not in os.environ:
        os.environ[_INSIDE] = "1"
        command = [sys.executable, "-m", "tests.bench.chaos", *sys.argv[1:]]
        os.execvp("unshare", ["unshare", "--mount", *command])
    end_whole()
    result: dict[str, Any] = environment("ishowtts", "hibari-tts", "aiomqtt")
    result |= {"minutes": options.minutes, "seed": options.seed, "is_slow": options.slowness}
    with (
        tempfile.TemporaryDirectory() as name,
        _disk(Path(name) / "state") as has_disk,
        sound_server(Path(name)) as pulse,
    ):
        stage = Stage(
            *(Path(name), pulse),
            seed=options.seed,
            has_disk=has_disk,
            is_slow=options.slowness,
        )
        try:
            stage.run(options.minutes * 60)
            stage.daemon.wait_until_idle()
        finally:
            stage.daemon.stop()
            stage.close()
        accepted = [e for e in stage.daemon.events() if e["outcome"] == "accepted"]
        result["by_way"] = dict(Counter(_WAYS.get(e["chatter"], "http") for e in accepted))
        result["faults"] = dict(sorted(stage.happened.items()))
        result |= accounted(stage.daemon, lambda count: count > 0)
        result |= held_and_said(stage.daemon, stage.held)
        result["lateness"] = lateness(stage.daemon.events())
    found = complaints(result)
    result["complaints"] = found
    save(options.save, result)
    for complaint in found:
        print(f"chaos: {complaint}", file=sys.stderr)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
