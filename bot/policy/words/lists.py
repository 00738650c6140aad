"""Word lists: files with blocked words, one a line, and the list that comes with the program."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import structlog

from bot.config.chat.words import (
    MAX_PATTERN_CHARACTERS,
    MAX_WORD_CHARACTERS,
    ListSettings,
    checked_pattern,
    checked_word,
)
from bot.errors import shown

log = structlog.get_logger(__name__)

_MAX_BYTES = 1 << 20
_MAX_ENTRIES = 20_000


class ListError(Exception):
    """File that cannot be used; the text says which, where and why."""


class Entries(NamedTuple):
    """Words and regular expressions."""

    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def __add__(self, other: object) -> "Entries":
        """Return both."""
        assert isinstance(other, Entries)
        return Entries(self.words + other.words, self.patterns + other.patterns)


@cache
def default_entries() -> tuple[str, ...]:
    """Return the words that come with the program.

    They are kept in Base64, so that nobody sees them who does not look for them.
    """
    lines = (files(__package__) / "default_list.txt").read_text("ascii").splitlines()
    return tuple(base64.b64decode(line).decode() for line in lines if not line.startswith("#"))


def read(path: Path) -> Entries:
    """Return the entries of a file.

    Raises:
        ListError: it cannot be read, or holds something that is no entry.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ListError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > _MAX_BYTES:
        raise ListError(f"{path} is larger than {_MAX_BYTES} bytes")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ListError(f"{path} is no UTF-8: {error.reason} at byte {error.start}") from None
    words: list[str] = []
    patterns: list[str] = []
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        try:
            is_pattern = len(entry) > 2 and entry[0] == entry[-1] == "/"  # noqa: PLR2004 - "//"
            if is_pattern:
                patterns.append(_bounded(checked_pattern(entry[1:-1]), MAX_PATTERN_CHARACTERS))
            else:
                words.append(checked_word(_bounded(entry, MAX_WORD_CHARACTERS)))
        except ValueError as error:
            raise ListError(f"{path}, line {number}, {shown(entry)}: {error}") from None
    if len(words) + len(patterns) > _MAX_ENTRIES:
        raise ListError(f"{path} holds more than {_MAX_ENTRIES} entries")
    return Entries(tuple(words), tuple(patterns))


def _bounded(entry: str, most: int) -> str:
    if len(entry) > most:
        raise ValueError(f"it is longer than {most} characters")
    return entry


class Lists:
    """Files of one channel, as they are now; one that breaks keeps its last good form."""

    def __init__(self, settings: Sequence[ListSettings]) -> None:
        """Read the files. Blocks for some milliseconds."""
        self._settings = settings
        self._stamps: dict[Path, object] = {}
        self._entries: dict[Path, Entries] = {}
        self.look()

    def of(self, severity: str) -> Entries:
        """Return the entries of the files with this severity."""
        found = Entries()
        for settings in self._settings:
            if settings.severity == severity:
                found += self._entries.get(settings.file, Entries())
        return found

    def look(self) -> bool:
        """Read the files that changed; tell whether there were any. Blocks."""
        changed = [path for path in self._paths() if self._has_changed(path)]
        for path in changed:
            try:
                self._entries[path] = read(path)
            except ListError as error:
                log.warning(
                    "word list not read",
                    file=str(path),
                    reason=str(error),
                    kept=path in self._entries,
                )
            else:
                count = sum(map(len, self._entries[path]))
                log.info("word list read", file=str(path), entries=count)
        return bool(changed)

    def _paths(self) -> Iterable[Path]:
        return dict.fromkeys(settings.file for settings in self._settings)

    def _has_changed(self, path: Path) -> bool:
        try:
            status = path.stat()
            stamp: object = status.st_mtime_ns, status.st_size, status.st_ino
        except OSError as error:
            stamp = error.errno
        is_new = self._stamps.get(path, self) != stamp
        self._stamps[path] = stamp
        return is_new


def problems(settings: Iterable[ListSettings]) -> Mapping[Path, str]:
    """Return what is wrong with each file that cannot be used."""
    found: dict[Path, str] = {}
    for each in settings:
        try:
            read(each.file)
        except ListError as error:
            found[each.file] = str(error)
    return found
