"""Everything around the daemon fails at random, seeded, and every message must end in one outcome.

Run from the repository: `python -m tests.bench.chaos [--minutes M] [--faults N] [--daemons D]
[--seed S] [--save NAME]`. Chat comes over HTTP, from a scripted Twitch and through an MQTT broker;
the daemon plays into a PulseAudio null sink. Engines, the process that plays, the sound device and
its server, Twitch, the broker, the disk, the wall clock, pipes and the machine's wakefulness fail,
one after the other; where several daemons run at a time, each has faults of its own seed. What was
paid for must be spoken, and the log-in of Twitch must not be lost. Root gets a small disk and
programs with a false clock (Debian's faketime); for others those two do not fail. With `--slowness`
nothing breaks: engines are stopped for some seconds and go on, and cores are taken and given back,
while the bundled F5-TTS and hibari speak; then no first sound may be later than a second past its
deadline.
"""

import argparse
import asyncio
import json
import math
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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import aiomqtt

from bot.config.sections.engine import EngineSettings
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
from tests.bench.pipes import Fifo
from tests.bench.report import environment, save
from tests.bench.scripted_twitch import Twitch
from tests.bench.soak import wait_for_f5
from tests.conftest import PulseServer
from tests.mqtt.conftest import PASSWORDS, Broker
from tests.twitch_server import CLIENT_ID
from tests.wall_clock import WallClock, libraries

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
_WAYS = {"twitch_viewer": "Twitch", "mqtt viewer": "broker"}
"""How the messages of a chatter come."""
_INSIDE = "ISHOWTTS_CHAOS_INSIDE"
_PAUSE_S = 5.0
_BETWEEN_S = (0.3, 2.0)
_AWAY_S = (0.5, 3.0)
_ASLEEP_S = (1.0, 4.0)
_LONG_ASLEEP_S = 60.0
_LONG_EVERY = 25
"""Sleeps of the machine of which one is long."""
_JUMPS_S = (43_200.0, -43_200.0, 0.0)
_SHORT_LIFE_S = 100
"""Life of a token of Twitch: so each connection renews it, and each minute."""
_RENEWAL_S = 10.0
_TAKEN_S = (1.0, 8.0)
_PATIENCE_S = EngineSettings().patience_s
_MAX_LATE_S = 1.0


_SUMMED = (
    *("sleeps_of_a_minute", "renewals_on_a_full_disk", "paid", "of_them_spoken"),
    *("accepted", "with_exactly_one_final_outcome"),
)
"""Counts of one daemon that are told of all together."""


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
        self._state.mkdir(exist_ok=True)
        self._twitch = Twitch(self._state)
        self._twitch.server.expires_in_s = _SHORT_LIFE_S
        (folder / "broker").mkdir()
        self._broker = Broker(folder / "broker")
        self._broker.start()
        self._fifo = Fifo(folder / "record")
        self._wall_clock = WallClock(folder) if libraries() and not is_slow else None
        self._number = 0
        self.happened: Counter[str] = Counter()
        self.paid: list[str] = []
        """Ids of what was paid for."""
        self.long_sleeps = self.renewals = 0
        """Sleeps of a minute, and renewals of the log-in on a full disk."""
        self.held: list[Held] = []
        self._load = Load()
        f5 = {"model": "bundled", "nfe": "auto", "device": "cpu", "cache": str(folder / "cache")}
        sources: list[dict[str, Any]] = [
            {"type": "ingest"},
            {"type": "mqtt"},
            {"type": "twitch_eventsub", "channel": "streamer", "emotes": []},
        ]
        mqtt = {"enabled": True, "host": "127.0.0.1", "port": self._broker.port}
        mqtt |= {"username": "ishowtts", "password": PASSWORDS["ishowtts"]}
        self.daemon = Daemon(
            folder,
            sources,
            pulse,
            state=self._state,
            environment={
                CHAT_URL_VARIABLE: self._twitch.server.irc_url,
                **(self._wall_clock.environment if self._wall_clock else {}),
            },
            program=(
                *("-m", "tests.twitch_program"),
                *(self._twitch.server.url, self._twitch.server.eventsub_url),
            ),
            arguments=("--record", str(folder / "record")),
            mqtt=mqtt,
            twitch={"client_id": CLIENT_ID},
            engine={"engines": ["f5", "hibari"], "f5": f5}
            if is_slow
            else {"engines": ["hibari", "tone"]},
            backlog={"max_per_chatter": 50},
        )
        self._faults: dict[str, Callable[[], object]] = {
            "engine killed": lambda: self._signal("engine", signal.SIGKILL),
            "engine stopped": lambda: self._signal("engine", signal.SIGSTOP),
            "playback killed": lambda: self._signal("playback", signal.SIGKILL),
            "playback stopped": lambda: self._signal("playback", signal.SIGSTOP),
            "device unplugged": self._unplug,
            "sound server killed": self._restart_sound,
            "sound server stopped": self._stop_sound,
            "Twitch dropped": self._twitch.drop,
            "broker killed": self._restart_broker,
            "recording blocked": lambda: self._fifo.block(self._away_s()),
            "log blocked": lambda: self.daemon.block_log(self._away_s()),
            "machine asleep": self._sleep,
        }
        if self._wall_clock is not None:
            self._faults["clock set"] = self._set_clock
        if is_slow:
            self._faults = {"engine paused": self._pause, "cores taken": self._take_cores}
            wait_for_f5(self.daemon)
        elif has_disk:
            self._faults["disk full"] = self._fill_disk
            self._faults["log-in renewed on a full disk"] = self._renew_on_full_disk

    def run(self, duration_s: float, faults: float) -> None:
        """Talk, and let one thing after the other fail, each as often as the others.

        It ends after so long, or so many faults; with what a fault raised where it could not be
        made.
        """
        until = time.monotonic() + duration_s
        raised: list[Exception] = []

        def fail() -> None:
            try:
                self._fail(until, faults)
            except Exception as error:  # noqa: BLE001 - a thread would only print it
                raised.append(error)

        failing = threading.Thread(target=fail, daemon=True)
        failing.start()
        while failing.is_alive():
            if self.daemon.status()["channels"]["main"]["pending"] < _PENDING:
                self._talk()
            self.held.append(look(self.daemon, self._state))
            time.sleep(_MESSAGE_S)
        failing.join()
        if raised:
            raise raised[0]

    def close(self) -> None:
        """End what the daemon depends on, and what takes its cores."""
        self._load.take(0)
        self._broker.kill()
        self._twitch.close()

    @property
    def is_logged_in(self) -> bool:
        """Whether the next start would have a log-in of Twitch that works."""
        return self._twitch.is_logged_in

    def _fail(self, until: float, faults: float) -> None:
        names = list(self._faults)
        while True:
            self._rng.shuffle(names)
            for name in names:
                if time.monotonic() > until or self.happened.total() >= faults:
                    return
                self._faults[name]()
                self.happened[name] += 1
                time.sleep(self._rng.uniform(*_BETWEEN_S))

    def _away_s(self) -> float:
        return self._rng.uniform(*_AWAY_S)

    def _talk(self) -> None:
        """Let somebody say something, over one of the three ways."""
        self._number += 1
        text = sentence(self._chatter, self._chatter.randint(1, 12))
        match self._number % 4:
            case 0:
                self._twitch.say(text, by="twitch_viewer")
            case 1:
                body = {"author": {"id": "m", "name": "mqtt viewer"}, "text": text}
                asyncio.run(self._publish(json.dumps(body)))
            case 2:
                name = f"viewer{self._number % 7}"
                self.paid.append(self.daemon.post(text, name=name, cheer=100))
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
        time.sleep(self._away_s())
        self._pulse.add_sink("tts")

    def _restart_sound(self) -> None:
        self._pulse.kill()
        time.sleep(self._away_s())
        self._pulse.start()

    def _restart_broker(self) -> None:
        self._broker.kill()
        time.sleep(self._away_s())
        self._broker.start()

    def _stop_sound(self) -> None:
        self._pulse.signal(signal.SIGSTOP)
        time.sleep(self._away_s())
        self._pulse.signal(signal.SIGCONT)

    def _sleep(self) -> None:
        """Let all of the daemon stand still, as near as a test comes to a machine that sleeps."""
        is_long = self.happened["machine asleep"] % _LONG_EVERY == _LONG_EVERY // 2
        # The daemon first: it starts no process then.
        stopped = [self.daemon.process.pid]
        os.kill(stopped[0], signal.SIGSTOP)
        stopped += self.daemon.children()
        for number, wait_s in (
            (signal.SIGSTOP, _LONG_ASLEEP_S if is_long else self._rng.uniform(*_ASLEEP_S)),
            (signal.SIGCONT, 0.0),
        ):
            for pid in reversed(stopped):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(wait_s)
        self.long_sleeps += is_long

    def _set_clock(self) -> None:
        assert self._wall_clock is not None
        others = [jump_s for jump_s in _JUMPS_S if jump_s != self._wall_clock.wrong_by_s]
        self._wall_clock.set(self._rng.choice(others))

    def _fill_disk(self) -> None:
        with self._full_disk():
            time.sleep(self._away_s())

    @contextmanager
    def _full_disk(self) -> Iterator[None]:
        filler = self._state / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        try:
            yield
        finally:
            filler.unlink()

    def _renew_on_full_disk(self) -> None:
        with self._full_disk():
            renewals, until = self._twitch.renewals, time.monotonic() + _RENEWAL_S
            self._twitch.drop()
            while self._twitch.renewals == renewals and time.monotonic() < until:
                time.sleep(0.05)
            self.renewals += self._twitch.renewals > renewals
            time.sleep(self._away_s())


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
    if result.get("paid") != result.get("of_them_spoken"):
        found.append("a message that was paid for was not spoken")
    if not result.get("is_logged_in", True):
        found.append("the log-in of Twitch was lost")
    if result.get("is_slow") and result["lateness"]["too_late"]:
        late = result["lateness"]
        found.append(
            f"{late['too_late']} first sounds were later than {_MAX_LATE_S:g} s past their"
            f" deadline, by {late['latest_past_its_deadline_s']} s at most"
        )
    if sum(result.get("faults", {}).values()) < result.get("least_faults", 0):
        found.append("fewer things failed than should have")
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


def measure(options: argparse.Namespace, number: int) -> dict[str, Any]:
    """Let everything fail around one daemon; return what came of it."""
    seed = options.seed + number
    with (
        tempfile.TemporaryDirectory() as name,
        _disk(Path(name) / "state") as has_disk,
        sound_server(Path(name)) as pulse,
    ):
        stage = Stage(*(Path(name), pulse), seed=seed, has_disk=has_disk, is_slow=options.slowness)
        try:
            faults = options.faults / options.daemons if options.faults else math.inf
            stage.run(math.inf if options.faults else options.minutes * 60, faults)
            stage.daemon.wait_until_idle()
        finally:
            stage.daemon.stop()
            is_logged_in = stage.is_logged_in
            stage.close()
        events = stage.daemon.events()
        spoken = {e["id"] for e in events if e["outcome"] == "spoken"}
        result: dict[str, Any] = {
            "seed": seed,
            "is_slow": options.slowness,
            "by_way": dict(
                Counter(
                    _WAYS.get(e["chatter"], "http") for e in events if e["outcome"] == "accepted"
                )
            ),
            "faults": dict(sorted(stage.happened.items())),
            "least_faults": math.floor(faults) if options.faults else 1,
            "sleeps_of_a_minute": stage.long_sleeps,
            "renewals_on_a_full_disk": stage.renewals,
            "paid": len(stage.paid),
            "of_them_spoken": len(spoken & set(stage.paid)),
            "is_logged_in": is_logged_in,
            **accounted(stage.daemon, lambda count: count > 0),
            **held_and_said(stage.daemon, stage.held),
        }
        if options.slowness:
            result["lateness"] = lateness(events)
    return result | {"complaints": complaints(result)}


def main() -> int:
    """Let everything fail, say what came of it, and return how many things are wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--faults", type=int, default=0, help="end after so many instead")
    parser.add_argument("--daemons", type=int, default=1, help="so many at a time share the faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slowness", action="store_true", help="engines are slow, nothing breaks")
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    if os.geteuid() == 0 and _INSIDE not in os.environ:
        os.environ[_INSIDE] = "1"
        command = [sys.executable, "-m", "tests.bench.chaos", *sys.argv[1:]]
        os.execvp("unshare", ["unshare", "--mount", *command])
    end_whole()
    begun_at = time.monotonic()
    result: dict[str, Any] = environment("ishowtts", "hibari-tts", "aiohttp", "aiomqtt", "twitchio")
    with ThreadPoolExecutor(options.daemons) as pool:
        runs = list(pool.map(partial(measure, options), range(options.daemons)))
    result["minutes"] = round((time.monotonic() - begun_at) / 60, 1)
    result["faults"] = sum(sum(run["faults"].values()) for run in runs)
    result |= {name: sum(run[name] for run in runs) for name in _SUMMED}
    result["runs"] = runs
    save(options.save, result)
    found = [f"seed {run['seed']}: {complaint}" for run in runs for complaint in run["complaints"]]
    for complaint in found:
        print(f"chaos: {complaint}", file=sys.stderr)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
