"""Paid messages outlive a clock that is wrong, a machine that sleeps, and rows that are damaged."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.messages import ChatMessage, Chatter, Event, EventKind, Lane
from bot.outcomes import Dropped, DropReason, Queued
from bot.runtime.clock import Moment, now
from bot.store.database import Database
from bot.store.journal import Journal

HOUR_S = 3_600.0
AGE_S = HOUR_S
"""After which a paid message is given up."""
HERE = Moment("boot-a", 5_000.0, 1_790_000_000.0)
RESET_S = 1_000.0
"""What a clock without a battery says after a start, as Unix time."""


def later(moment: Moment, seconds: float, *, jump_s: float = 0.0, boot: str = "") -> Moment:
    """Return a moment after `seconds`; the wall clock was set by `jump_s`, the machine restarted
    where `boot` names another start."""
    boot_s = seconds if boot else moment.boot_s + seconds
    return Moment(boot or moment.boot, boot_s, moment.unix_s + seconds + jump_s)


def left_in(journal: Journal) -> list[ChatMessage]:
    """Return what is spoken of it, at once or when the wall clock was waited for."""
    return [*journal.unspoken({"main"}), *asyncio.run(journal.date({"main"}))]


def paid(identifier: str = "p", received_at: float | None = None) -> ChatMessage:
    return ChatMessage(
        id=identifier,
        channel="main",
        source="test",
        chatter=Chatter(id="1", name="ana"),
        text="hi",
        received_at=now() if received_at is None else received_at,
        event=Event(kind=EventKind.CHEER, amount=100),
    )


def restart(path: Path, kept: Moment, back: Moment, between: Moment | None = None) -> list[str]:
    """Keep a message at one moment, look again at another, and start again at a third one."""
    at = kept
    database = Database(path)
    journal = Journal(database, max_age_s=AGE_S, moment=lambda: at)
    journal.keep(paid())
    if between is not None:
        at = between
        journal.keep(paid("q"))
    database.close()
    database = Database(path)
    left = left_in(Journal(database, max_age_s=AGE_S, moment=lambda: back, clock_s=0))
    database.close()
    for message in left:
        assert now() - AGE_S - 1 < message.received_at <= now()
    return sorted(message.id for message in left)


KEPT = {
    "soon": later(HERE, 60),
    "the clock was set 12 hours forward": later(HERE, 60, jump_s=12 * HOUR_S),
    "the clock was set 12 hours back": later(HERE, 60, jump_s=-12 * HOUR_S),
    "the clock was set 50 years forward": later(HERE, 60, jump_s=50 * 365 * 24 * HOUR_S),
    "a restart that resets the clock": Moment("boot-b", 20.0, RESET_S),
    "a restart, the clock is 12 hours behind": later(HERE, 60, jump_s=-12 * HOUR_S, boot="b"),
    "a restart, soon": later(HERE, 60, boot="boot-b"),
    "a restart, nobody knows whether the clock is right": Moment("boot-b", 20.0, 0.0),
    "nobody knows any more whether the clock is right": later(HERE, 60)._replace(unix_s=0.0),
}
GIVEN_UP = {
    "late": later(HERE, AGE_S + 1),
    "late, though the clock was set back": later(HERE, AGE_S + 1, jump_s=-12 * HOUR_S),
    "a restart, late": later(HERE, AGE_S + 1, boot="boot-b"),
    "late, of a clock that nobody knows": later(HERE, AGE_S + 1)._replace(unix_s=0.0),
}


@pytest.mark.parametrize("name", KEPT)
def test_no_clock_gives_up_what_was_paid_for(tmp_path: Path, name: str) -> None:
    assert restart(tmp_path / "state", HERE, KEPT[name]) == ["p"]


@pytest.mark.parametrize("name", GIVEN_UP)
def test_what_is_old_is_given_up_by_any_clock(tmp_path: Path, name: str) -> None:
    assert restart(tmp_path / "state", HERE, GIVEN_UP[name]) == []


def test_what_was_kept_before_the_clock_was_set_has_its_age(tmp_path: Path) -> None:
    reset = Moment("boot-a", 30.0, RESET_S)
    is_set = later(reset, 60, jump_s=HERE.unix_s)
    soon = Moment("boot-b", 10.0, is_set.unix_s + 120)
    assert restart(tmp_path / "soon", reset, soon, between=is_set) == ["p", "q"]
    late = soon._replace(unix_s=soon.unix_s + AGE_S)
    assert restart(tmp_path / "late", reset, late, between=is_set) == []


def test_hours_since_the_boot_are_no_age_when_the_clock_is_set(
    tmp_path: Path,
) -> None:
    up = HERE._replace(boot_s=14 * HOUR_S)
    was_set = later(up, 60, jump_s=10)
    soon = Moment("boot-b", 20.0, was_set.unix_s + 60)
    assert restart(tmp_path / "state", up, soon, between=was_set) == ["p", "q"]


@pytest.mark.parametrize("unset", [0.0, RESET_S])
def test_what_was_kept_by_a_clock_that_nobody_knows_is_spoken(tmp_path: Path, unset: float) -> None:
    """However late by a clock that is right: the time off is known to nobody."""
    kept = HERE._replace(unix_s=unset)
    assert restart(tmp_path / "state", kept, later(HERE, 12 * AGE_S, boot="boot-b")) == ["p"]


@pytest.mark.parametrize(("off_s", "spoken"), [(60.0, ["p"]), (12 * AGE_S, [])])
def test_a_clock_that_is_not_set_yet_is_waited_for(
    tmp_path: Path, off_s: float, spoken: list[str]
) -> None:
    """As after a boot, where the daemon is there before the network tells the time."""
    path = tmp_path / "state"
    at = HERE
    database = Database(path)
    Journal(database, max_age_s=AGE_S, moment=lambda: at).keep(paid())
    at = Moment("boot-b", 20.0, 0.0)
    for _ in range(5):  # a run that ended while it waited counts as no try to speak it
        database.close()
        database = Database(path)
        journal = Journal(database, max_age_s=AGE_S, moment=lambda: at)
        assert journal.unspoken({"main"}) == []
        assert [message.id for message in journal.undated({"main"})] == ["p"]
    at = later(HERE, off_s, boot="boot-b")
    assert [message.id for message in asyncio.run(journal.date({"main"}))] == spoken
    database.close()
    database = Database(path)
    assert len(database.read("SELECT * FROM journal WHERE starts = 1")) == len(spoken)
    database.close()


def test_a_clock_set_between_two_runs_counts_for_the_next_boot(tmp_path: Path) -> None:
    path = tmp_path / "state"
    reset = Moment("boot-a", 30.0, RESET_S)
    is_set = later(reset, 60, jump_s=HERE.unix_s)
    assert restart(path, reset, is_set) == ["p"]
    database = Database(path)
    late = Moment("boot-b", 10.0, is_set.unix_s + AGE_S + 60)
    assert left_in(Journal(database, max_age_s=AGE_S, moment=lambda: late)) == []
    database.close()


def test_a_daemon_that_is_killed_often_gives_up_nothing_that_only_waited(tmp_path: Path) -> None:
    path = tmp_path / "state"
    database = Database(path)
    Journal(database, max_age_s=AGE_S, moment=lambda: HERE).keep(paid())
    database.close()
    for _ in range(10):
        database = Database(path)
        journal = Journal(database, max_age_s=AGE_S, moment=lambda: HERE)
        (message,) = left_in(journal)
        journal.observe(Queued.of(message, lane=Lane.PAID, pending=1))
        let_go = journal.hold(message)  # an engine is asked
        let_go()
        database.close()
    for count in (1, 1, 1, 0):
        database = Database(path)
        journal = Journal(database, max_age_s=AGE_S, moment=lambda: HERE)
        left = left_in(journal)
        assert len(left) == count
        for message in left:
            journal.observe(Queued.of(message, lane=Lane.PAID, pending=1))
            journal.hold(message)
        database.close()


def test_what_has_no_age_is_kept_for_three_starts(tmp_path: Path) -> None:
    path = tmp_path / "state"
    reset = Moment("boot-b", 20.0, RESET_S)
    assert restart(path, reset, HERE._replace(boot="boot-c")) == ["p"]
    for count in (1, 1, 0):
        database = Database(path)
        journal = Journal(database, max_age_s=AGE_S, moment=lambda: HERE._replace(boot="boot-d"))
        assert len(left_in(journal)) == count
        database.close()


BAD = {
    "no time": "received_at = NULL",
    "a word for a time": "received_at = 'soon'",
    "an endless time": "received_at = 9e999",
    "bytes for a time": "received_at = x'00ff'",
    "no boot": "boot = NULL, boot_s = NULL",
    "a number for a boot": "boot = 7, boot_s = 'x'",
    "no count": "starts = NULL",
    "a word for a count": "starts = 'many'",
    "no message": "message = NULL",
    "a text for a message": "message = 'hello'",
    "half a message": "message = substr(message, 1, 9)",
    "bytes for a name": "id = x'ff00'",
    "a name that is no text": "id = CAST(x'ff' AS TEXT)",
    "a boot that is no text": "boot = CAST(x'ff' AS TEXT)",
    "a time before the boot": "boot_s = -1e300",
    "a message of nested lists": "message = x'" + "91" * 3000 + "90'",
    "a number for a channel": "channel = 5",
}


@pytest.mark.parametrize("name", BAD)
def test_a_damaged_row_stops_no_start_and_costs_no_other(tmp_path: Path, name: str) -> None:
    path = tmp_path / "state"
    database = Database(path)
    journal = Journal(database, max_age_s=AGE_S)
    journal.keep(paid("bad"))
    journal.keep(paid("good"))
    database.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE journal SET {BAD[name]} WHERE id = 'bad'")
    connection.close()

    database = Database(path)
    with capture_logs() as logs:
        left = left_in(Journal(database, max_age_s=AGE_S, clock_s=0))
    database.close()
    lost = "message" in BAD[name]
    assert {message.id for message in left} == ({"good"} if lost else {"bad", "good"})
    assert [entry["event"] for entry in logs] == (
        ["paid message of an earlier run given up"] if lost else []
    )

    database = Database(path)
    journal = Journal(database, max_age_s=AGE_S, clock_s=0)
    for message in left_in(journal):
        journal.observe(Dropped.of(message, reason=DropReason.CLEARED))
    database.close()
    database = Database(path)
    assert database.read("SELECT * FROM journal") == []  # nothing comes back
    database.close()


def test_a_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state"
    database = Database(path)
    Journal(database, max_age_s=AGE_S).keep(paid())
    database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE journal DROP COLUMN boot")
        connection.execute("ALTER TABLE journal DROP COLUMN boot_s")
        connection.execute("PRAGMA user_version = 1")
    connection.close()

    database = Database(path)
    assert len(left_in(Journal(database, max_age_s=AGE_S, clock_s=0))) == 1
    database.close()
