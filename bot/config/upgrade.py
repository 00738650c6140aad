"""Brings a file of the configuration to the form of today, and keeps the one of before."""

import itertools
import shutil
from pathlib import Path

from bot.config.migrations import FORMAT, Migrated, migrate, understand
from bot.errors import StartError
from bot.runtime.folders import write_whole


def pending(path: Path) -> Migrated | None:
    """Return what would change in the file; None if nothing, or it cannot be read."""
    try:
        migrated = migrate(_read(path))
    except (OSError, UnicodeDecodeError):
        return None  # loading it says so better
    return migrated if migrated.changes else None


def read_as(path: Path) -> tuple[str, ...]:
    """Return what `load` reads as today's form although the file has an older one, for people."""
    try:
        return understand(_read(path)).changes
    except (OSError, UnicodeDecodeError):
        return ()  # loading it says so better


def upgrade(path: Path) -> tuple[Migrated, Path | None]:
    """Write the file in the form of today; return what changed, and where the old one is kept.

    The latter is None if the file was in that form already.

    Raises:
        StartError: it cannot be read or written.
    """
    path = path.resolve()  # a link stays a link
    try:
        text = _read(path)
        migrated = migrate(text)
        if migrated.text == text:
            return migrated, None
        backup = _free_name(path, migrated.was)
        shutil.copy2(path, backup)
        write_whole(path, migrated.text.encode())
    except UnicodeDecodeError as error:
        raise StartError(f"{path} is not UTF-8 at byte {error.start}.") from error
    except OSError as error:
        raise StartError(
            f"{path} cannot be brought to form {FORMAT}: {error.strerror}.",
            remedy="Make the file and its folder writable, or copy it elsewhere first.",
        ) from error
    return migrated, backup


def _read(path: Path) -> str:
    return path.read_bytes().decode()  # line ends as they are


def _free_name(path: Path, was: int) -> Path:
    names = (
        path.with_name(f"{path.name}.form{was}{more}.bak")
        for more in itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    )
    return next(name for name in names if not name.exists())
