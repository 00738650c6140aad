"""Folders that come with the package, and files that are read within bounds or written whole.

The engine's process imports it, so it needs no package but the standard library.
"""

import errno
import os
import secrets
import shutil
import stat
import time
from contextlib import suppress
from glob import escape
from pathlib import Path

import bot
from bot.errors import StartError

_PACKAGE = Path(bot.__file__).parent
_PARTIAL = ".part"
_ABANDONED_S = 60.0
"""Age of a part that nobody writes any more."""


def resource(name: str) -> Path:
    """Return the file or folder `name` of the repository's top level, such as `config.yaml`.

    It stands beside the package in a checkout, and in `bot/resources` in a wheel (see
    `force-include` in pyproject.toml).
    """
    shipped = _PACKAGE / "resources" / name
    return shipped if shipped.exists() else _PACKAGE.parent / name


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """Return the contents of a file of at most `most_bytes`.

    Raises:
        OSError: it cannot be read, is longer, or is a device or a pipe, which may never end.
    """
    # Without waiting: a pipe that nobody writes into would hold whoever opens it.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no file", str(path))
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it is longer than {most_bytes >> 10} KiB", str(path))
    return content


def write_new(target: Path, content: bytes) -> None:
    """Write the new file `target`, which its owner alone reads, whole or not at all.

    Raises:
        StartError: it cannot be written, or is there already.
    """
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            try:
                file.write(content)
                file.flush()
            except BaseException:
                target.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StartError(
            f"{target} cannot be written: {error.strerror}.", remedy="Name a new file."
        ) from None


def write_whole(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file whole or not at all, with the permissions of the one before it, else `mode`.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    # A name of its own: two that write one file at a time must not write into each other's.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_PARTIAL}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, partial)
        partial.replace(path)
    finally:
        with suppress(OSError):  # of a read-only disk; there is none then
            partial.unlink()
    for left in path.parent.glob(f".{escape(path.name)}.*{_PARTIAL}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_S:  # its writer was killed
                left.unlink()
