"""Accounts that are logged in: one file each, readable by their owner alone.

They lie in `$STATE_DIRECTORY` (systemd) or the user's state directory, or in
`$CREDENTIALS_DIRECTORY` (systemd credentials); of two for one account the newer one counts, since a
refresh token works once.
"""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock

import msgspec
import structlog
from msgspec import structs

from bot.errors import StartError
from bot.runtime.files.folders import read_bounded, write_whole
from bot.runtime.files.state_folder import state_folder

log = structlog.get_logger(__name__)

_PATTERN = "twitch-*.json"
_LATER_S = 0.001
_MAX_BYTES = 65_536
_ACCOUNT_BYTES = 4_096
"""More than one takes on a disk."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Log-in of one account; its repr holds no tokens."""

    user_id: str
    login: str
    scopes: frozenset[str]
    access_token: str
    refresh_token: str
    obtained_at: float
    """Unix seconds."""
    bot_since: float = 0
    """Unix seconds when it became the account that reads and writes chat; 0 for never."""

    def renewed(self, access_token: str, refresh_token: str) -> "Account":
        """Return this log-in with new tokens, newer than it whatever the clock says."""
        return structs.replace(
            self,
            access_token=access_token,
            refresh_token=refresh_token,
            obtained_at=newer_than(self),
        )

    def __repr__(self) -> str:
        """Return login and user id, without tokens."""
        return f"Account({self.login}, {self.user_id})"


def newer_than(account: Account) -> float:
    """Return the time for a log-in that takes the place of `account`, in Unix seconds.

    A machine without a clock battery starts in the past, and there the new one would count as old.
    """
    return max(time.time(), account.obtained_at + _LATER_S)


class Accounts(dict[str, Account]):
    """Accounts by user id; of two for one user the newer."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        oldest_first = sorted(accounts, key=lambda account: account.obtained_at)
        super().__init__((account.user_id, account) for account in oldest_first)

    @property
    def bot(self) -> Account | None:
        """Account that reads and writes chat: the one that became so last."""
        bots = [account for account in self.values() if account.bot_since]
        return max(bots, key=lambda account: account.bot_since, default=None)

    def latest_bot(self) -> float:
        """Return the time of an account that becomes the bot, in Unix seconds, later than others.

        The clock may be behind, as for `newer_than`.
        """
        return max(time.time(), self.bot.bot_since + _LATER_S if self.bot else 0.0)


class AccountStore:
    """Files of the accounts."""

    def __init__(self, folder: Path | None = None, credentials: Path | None = None) -> None:
        """Use the folders of the environment where none are given."""
        self.folder = folder or state_folder()
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        self._credentials = credentials or (Path(directory) if directory else None)
        self._held: dict[str, Account] = {}
        self._writing = Lock()
        self.trouble = ""
        """Why accounts that are held cannot be written; empty while there are none."""

    def load(self) -> Accounts:
        """Return the accounts, with those that are held; a file that cannot be read is skipped.

        Blocks for the time of a few small reads.
        """
        folders = [self.folder, *([self._credentials] if self._credentials else [])]
        paths = [path for folder in folders for path in sorted(folder.glob(_PATTERN))]
        written = [account for path in paths if (account := _read(path))]
        return Accounts([*written, *self._held.values()])

    def version(self) -> frozenset[tuple[str, int]]:
        """Return a value that changes when somebody logs in or out."""
        found = set()
        for path in self.folder.glob(_PATTERN):
            with suppress(OSError):  # removed just now
                found.add((path.name, path.stat().st_mtime_ns))
        return frozenset(found)

    def hold(self, account: Account) -> None:
        """Keep `account` in memory until `write_held` has written it."""
        self._held[account.user_id] = account

    def write_held(self) -> None:
        """Write what is held, which goes on being held where that fails; `trouble` tells why.

        Blocks for the time of a write; any thread may call it.
        """
        with self._writing:
            self._write_held()

    def _write_held(self) -> None:
        for user_id, account in list(self._held.items()):
            path = self._path(user_id)
            written = _read(path) if path.exists() else None
            try:
                if written is None or written.obtained_at <= account.obtained_at:
                    self.put(account)  # else somebody has logged in since
            except StartError as error:
                if not self.trouble:
                    log.warning(
                        "Twitch log-in not kept",
                        account=account.login,
                        reason=error.message,
                        remedy=f"{error.remedy} It is tried again; where the program ends before,"
                        " log in again: ishowtts login twitch",
                    )
                self.trouble = error.message
                return
            if self._held[user_id] is account:  # else renewed once more meanwhile
                del self._held[user_id]
        if self.trouble and not self._held:
            log.info("Twitch log-in kept", folder=str(self.folder))
            self.trouble = ""

    def put(self, account: Account) -> None:
        """Write `account` whole or not at all.

        Raises:
            StartError: the folder cannot be written.
        """
        content = msgspec.json.format(msgspec.json.encode(account)) + b"\n"
        self._write(self._path(account.user_id), content)

    def verify_room(self) -> None:
        """Make sure that an account could be written, before somebody takes the trouble.

        Raises:
            StartError: the folder cannot be written.
        """
        probe = self.folder / ".probe"
        self._write(probe, bytes(_ACCOUNT_BYTES))
        probe.unlink()

    def _write(self, path: Path, content: bytes) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, content, mode=0o600)
        except OSError as error:
            raise StartError(
                f"The log-in cannot be kept in {self.folder}: {error.strerror}.",
                remedy="Make the folder writable, or set STATE_DIRECTORY to one that is.",
            ) from error

    def remove(self, user_id: str) -> None:
        """Forget an account."""
        self._path(user_id).unlink(missing_ok=True)

    def _path(self, user_id: str) -> Path:
        if not user_id.isascii() or not user_id.isalnum():
            raise ValueError("a user id of Twitch is a number")
        return self.folder / _PATTERN.replace("*", user_id)


def _read(path: Path) -> Account | None:
    try:
        return msgspec.json.decode(read_bounded(path, _MAX_BYTES), type=Account)
    except OSError as error:
        reason = error.strerror or "cannot be read"
    except (msgspec.DecodeError, RecursionError):
        reason = "is no log-in"  # the error quotes what it read
    log.warning("log-in file skipped", path=str(path), reason=reason)
    return None
