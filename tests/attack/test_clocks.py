"""The wall clock jumps by half a day while the daemon runs, and machines sleep."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from bot.backlog import Backlog
from bot.config.sections.backlog import BacklogSettings
from bot.messages import Chatter, Lane, Utterance
from bot.outcomes import Dropped, DropReason, Outcome
from bot.runtime.clock import now
from bot.sources import emote_names
from bot.sources.twitch_eventsub.accounts import Account, Accounts, newer_than
from bot.store.database import Database
from bot.store.remembered import Remembered
from tests.attack.test_streams import Daemon, daemons
from tests.conftest import wait_until
from tests.json_lines import read_json_lines
from tests.long import first_ones
from tests.mqtt.conftest import PASSWORDS, Broker
from tests.wall_clock import WallClock, libraries

__all__ = ["daemons"]

ENDS = {"spoken", "dropped", "failed"}
STAMPS = ("received_at", "requested_at", "first_chunk_at", "at")
HALF_A_DAY_S = 43_200.0
NEAR_S = 60.0
"""A machine that is busy takes less from one reading of the clock to the other."""


@pytest.fixture
def wall_clock(tmp_path: Path) -> WallClock:
    if not libraries():
        pytest.skip("needs the Debian package faketime")
    return WallClock(tmp_path)


def run(wall_clock: WallClock, program: str) -> list[float]:
    """Run Python by that clock: it sets it with `jump`; return the numbers that it prints."""
    begin = """
import pathlib, sys, time
def jump(seconds):
    new = pathlib.Path(sys.argv[1] + ".new")
    new.write_text(f"{seconds:+f}\\n")
    new.replace(sys.argv[1])
"""
    file = wall_clock.environment["FAKETIME_TIMESTAMP_FILE"]
    done = subprocess.run(
        [sys.executable, "-c", begin + program, file],
        env=os.environ | wall_clock.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [float(number) for number in done.stdout.split()]


@pytest.mark.parametrize("jump_s", [HALF_A_DAY_S, -HALF_A_DAY_S, 50 * 365 * 86_400.0])
def test_ages_do_not_jump_and_times_for_people_do(wall_clock: WallClock, jump_s: float) -> None:
    aged_s, worked_s, ahead_s, booted_s = run(
        wall_clock,
        f"""
from bot.runtime.clock import Moment, awake, now, unix
stamp, work, moment = now(), awake(), Moment.now()
jump({jump_s})
print(now() - stamp, awake() - work, unix(stamp) - stamp, Moment.now().age_s(moment))
""",
    )
    assert 0 <= aged_s < NEAR_S
    assert 0 <= worked_s < NEAR_S
    assert 0 <= booted_s < NEAR_S
    assert abs(ahead_s - jump_s) < NEAR_S


def test_a_clock_that_nobody_set_after_the_start_is_put_right(wall_clock: WallClock) -> None:
    """As on a board without a battery: it starts in 1970, and the network tells the time."""
    wall_clock.set(-time.time() + 1_000)
    (stamp,) = run(
        wall_clock,
        """
from bot.runtime.clock import now, unix
jump(0)
print(unix(now()))
""",
    )
    assert abs(stamp - time.time()) < NEAR_S


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make a boot clock")
def test_an_age_counts_what_the_machine_slept() -> None:
    """The boot clock alone goes on in sleep: here it is an hour ahead of the machine's."""
    program = "from bot.runtime.clock import Moment; print(Moment.now().boot_s)"
    slept = ["unshare", "--fork", "--time", "--boottime", "3600", "--"]
    booted_s = [
        float(subprocess.check_output([*shell, sys.executable, "-c", program]))
        for shell in ([], slept)
    ]
    assert 0 <= booted_s[1] - booted_s[0] - 3600 < NEAR_S


class Slept:
    """Backlog on a machine that slept an hour: no timer went off, the boot clock went on."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.slept_s = 0.0
        settings = BacklogSettings(max_age_s=600)
        self.backlog = Backlog(settings, self.outcomes.append, clock=lambda: now() + self.slept_s)

    def put(self, name: str, lane: Lane = Lane.REST) -> None:
        self.backlog.put(
            Utterance(
                id=name,
                channel="main",
                chatter=Chatter(id=name, name=name),
                prefix="",
                body="hi",
                voice="heart",
                lane=lane,
                received_at=now() + self.slept_s,
            )
        )

    def expired(self) -> list[str]:
        return [
            outcome.id
            for outcome in self.outcomes
            if isinstance(outcome, Dropped) and outcome.reason is DropReason.EXPIRED
        ]


@pytest.mark.parametrize("state", ["open", "paused"])
async def test_what_waited_while_the_machine_slept_is_too_old(state: str) -> None:
    it = Slept()
    if state == "paused":
        it.backlog.pause()
    it.put("old")
    it.put("paid", Lane.PAID)
    it.slept_s = 3600
    it.put("new")
    it.backlog.resume()
    assert [(await it.backlog.take()).id for _ in range(2)] == ["paid", "new"]
    assert it.expired() == ["old"]
    assert len(it.backlog) == 0


async def test_what_came_just_before_the_machine_slept_shortly_is_spoken() -> None:
    it = Slept()
    it.put("old")
    it.slept_s = 300
    assert (await it.backlog.take()).id == "old"


def events(daemon: Daemon) -> list[dict[str, Any]]:
    return read_json_lines(daemon.folder / "events")


def ended(daemon: Daemon) -> dict[str, str]:
    """Return how messages ended, by what was said."""
    told = events(daemon)
    texts = {e["id"]: e["text"] for e in told if e["outcome"] == "accepted"}
    return {texts[e["id"]]: e["outcome"] for e in told if e["outcome"] in ENDS}


async def started_at(broker: Broker) -> float:
    """Return when the daemon started, as the broker tells."""
    password = PASSWORDS["home"]
    async with aiomqtt.Client("127.0.0.1", broker.port, username="home", password=password) as it:
        await it.subscribe("ishowtts/state")
        message = await anext(aiter(it.messages))
        return float(json.loads(str(message.payload, "utf-8"))["started_at"])


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker(folder)
    broker.start()
    yield broker
    broker.kill()


@pytest.mark.parts
@pytest.mark.timeout(170)
@pytest.mark.parametrize("jump_s", first_ones([HALF_A_DAY_S, -HALF_A_DAY_S]))
def test_a_daemon_tells_the_time_of_the_wall_and_forgets_nobody(
    tmp_path: Path, wall_clock: WallClock, daemons: list[Daemon], broker: Broker, jump_s: float
) -> None:
    environment = [f"{name}={value}" for name, value in wall_clock.environment.items()]
    mqtt = {"enabled": True, "host": "127.0.0.1", "port": broker.port}
    mqtt |= {"username": "ishowtts", "password": PASSWORDS["ishowtts"]}
    daemon = Daemon(
        *(tmp_path, "--events", str(tmp_path / "events")),
        shell=["env", *environment],
        mqtt=mqtt,
    )
    daemons.append(daemon)
    url = daemon.url()
    daemon.post(url, "!tts pause", "moderator")
    daemon.post(url, "before")
    wait_until(lambda: any(e["outcome"] == "queued" for e in events(daemon)), "message")
    wall_clock.set(jump_s)
    daemon.post(url, "after")
    daemon.post(url, "!tts resume", "moderator")
    wait_until(lambda: len(ended(daemon)) == 2, "speech")

    assert set(ended(daemon).values()) == {"spoken"}
    there = time.time() + jump_s
    later = [e for e in events(daemon) if e["outcome"] == "spoken"]
    assert all(abs(e["at"] - there) < NEAR_S for e in later)
    for event in events(daemon):
        stamps = [event[name] for name in STAMPS if name in event]
        assert stamps == sorted(stamps)
    wait_until(
        lambda: abs(asyncio.run(started_at(broker)) - there) < NEAR_S + 120, "time of the start"
    )
    assert json.loads(daemon.get(url, "api/status"))["uptime_s"] < 170
    assert daemon.end() == 0


def account(user_id: str, *, at: float) -> Account:
    return Account(
        user_id=user_id,
        login=user_id,
        scopes=frozenset(),
        access_token="a",
        refresh_token="r",
        obtained_at=at,
        bot_since=at,
    )


def test_a_log_in_has_the_time_of_the_wall_after_a_jump(wall_clock: WallClock) -> None:
    obtained_at, bot_since = run(
        wall_clock,
        f"""
from bot.sources.twitch_eventsub.accounts import Account, Accounts, newer_than
jump({HALF_A_DAY_S})
one = Account(user_id="1", login="1", scopes=frozenset(), access_token="", refresh_token="",
              obtained_at=1.0, bot_since=1.0)
print(one.renewed("", "").obtained_at, Accounts([one]).latest_bot())
""",
    )
    there = time.time() + HALF_A_DAY_S
    assert abs(obtained_at - there) < NEAR_S
    assert abs(bot_since - there) < NEAR_S


def test_whom_a_clock_that_is_behind_logs_in_is_the_bot() -> None:
    first = account("1", at=time.time() + HALF_A_DAY_S)
    accounts = Accounts([first])
    second = account("2", at=accounts.latest_bot())
    assert Accounts([first, second]).bot == second
    assert newer_than(first) > first.obtained_at


def test_what_a_clock_that_is_behind_remembers_is_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "state"
    database = Database(path)
    Remembered(database, kind="voice", channel="main")["1"] = "a"
    database.write("UPDATE remembered SET at = at + ?", HALF_A_DAY_S)
    database.close()
    for name in ("2", "3"):
        database = Database(path)
        remembered = Remembered(database, kind="voice", channel="main", max_entries=2)
        remembered[name] = "b"
        database.close()
    database = Database(path)
    assert list(Remembered(database, kind="voice", channel="main", max_entries=2)) == ["2", "3"]
    database.close()


def test_emotes_that_were_read_by_a_clock_ahead_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "emotes.json"
    file.write_text('["Kappa"]')
    tomorrow = time.time() + 10 * HALF_A_DAY_S
    os.utime(file, (tomorrow, tomorrow))
    _, age_s = emote_names._read(file)
    assert age_s > HALF_A_DAY_S
