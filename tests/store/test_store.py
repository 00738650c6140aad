"""The store against real SQLite files, whole and broken."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.messages import ChatMessage, Chatter, Event, EventKind
from bot.outcomes import Dropped, DropReason, Failed, Held, Outcome, Rejected, Spoken
from bot.runtime.clock import now
from bot.store import Store
from bot.store.remembered import Remembered
from bot.store.schema import VERSION

AGE_S = 60.0
"""Less than this machine is up: within a boot only what happened in it has an age."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "state.sqlite3"


def opened(path: Path) -> Store:
    return Store(path, journal_max_age_s=AGE_S)


def cheer(name: str = "c1", *, channel: str = "main", age_s: float = 0) -> ChatMessage:
    return ChatMessage(
        id=name,
        channel=channel,
        source="test",
        chatter=Chatter(id="u1", name="viewer"),
        text="cheer100 hello",
        event=Event(kind=EventKind.CHEER, amount=100),
        received_at=now() - age_s,
    )


def left(path: Path, *channels: str) -> list[str]:
    with opened(path) as store:
        return [message.id for message in store.journal.unspoken(channels or {"main"})]


def test_what_is_remembered_is_there_after_a_restart(path: Path) -> None:
    with opened(path) as store:
        mutes, voices = store.remembered("mute", "main"), store.remembered("voice", "main")
        mutes["troll"] = "Troll"
        mutes["gone"] = "Gone"
        del mutes["gone"]
        voices["u1"] = "heart"
        voices["u1"] = "bass"
    with opened(path) as store:
        assert dict(store.remembered("mute", "main")) == {"troll": "Troll"}
        assert dict(store.remembered("voice", "main")) == {"u1": "bass"}
        assert not store.remembered("mute", "other")


def test_the_oldest_gives_way(path: Path) -> None:
    with opened(path) as store:
        voices = Remembered(store._database, kind="voice", channel="main", max_entries=3)
        for chatter in ("a", "b", "c", "a", "d"):
            voices[chatter] = "heart"
        assert list(voices) == ["c", "a", "d"]
    with opened(path) as store:
        assert list(store.remembered("voice", "main")) == ["c", "a", "d"]


def test_hostile_text_is_text(path: Path) -> None:
    names = ["'; DROP TABLE remembered; --", "\ud800half", "nul\0inside", "x" * 5000]
    with opened(path) as store:
        for name in names:
            store.remembered("mute", "main")[name] = name
    with opened(path) as store:
        mutes = store.remembered("mute", "main")
        assert len(mutes) == 4
        assert names[0] in mutes
        assert max(map(len, mutes)) == 200


@pytest.mark.parametrize(
    ("end", "is_kept"),
    [
        (lambda m: Spoken.of(m, engines=("tone",), audio_s=1.0, synthesis_s=0.1), False),
        (lambda m: Failed.of(m, error="no voice"), False),
        (lambda m: Dropped.of(m, reason=DropReason.SKIPPED), False),
        (lambda m: Dropped.of(m, reason=DropReason.SHUTDOWN), True),
        (lambda m: Dropped.of(m, reason=DropReason.NO_OUTPUT), True),
        (lambda m: Rejected.of(m, received_at=m.received_at, reason="muted"), False),
    ],
)
def test_a_paid_message_is_kept_until_its_outcome(
    path: Path, end: Callable[[ChatMessage], Outcome], *, is_kept: bool
) -> None:
    with opened(path) as store:
        store.journal.keep(cheer())
        store.journal.observe(end(cheer()))
    assert left(path) == (["c1"] if is_kept else [])


def test_what_waits_for_approval_is_in_nobody_s_hand(path: Path) -> None:
    with opened(path) as store:
        store.journal.keep(cheer())
    for _ in range(5):
        with opened(path) as store:
            (message,) = store.journal.unspoken({"main"})
            store.journal.observe(Held.of(message, text=message.text, waiting=1))
            store.journal.observe(Dropped.of(message, reason=DropReason.SHUTDOWN))
    assert left(path) == ["c1"]


def test_the_journal_survives_a_kill(path: Path) -> None:
    code = (
        "import os, sys, pathlib; from tests.store.test_store import opened, cheer;"
        "store = opened(pathlib.Path(sys.argv[1])); store.journal.keep(cheer());"
        "store._database._thread.submit(int).result(); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert ended.returncode == -9
    assert left(path) == ["c1"]


def test_the_journal_returns_the_oldest_first_for_the_channels_that_there_are(path: Path) -> None:
    with opened(path) as store:
        for message in (cheer("b", age_s=1), cheer("a", age_s=2), cheer("c", channel="other")):
            store.journal.keep(message)
    assert left(path) == ["a", "b"]
    assert left(path, "other") == ["c"]


def test_what_is_old_or_was_tried_too_often_is_given_up(path: Path) -> None:
    with opened(path) as store:
        store.journal.keep(cheer("old", age_s=AGE_S + 1))
        store.journal.keep(cheer("tried"))
    ends = []
    for _ in range(5):
        with opened(path) as store:
            store.journal.unspoken({"main"})
            ends.append([(it.message.id, it.end) for it in store.journal.given_up({"main"})])
    assert [len(each) for each in ends] == [1, 0, 0, 1, 0]
    ((old, dropped),), ((tried, failed),) = ends[0], ends[3]
    assert (old, tried) == ("old", "tried")
    assert isinstance(dropped, Dropped)
    assert dropped.reason == DropReason.EXPIRED
    assert isinstance(failed, Failed)
    assert failed.error == "The daemon ended 3 times while it had this message in hand."


def test_a_journal_of_another_version_is_given_up(path: Path) -> None:
    with opened(path) as store:
        store.journal.keep(cheer())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE journal SET message = x'81a474797065a358595a'")
    connection.close()
    with capture_logs() as logs:
        assert left(path) == []
    assert [entry["event"] for entry in logs] == ["paid message of an earlier run given up"]


def report(path: Path) -> str:
    """Open, use and close the store; return what it reported, in one string."""
    with capture_logs() as logs, opened(path) as store:
        mutes = store.remembered("mute", "main")
        mutes["troll"] = "Troll"
        store.journal.keep(cheer())
        assert "troll" in mutes
    return " ".join(f"{entry['event']} {entry.get('reason')}" for entry in logs)


def damage_header(path: Path) -> None:
    path.write_bytes(b"this is no database, and it is long enough to be seen as none" * 20)


def damage_page(path: Path) -> None:
    with opened(path) as store:
        for number in range(400):
            store.remembered("mute", "main")[f"name {number} {'x' * 150}"] = "x" * 190
    data = bytearray(path.read_bytes())
    data[4096 * 5 : 4096 * 9] = os.urandom(4096 * 4)
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [damage_header, damage_page])
def test_a_damaged_file_is_set_aside(path: Path, damage: Callable[[Path], None]) -> None:
    with opened(path):
        pass
    damage(path)
    assert "damaged" in report(path)
    assert path.with_name("state.sqlite3.damaged").is_file()
    assert report(path) == ""
    assert left(path) == ["c1"]


def test_a_file_in_use_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.database._LOCK_WAIT_S", 0.01)
    with opened(path) as store:
        store.remembered("mute", "main")["mine"] = "mine"
        store._database._thread.submit(int).result()
        assert "another ishowtts uses it" in report(path)
    with opened(path) as store:
        assert list(store.remembered("mute", "main")) == ["mine"]


def test_a_newer_file_is_left_alone(path: Path) -> None:
    with opened(path) as store:
        store.remembered("mute", "main")["mine"] = "mine"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    assert "take a newer ishowtts" in report(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_costs_the_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "STATE_DIRECTORY" in report(tmp_path / "file" / "state.sqlite3")


def test_a_full_disk_is_reported_once_and_gets_over_it(path: Path) -> None:
    with capture_logs() as logs, opened(path) as store:
        connection = store._database._connection
        assert connection is not None
        mutes = store.remembered("mute", "main")

        def fill(start: int) -> None:
            for number in range(start, start + 100):
                mutes[f"{number} {'x' * 150}"] = "x" * 190

        def pages(limit: int) -> None:
            store._database._thread.submit(
                connection.execute, f"PRAGMA max_page_count = {limit}"
            ).result()

        pages(5)
        fill(0)
        pages(100_000)
        fill(100)
    assert [entry["event"].partition(":")[0] for entry in logs] == [
        "state not written",
        "state written again",
    ]
    assert "free some space" in logs[0]["reason"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name) / "state"


def test_a_read_only_file_is_read_all_the_same(open_folder: Path) -> None:
    path = open_folder / "state.sqlite3"
    with opened(path) as store:
        store.remembered("mute", "main")["troll"] = "Troll"
    path.parent.chmod(0o555)
    path.chmod(0o444)
    code = (
        "import os, sys, pathlib; from bot.store import Store;"
        "os.geteuid() or os.setuid(65534);"  # root may write everywhere
        "store = Store(pathlib.Path(sys.argv[1])); print(dict(store.remembered('mute', 'main')));"
        "store.remembered('mute', 'main')['new'] = 'new'; store.close()"
    )
    command = [sys.executable, "-c", code, str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    path.parent.chmod(0o755)
    assert answer.returncode == 0, answer.stderr
    assert "{'troll': 'Troll'}" in answer.stdout
    assert "writable" in answer.stdout + answer.stderr
