"""SQLite file of the store: read at the start, then written by one thread.

A file that is broken, locked, full or read-only is logged in plain words; it costs what is
remembered, never speech.
"""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import structlog

from bot.store.schema import VERSION, bring_up_to_date

log = structlog.get_logger(__name__)

_LOCK_WAIT_S = 2.0
"""Longest wait for the daemon before this one to end."""
_MAX_WAITING = 10_000
"""Writes that a slow disk may be behind, 1 KB each."""

Value: TypeAlias = str | bytes | float
"""Value of a column."""
Row: TypeAlias = tuple[Any, ...]
"""Values of a row, as SQLite has them: any type in any column."""


class Database:
    """One file, held by one daemon at a time; without a path, or where it fails, it is empty."""

    def __init__(self, path: Path | None) -> None:
        """Open the file at `path`, made where it is missing. Blocks for some milliseconds."""
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._waiting = 0
        self._lock = Lock()
        self._is_behind = False
        self._failure = ""
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            self._connection = _open_or_begin_anew(path)

    def read(self, sql: str, *values: Value) -> Sequence[Row]:
        """Return the rows of a query; none when it fails. Blocks, so only before chat is read."""
        if self._connection is None:
            return ()
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            self._report(error)
            return ()

    def write(self, sql: str, *values: Value) -> None:
        """Execute a statement soon, in order; never waits and never raises."""
        if self._connection is None:
            return
        with self._lock:
            if self._waiting >= _MAX_WAITING:
                if not self._is_behind:
                    self._is_behind = True
                    log.warning("disk too slow: state not written", path=str(self._path))
                return
            self._waiting += 1
        self._thread.submit(self._execute, self._connection, sql, values)

    def written(self) -> Awaitable[object] | None:
        """Return what waits for the writes that were asked for so far; None if there are none."""
        with self._lock:
            if not self._waiting:
                return None
        return asyncio.wrap_future(self._thread.submit(lambda: None))

    def close(self) -> None:
        """Write what waits and close the file."""
        self._thread.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _execute(self, connection: sqlite3.Connection, sql: str, values: tuple[Value, ...]) -> None:
        try:
            connection.execute(sql, values)
        except sqlite3.Error as error:
            self._report(error)
        else:
            if self._failure:
                self._failure = ""
                log.info("state written again", path=str(self._path))
        finally:
            with self._lock:
                self._waiting -= 1
                self._is_behind = self._is_behind and self._waiting > 0

    def _report(self, error: sqlite3.Error) -> None:
        """Log a failure once, until there is another one or none."""
        failure = _in_words(error)
        if failure != self._failure:
            self._failure = failure
            log.warning(
                "state not written: settings of chat and paid messages last until the next start",
                path=str(self._path),
                reason=failure,
            )


class _NewerError(sqlite3.DatabaseError):
    """File of a newer version of this program."""


def _open_or_begin_anew(path: Path) -> sqlite3.Connection | None:
    """Return the file opened, a new one in place of a damaged one, or None after logging why."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return open_file(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError | _NewerError):
                raise
            aside = _set_aside(path)
            log.warning(
                "state damaged and set aside: what was set in chat is forgotten",
                path=str(path),
                damaged=str(aside),
                reason=_in_words(error),
            )
            return open_file(path)
    except (OSError, sqlite3.Error) as error:
        log.warning(
            "state not opened: settings of chat and paid messages last until the next start",
            path=str(path),
            reason=_in_words(error),
        )
        return None


def open_file(path: Path) -> sqlite3.Connection:
    """Return the file at `path`, opened for this process alone, with its tables; made if missing.

    Raises:
        OSError: it cannot be made.
        sqlite3.Error: it is damaged, in use, or of a newer version.
    """
    is_writable = not path.exists() or all(os.access(p, os.W_OK) for p in (path, path.parent))
    # Immutable: WAL needs to write beside the file. Nothing is lost by that, unless the daemon that
    # last wrote was killed.
    options = "mode=rwc" if is_writable else "immutable=1"
    if is_writable:
        path.touch(mode=0o600)  # also the mode of the files that SQLite makes beside it
    with ExitStack() as undo:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{options}",
            uri=True,
            timeout=_LOCK_WAIT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        undo.callback(connection.close)
        # Damaged text costs its row, not every row of the answer.
        connection.text_factory = lambda data: data.decode(errors="replace")
        # Two daemons would each speak what the other one has journaled.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        _verify(connection)
        if is_writable:
            _make_ready(connection)
        undo.pop_all()
    return connection


def _verify(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise _NewerError(f"it is of version {version}, and this program knows {VERSION}")
    damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise sqlite3.DatabaseError(damage)


def _make_ready(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was paid for survives a power cut
    connection.execute("BEGIN IMMEDIATE")  # takes the lock, which is kept
    bring_up_to_date(connection)
    connection.execute("COMMIT")


def _set_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.damaged")
    path.replace(aside)  # in place of the last one: they do not pile up
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside


def _in_words(error: Exception) -> str:
    """Return what SQLite says, with the remedy where one is known."""
    if isinstance(error, OSError):
        return f"{error.strerror}; make the folder writable, or set STATE_DIRECTORY to one that is"
    if isinstance(error, _NewerError):
        return f"{error}; take a newer ishowtts, or set STATE_DIRECTORY to another folder"
    remedy = {
        "SQLITE_BUSY": "another ishowtts uses it; give each one its own STATE_DIRECTORY",
        "SQLITE_READONLY": "make the file and its folder writable",
        "SQLITE_CANTOPEN": "make the file and its folder writable",
        "SQLITE_FULL": "free some space on the disk",
        "SQLITE_IOERR": "look after the disk",
    }
    code: str = getattr(error, "sqlite_errorname", "")
    known = next((words for start, words in remedy.items() if code.startswith(start)), "")
    return f"{error}; {known}" if known else str(error)
