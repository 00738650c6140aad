"""Folder of the archive: an entry is there once its JSON is, which is written last."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.archive import Entry

_PART = ".part"
"""Ends the name of a file that is being written."""
_MAX_JSON = 1 << 20
"""Bytes of JSON that are read; ours is far smaller."""
_DAY_S = 86_400


class Folder:
    """Entries on the disk; every method may block and may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, entry: Entry, sound: bytes) -> int:
        """Write `entry` and its sound; return their bytes. What fails leaves nothing behind.

        Raises:
            OSError: the disk is full, for instance.
        """
        data = msgspec.json.encode(entry)
        self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self._path / entry.sound
        try:
            _write_whole(target, sound)
            _write_whole(target.with_suffix(".json"), data)
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return len(sound) + len(data)

    def entries(self) -> Iterator[Entry]:
        """Yield what is kept, the oldest first; what is damaged is left out."""
        for path in sorted(self._path.glob("*.json")):
            with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                if path.stat().st_size > _MAX_JSON:
                    continue
                entry = msgspec.json.decode(path.read_bytes(), type=Entry)
                # The name comes from a file: it must not lead elsewhere.
                if Path(entry.sound).stem == path.stem and self.sound(entry).is_file():
                    yield entry

    def sound(self, entry: Entry) -> Path:
        """Return the file of its sound."""
        return self._path / Path(entry.sound).name

    def remove(self, matches: Callable[[Entry], bool]) -> int:
        """Delete the entries that match; return how many.

        Raises:
            OSError: one cannot be deleted.
        """
        gone = [entry for entry in self.entries() if matches(entry)]
        for entry in gone:
            _delete(self.sound(entry))
        return len(gone)

    def forget(self, chatter: str) -> int:
        """Delete what a chatter said, by name, login or id, under former names too.

        Raises:
            OSError: it cannot be deleted.
        """
        ids = {entry.chatter_id for entry in self.entries() if entry.is_by(chatter)}
        return self.remove(lambda entry: entry.chatter_id in ids)

    def clean(self) -> None:
        """Delete what a killed daemon left half written.

        Raises:
            OSError: it cannot be deleted.
        """
        for path in list(self._path.glob("*")):
            is_alone = path.suffix in (".flac", ".opus") and not path.with_suffix(".json").exists()
            if path.suffix == _PART or is_alone:
                path.unlink(missing_ok=True)

    def prune(self, *, at: float, days: int, max_bytes: int) -> int:
        """Delete what is older than `days` at the Unix time `at`, and the oldest above `max_bytes`.

        Return the bytes that are left. Of an entry that seems to be of the future (the wall clock
        was set back) only the bytes count.

        Raises:
            OSError: it cannot be deleted.
        """
        limit = _stamp(at - days * _DAY_S)
        kept: list[tuple[Path, int]] = []
        for path in sorted(self._path.glob("*.json")):
            sound = next((p for p in _sounds(path) if p.exists()), path)
            if path.name < limit:
                _delete(sound)
            else:
                with suppress(FileNotFoundError):  # deleted meanwhile by another program
                    kept.append((sound, path.stat().st_size + sound.stat().st_size))
        total = sum(size for _, size in kept)
        for sound, size in kept:
            if total <= max_bytes:
                break
            _delete(sound)
            total -= size
        return total


def sound_name(channel: str, identifier: str, at: float, suffix: str) -> str:
    """Return the name of the sound of a message that was heard at the Unix time `at`.

    Identifiers are untrusted, so their digest stands in it.
    """
    digest = hashlib.sha256(f"{channel}\0{identifier}\0{at}".encode(errors="replace")).hexdigest()
    return f"{_stamp(at)}-{digest[:12]}.{suffix}"


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(max(at, 0.0), UTC).strftime("%Y%m%dT%H%M%S")


def _sounds(path: Path) -> tuple[Path, Path]:
    return path.with_suffix(".flac"), path.with_suffix(".opus")


def _delete(sound: Path) -> None:
    # JSON first: without it the entry is not shown, and the next start deletes the sound.
    sound.with_suffix(".json").unlink(missing_ok=True)
    sound.unlink(missing_ok=True)


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, after a power cut too."""
    part = path.with_name(path.name + _PART)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
