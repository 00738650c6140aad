"""Tokens of the HTTP server, each with the role of those who hold it.

One may stand in the configuration, or where other secrets do; it is a streamer's. Further ones are
made by `ishowtts link`, which shows them once: the file in the state folder holds sums of them.
"""

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
import structlog

from bot.config.sections.server import ServerSettings
from bot.errors import StartError
from bot.runtime.endpoints import Caller
from bot.runtime.files.credentials import read_secret
from bot.runtime.files.folders import read_bounded, write_whole
from bot.runtime.files.state_folder import state_folder

log = structlog.get_logger(__name__)

Role: TypeAlias = Literal["viewer", "moderator", "streamer"]
MAX_TOKENS: Final = 100
"""Tokens in the file; the oldest one goes when another is made."""
_BYTES = 24
"""Random bytes of a token: 192 bits."""
_MAX_FILE = 64 * 1024
_CALLERS: Final[dict[str, Caller]] = {
    "viewer": Caller.VIEWER,
    "moderator": Caller.MODERATOR,
    "streamer": Caller.STREAMER,
}


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds of a token."""

    role: Role
    sha256: str
    """Sum of it, in hexadecimal."""
    made_at: float
    """Unix seconds."""


def default_path() -> Path:
    """Return where the sums of tokens lie."""
    return state_folder() / "tokens.json"


def token_of(settings: ServerSettings) -> str | None:
    """Return the token of the configuration, wherever it is kept; None where there is none.

    Raises:
        StartError: it cannot be read.
    """
    return read_secret(
        "server-token",
        configured=settings.token.get_secret_value() if settings.token else None,
        file=settings.token_file,
    )


class Tokens:
    """All tokens that callers may hold; those that `ishowtts link` makes count at once."""

    def __init__(self, configured: str | None, path: Path) -> None:
        """Know the `configured` one, if there is one, and those of the file at `path`."""
        self._configured = _sum(configured) if configured else ""
        self._path = path
        self._stamp: tuple[int, ...] | None = None
        self._made: tuple[Token, ...] = ()
        self._look()

    @property
    def is_needed(self) -> bool:
        """Whether everybody needs a token: one is configured."""
        return bool(self._configured)

    def __bool__(self) -> bool:
        """Return whether there is any token."""
        self._look()
        return bool(self._configured or self._made)

    def caller(self, given: str) -> Caller:
        """Return who holds the token `given`; anybody if it is none.

        It takes as long for a wrong one as for a right one.
        """
        self._look()
        found, mine = Caller.ANYBODY, _sum(given)
        if hmac.compare_digest(mine, self._configured):
            found = Caller.STREAMER
        for token in self._made:
            if hmac.compare_digest(mine, token.sha256):
                found = max(found, _CALLERS[token.role])
        return found

    def _look(self) -> None:
        """Read the file again if it is another one now; one that cannot be read holds none."""
        try:
            status = os.stat(self._path)  # noqa: PTH116 - on every request
            stamp: tuple[int, ...] = (status.st_ino, status.st_mtime_ns, status.st_size)
        except OSError:
            stamp = ()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._made = read(self._path)
        except StartError as error:
            self._made = ()
            log.warning("tokens not read", path=str(self._path), reason=str(error))


def read(path: Path) -> tuple[Token, ...]:
    """Return the tokens of the file at `path`; none where there is no file.

    Raises:
        StartError: it cannot be read, or holds something else.
    """
    try:
        return msgspec.json.decode(read_bounded(path, _MAX_FILE), type=tuple[Token, ...])
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise StartError(
            f"The tokens in {path} cannot be read: {error}.",
            remedy="Delete that file, and make new ones with `ishowtts link`.",
        ) from error


def make(path: Path, role: Role) -> str:
    """Return a new token for `role`, whose sum is added to the file at `path`.

    Raises:
        StartError: the file cannot be read or written.
    """
    text = secrets.token_urlsafe(_BYTES)
    token = Token(role=role, sha256=_sum(text), made_at=round(time.time()))
    _write(path, [*read(path), token][-MAX_TOKENS:])
    return text


def revoke(path: Path, role: Role | None = None) -> int:
    """Forget the tokens for `role`, or all; return how many there were.

    Raises:
        StartError: the file cannot be read or written.
    """
    tokens = read(path)
    kept = [token for token in tokens if role not in (None, token.role)]
    if len(kept) < len(tokens):
        _write(path, kept)
    return len(tokens) - len(kept)


def _write(path: Path, tokens: Iterable[Token]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(tuple(tokens)), mode=0o600)
    except OSError as error:
        raise StartError(
            f"The tokens cannot be written to {path}: {error.strerror}.",
            remedy="Let this user write to that folder, or set STATE_DIRECTORY to another one.",
        ) from error


def _sum(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()
