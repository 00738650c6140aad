"""What is kept is exported, imported and forgotten, by the command, in real files."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.messages import ChatMessage, Chatter, Event, EventKind, RejectReason, Verb
from bot.outcomes import Applied, Rejected, Spoken
from bot.runtime.clock import now
from bot.store import Store, data
from bot.store.audit import MAX_COMMANDS
from bot.store.schema import VERSION

SETTINGS = {
    "name": {"7": "troll", "8": "ana"},
    "mute": {"id:7": "Troll", "name:ghost": "Ghost"},
    "voice": {"7": "bass", "8": "alto"},
    "nick": {"8": "Sunny"},
    "say_as": {"szczecin": "shcheh-cheen"},
}


def applied(number: int, issuer: str, argument: str, verb: Verb = Verb.MUTE) -> Applied:
    return Applied(
        id=f"c{number}",
        channel="main",
        chatter=issuer,
        at=now(),
        received_at=now(),
        verb=verb,
        argument=argument,
        answer=f"{argument} it is",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "state.sqlite3"
    with Store(path, journal_max_age_s=3_600) as store:
        for kind, values in SETTINGS.items():
            store.remembered(kind, "main").update(values)
        store.audit.observe(applied(1, "mod", "troll"))
        store.audit.observe(applied(2, "Ana", "bass", Verb.VOICE))
        undone = applied(3, "mod", "", Verb.UNDO)
        store.audit.observe(
            Applied(**{f: getattr(undone, f) for f in undone.__struct_fields__} | {"undoes": "c1"})
        )
        store.statistics.observe(
            Spoken(
                id="m1",
                channel="main",
                chatter="ana",
                at=now(),
                engines=("tone",),
                audio_s=2.5,
                synthesis_s=0.1,
            )
        )
        store.statistics.observe(
            Rejected(
                id="m2",
                channel="main",
                chatter="ana",
                at=now(),
                received_at=now(),
                reason=RejectReason.BLOCKED,
            )
        )
        store.journal.keep(
            ChatMessage(
                id="paid",
                channel="main",
                source="test",
                chatter=Chatter(id="7", name="Troll"),
                text="hello",
                event=Event(kind=EventKind.CHEER, amount=100),
                received_at=now(),
            )
        )
    return path


def run(path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "data", *map(str, arguments)],
        env=os.environ | {"STATE_DIRECTORY": str(path.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_what_was_exported_is_there_after_an_import_elsewhere(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.json"
    done = run(path, "export", backup)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "exported 8 settings, 3 commands and 4 counts\n"
    assert backup.stat().st_mode & 0o777 == 0o600
    commands = json.loads(backup.read_text("utf-8"))["commands"]
    assert [(c["command"], c["is_undone"]) for c in commands] == [
        ("mute troll", True), ("voice bass", False), ("undo", False),
    ]  # fmt: skip

    other = tmp_path / "other" / "state.sqlite3"
    with Store(other) as store:
        store.remembered("voice", "main")["9"] = "heart"
    for _ in range(2):  # a second time changes nothing
        assert run(other, "import", backup).returncode == 0
    again = tmp_path / "again.json"
    assert run(other, "export", again).stdout == "exported 9 settings, 3 commands and 4 counts\n"
    with Store(other) as store:
        assert dict(store.remembered("voice", "main")) == SETTINGS["voice"] | {"9": "heart"}


def test_a_new_machine_gets_what_was_exported(path: Path, tmp_path: Path) -> None:
    backup, new = tmp_path / "backup.json", tmp_path / "new" / "state.sqlite3"
    data.export(path, backup)

    assert data.load(new, backup) == "imported 8 settings, 3 commands and 4 counts"
    assert new.parent.stat().st_mode & 0o777 == 0o700
    with Store(new) as store:
        assert dict(store.remembered("voice", "main")) == SETTINGS["voice"]


@pytest.mark.parametrize("chatter", ["troll", "TROLL", "@Troll", "7", "Tr\u200boll"])
def test_everything_of_a_chatter_is_forgotten(path: Path, chatter: str, tmp_path: Path) -> None:
    done = run(path, "forget", chatter)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("forgot 3 settings, the name in 1 commands, and 1 paid messages")
    backup = tmp_path / "backup.json"
    run(path, "export", backup)
    text = backup.read_text("utf-8")
    assert "troll" not in text.casefold()
    assert '"7"' not in text
    assert "Sunny" in text
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)


def test_the_daemon_must_be_stopped(path: Path, tmp_path: Path) -> None:
    with Store(path):
        done = run(path, "export", tmp_path / "backup.json")
    assert done.returncode == 1
    assert "Stop the daemon first" in done.stderr
    assert not (tmp_path / "backup.json").exists()


def test_a_backup_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.json"
    backup.write_text("mine", "utf-8")
    assert "File exists" in run(path, "export", backup).stderr
    assert backup.read_text("utf-8") == "mine"


def test_a_full_disk_leaves_no_half_backup(path: Path, tmp_path: Path) -> None:
    most_bytes = 200_000
    with Store(path) as store:
        store.remembered("nick", "main").update({str(n): "x" * 200 for n in range(1_500)})
    backup = tmp_path / "backup.json"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    done = subprocess.run(
        [sys.executable, "-m", "bot", "data", "export", str(backup)],
        env=os.environ | {"STATE_DIRECTORY": str(path.parent)},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert f"{backup} cannot be written: File too large" in done.stderr
    assert not backup.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "was not exported"),
        ("[]", "was not exported"),
        ('{"version": 99, "settings": [], "commands": [], "statistics": []}', "version 99"),
        (
            json.dumps(
                {
                    "version": 3,
                    "settings": [{"kind": "x", "channel": "m", "key": "k", "value": "v", "at": 1}],
                    "commands": [],
                    "statistics": [],
                }
            ),
            "unknown kinds: x",
        ),
        ("[" * 100_000, "was not exported"),
    ],
)
def test_what_cannot_be_imported_is_told(
    path: Path, tmp_path: Path, content: str, reason: str
) -> None:
    backup = tmp_path / "backup.json"
    backup.write_text(content, "utf-8")
    done = run(path, "import", backup)
    assert done.returncode == 1
    assert reason in done.stderr


def test_an_export_that_is_not_there_is_asked_for(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="Give the path of a file that `ishowtts data export`"):
        data.load(path, tmp_path / "absent.json")


def test_where_nothing_is_kept_that_is_told(tmp_path: Path) -> None:
    done = run(tmp_path / "none" / "state.sqlite3", "forget", "ana")
    assert done.returncode == 1
    assert "Nothing is kept" in done.stderr


def test_mutes_of_an_earlier_version_are_mutes_of_names(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with Store(path) as store:
        store.remembered("mute", "main")["troll"] = "Troll"
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE audit; DROP TABLE statistics; PRAGMA user_version = 2")
    connection.close()
    with Store(path) as store:
        assert dict(store.remembered("mute", "main")) == {"name:troll": "Troll"}
        store.audit.observe(applied(1, "mod", "x"))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (1,)


def test_the_latest_commands_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with Store(path) as store:
        for number in range(MAX_COMMANDS + 250):
            store.audit.observe(applied(number, "mod", "x"))
            if number % 1_000 == 0:
                store._database._thread.submit(int).result()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT count(*), max(id) FROM audit").fetchone()
    assert MAX_COMMANDS <= rows[0] < MAX_COMMANDS + 250
