"""Folder of a voice: its name, its files, and what voice.yaml tells.

The engine's process imports this module too, so it stays importable on Python 3.10.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from bot.errors import StartError, shown
from bot.runtime.files.folders import read_bounded
from bot.runtime.files.plain_yaml import parse

RECORDING, TRANSCRIPT, ABOUT = "reference.wav", "transcript.txt", "voice.yaml"
FILES = (RECORDING, TRANSCRIPT, ABOUT)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Names of voices: a word in chat, and a folder on any system."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
"""Names of devices on Windows, whatever folder they are in."""
DEFAULT, RESET, RANDOM = "default", "reset", "random"
TAKEN = frozenset({DEFAULT, RESET, RANDOM})
"""Words that `!voice` takes for itself, so no voice may be called so: the first two give the
chatter's own choice back, the last draws a voice.
"""
_SPEEDS = (0.3, 3.0)
_GAINS_DB = (-30.0, 30.0)
_MAX_ABOUT_BYTES = 64 << 10
_MAX_RECORDING_BYTES = 128 << 20
"""Minutes in the finest format there is, of which seconds are used."""
_MAX_TRANSCRIPT_BYTES = 64 << 10


Signature: TypeAlias = tuple[tuple[int, int, int], ...]
"""Inode, size and time of change of each file."""


class About(NamedTuple):
    """The contents of voice.yaml."""

    language: str
    licence: str
    consent: str
    """Who agreed to being cloned, and when."""
    source: str
    gain_db: float
    """Loudness above that of other voices, in decibels."""
    speed: float
    """Factor on the speaking rate."""


def is_name(text: str) -> bool:
    """Tell whether a voice may be called so."""
    return bool(NAME.fullmatch(text)) and not _RESERVED.fullmatch(text)


def find(roots: Iterable[Path]) -> dict[str, Path]:
    """Return the folders of voices below `roots` by name, in alphabetical order.

    Of two with one name the later root's counts. Hidden folders are none.
    """
    found: dict[str, Path] = {}
    for root in roots:
        try:
            found |= {path.name: path for path in root.iterdir() if is_voice(path)}
        except OSError:  # not there, or not any more
            continue
    return {name: found[name] for name in sorted(found)}


def is_voice(path: Path) -> bool:
    """Tell whether `path` is meant to be a voice: a folder with a name and a file that it needs.

    One that cannot be looked into, as somebody else's, is none.
    """
    try:
        return is_name(path.name) and any((path / name).is_file() for name in FILES)
    except OSError:
        return False


def read_signature(folder: Path) -> Signature:
    """Return what differs once a file of the voice was changed, added or removed."""
    marks = []
    for name in FILES:
        try:
            stat = (folder / name).stat()
        except OSError:
            marks.append((0, 0, 0))
        else:
            marks.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(marks)


def changed_at(folder: Path) -> float:
    """Return when the voice was last changed or moved here, in seconds since the epoch."""
    times = [0.0]
    for path in (folder, *(folder / name for name in FILES)):
        with suppress(OSError):
            stat = path.stat()
            times += [stat.st_mtime, stat.st_ctime]
    return max(times)


def read_about(folder: Path, *, allow_unlicensed: bool) -> About:
    """Return what voice.yaml tells.

    Raises:
        StartError: it cannot be read, a value is impossible, or it names no consent although
            that is needed.
    """
    path = folder / ABOUT
    data = _read(path)
    about = About(
        language=_text(data, "language"),
        licence=_text(data, "licence"),
        consent=_text(data, "consent"),
        source=_text(data, "source"),
        gain_db=_number(data, "gain", 0.0, _GAINS_DB, path),
        speed=_number(data, "speed", 1.0, _SPEEDS, path),
    )
    if not about.consent and not allow_unlicensed:
        raise StartError(
            f"The voice {folder.name} names no consent.",
            remedy=f"Write into {path} who agreed to being cloned and when (consent: ...); or set"
            " engine.f5.allow_unlicensed.",
        )
    return about


def read_recording(folder: Path) -> bytes:
    """Return the contents of the recording, a WAV file.

    Raises:
        StartError: it cannot be read.
    """
    return _read_bytes(folder / RECORDING, _MAX_RECORDING_BYTES)


def read_transcript(folder: Path) -> str:
    """Return what is said in the recording.

    Raises:
        StartError: it cannot be read, or is empty.
    """
    path = folder / TRANSCRIPT
    try:
        text = _read_bytes(path, _MAX_TRANSCRIPT_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, str(error)) from error
    if not text.strip():
        raise StartError(f"{path} is empty.", remedy="Write down what is said in the recording.")
    return text


def _read_bytes(path: Path, most: int) -> bytes:
    try:
        return read_bounded(path, most)
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error


def _unreadable(path: Path, problem: str) -> StartError:
    folder = path.parent
    return StartError(
        f"The voice {folder.name} cannot be read: {path.name}: {problem}.",
        remedy=f"Put {RECORDING} and {TRANSCRIPT} (UTF-8) into {folder}.",
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = parse(read_bounded(path, _MAX_ABOUT_BYTES).decode())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StartError(
            f"{path} cannot be read: {error}.",
            remedy="Write lines such as `licence: CC0-1.0`; docs/voices.md shows a whole one.",
        ) from error
    return data if isinstance(data, Mapping) else {}


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if value is None or isinstance(value, (bool, Mapping, list)):
        return ""
    return value.strip() if isinstance(value, str) else shown(value)


def _number(
    data: Mapping[str, Any], key: str, default: float, limits: tuple[float, float], path: Path
) -> float:
    value = data.get(key, default)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not limits[0] <= value <= limits[1]:
        raise StartError(
            f"{path} gives {shown(value)} as {key}.",
            remedy=f"Write a number from {limits[0]:g} to {limits[1]:g}.",
        )
    return float(value)
