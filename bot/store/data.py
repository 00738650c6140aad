"""What is kept as JSON: written, read back, and freed of a chatter.

The daemon must be stopped: it holds the file of the store.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bot.errors import StartError
from bot.messages import ChatMessage
from bot.runtime.files.folders import write_new
from bot.runtime.processes.packing import decode
from bot.runtime.text.cleaning import name_key
from bot.store.audit import Given
from bot.store.database import open_file
from bot.store.kinds import KINDS
from bot.store.schema import VERSION

MAX_BYTES = 256 << 20
"""Limit of a file that is read."""
_FORGOTTEN = "(forgotten)"
_PREFIXES = ("", "id:", "name:")
"""What may stand before a chatter's id or name in a key."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is remembered."""

    kind: str
    channel: str
    key: str
    value: str
    at: float


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Count of one day."""

    day: str
    channel: str
    what: str
    count: float


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept but paid messages that wait: they belong to the run that took them."""

    version: int
    settings: list[Setting]
    commands: list[Given]
    statistics: list[Count]


def export(path: Path, target: Path) -> str:
    """Write what the store at `path` keeps into the new file `target`; return what was done.

    Raises:
        StartError: the store is in use or cannot be read, or the file is there already.
    """
    with _opened(path) as store:
        exported = Exported(
            version=VERSION,
            settings=[
                Setting(kind=kind, channel=channel, key=key, value=value, at=at)
                for kind, channel, key, value, at in store.execute("SELECT * FROM remembered")
            ],
            commands=[
                Given(
                    **dict(zip(Given.__struct_fields__[:-1], row, strict=True)),
                    is_undone=bool(is_undone),
                )
                for *row, is_undone in store.execute(
                    "SELECT at, channel, id, issuer, command, answer, is_undone FROM audit"
                    " ORDER BY number"
                )
            ],
            statistics=[
                Count(day=day, channel=channel, what=what, count=count)
                for day, channel, what, count in store.execute("SELECT * FROM statistics")
            ],
        )
    write_new(target, msgspec.json.format(msgspec.json.encode(exported), indent=1))
    return _told("exported", exported)


def load(path: Path, source: Path) -> str:
    """Add what was exported into `source` to the store at `path`; return what was done.

    A machine that is new has no store yet: it is made.

    Raises:
        StartError: the store is in use or cannot be written, or the file is of another form.
    """
    try:
        if source.stat().st_size > MAX_BYTES:
            raise StartError(f"{source} is larger than {MAX_BYTES} bytes.")
        exported = msgspec.json.decode(source.read_bytes(), type=Exported)
    except OSError as error:
        raise StartError(
            f"{source} cannot be read: {error.strerror}.",
            remedy="Give the path of a file that `ishowtts data export` wrote.",
        ) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StartError(f"{source} was not exported by `ishowtts data`: {error}.") from None
    if exported.version > VERSION:
        raise StartError(
            f"{source} is of version {exported.version}, and this program knows {VERSION}.",
            remedy="Take a newer ishowtts.",
        )
    if unknown := {setting.kind for setting in exported.settings} - KINDS.keys():
        raise StartError(f"{source} holds settings of unknown kinds: {', '.join(sorted(unknown))}.")
    with _opened(path, is_made=True) as store:
        store.executemany(
            "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?, ?, ?)",
            map(msgspec.structs.astuple, exported.settings),
        )
        known = {tuple(row) for row in store.execute("SELECT at, channel, id FROM audit")}
        store.executemany(
            "INSERT INTO audit (at, channel, id, issuer, command, answer, is_undone)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                msgspec.structs.astuple(given)
                for given in exported.commands
                if (given.at, given.channel, given.id) not in known
            ],
        )
        store.executemany(
            "INSERT INTO statistics VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = max(count, excluded.count)",
            map(msgspec.structs.astuple, exported.statistics),
        )
    return _told("imported", exported)


def forget(path: Path, chatter: str) -> str:
    """Forget everything of a chatter, by name, login or id; return what was done.

    Commands that name the chatter stay without the name.

    Raises:
        StartError: the store is in use or cannot be written.
    """
    wanted = name_key(chatter)
    with _opened(path) as store:
        identifiers = {chatter} | {
            key.removeprefix("id:")
            for key, value in store.execute(
                "SELECT key, value FROM remembered WHERE kind IN ('name', 'mute', 'regular')"
            )
            if name_key(str(value)) == wanted or key.removeprefix("name:") == wanted
        }
        names = {wanted} | {
            name_key(str(value))
            for key, value in store.execute("SELECT key, value FROM remembered WHERE kind = 'name'")
            if key in identifiers
        }
        settings = _forget_settings(store, identifiers | names)
        commands = _forget_commands(store, identifiers, names)
        messages = _forget_messages(store, identifiers, names)
    return (
        f"forgot {settings} settings, the name in {commands} commands,"
        f" and {messages} paid messages of {chatter}"
    )


def _forget_settings(store: sqlite3.Connection, keys: Iterable[str]) -> int:
    kinds = [name for name, kind in KINDS.items() if kind.is_of_chatter]
    gone = [(kind, prefix + key) for kind in kinds for prefix in _PREFIXES for key in keys]
    before = store.total_changes
    store.executemany("DELETE FROM remembered WHERE kind = ? AND key = ?", gone)
    return store.total_changes - before


def _forget_commands(store: sqlite3.Connection, identifiers: set[str], names: set[str]) -> int:
    told = [
        number
        for number, issuer, command in store.execute("SELECT number, issuer, command FROM audit")
        if name_key(str(issuer)) in names
        or any(name_key(word) in names for word in _names_in(str(command)))
        or str(issuer) in identifiers
    ]
    store.executemany(
        "UPDATE audit SET issuer = ?, answer = '',"
        " command = substr(command, 1, instr(command || ' ', ' ') - 1) WHERE number = ?",
        [(_FORGOTTEN, number) for number in told],
    )
    return len(told)


def _names_in(command: str) -> list[str]:
    """Return what may be the name in a command: its words, and all behind the verb."""
    _, _, rest = command.partition(" ")
    return [rest, *rest.split()]


def _forget_messages(store: sqlite3.Connection, identifiers: set[str], names: set[str]) -> int:
    gone = []
    for channel, identifier, data in store.execute("SELECT channel, id, message FROM journal"):
        try:
            chatter = decode(data, ChatMessage).chatter
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            continue  # a damaged row; the next start of the daemon tells about it
        if chatter.id in identifiers or not names.isdisjoint(chatter.keys):
            gone.append((channel, identifier))
    store.executemany("DELETE FROM journal WHERE channel = ? AND id = ?", gone)
    return len(gone)


@contextmanager
def _opened(path: Path, *, is_made: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the store for one transaction; with `is_made` it is made where there is none.

    Raises:
        StartError: it is in use, damaged, or not there.
    """
    if not (is_made or path.exists()):
        raise StartError(
            f"Nothing is kept: there is no {path}.",
            remedy="Set STATE_DIRECTORY to the folder of the daemon, if that is another one.",
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = open_file(path)
    except (OSError, sqlite3.Error) as error:
        is_busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
        raise StartError(
            f"{path} cannot be opened: {error}.",
            remedy="Stop the daemon first." if is_busy else "",
        ) from None
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StartError(f"{path} cannot be read or written: {error}.") from None
    finally:
        connection.close()


def _told(done: str, exported: Exported) -> str:
    return (
        f"{done} {len(exported.settings)} settings, {len(exported.commands)} commands and"
        f" {len(exported.statistics)} counts"
    )
