"""Voice folders, laid out as `bot.voices.folder` says, read into voices."""

import errno
from pathlib import Path
from typing import NamedTuple

from bot.engine.f5.voice.reference import Reference, ReferenceCache
from bot.errors import StartError
from bot.voices.folder import RECORDING, TRANSCRIPT, read_about

_MAX_RECORDING_BYTES = 128 << 20
"""Minutes in the finest sample format, of which seconds are used."""
_MAX_TRANSCRIPT_BYTES = 64 << 10


class Voice(NamedTuple):
    """A voice that can speak."""

    reference: Reference
    gain: float
    """Factor on the samples."""
    speed: float
    """Factor on the speaking rate."""


def load_voice(folder: Path, cache: ReferenceCache, *, allow_unlicensed: bool = False) -> Voice:
    """Return the voice in `folder`.

    Raises:
        StartError: a file is missing, the recording cannot serve as a reference, or it is not told
            who agreed to that, unless `allow_unlicensed`.
    """
    about = read_about(folder, allow_unlicensed=allow_unlicensed)
    try:
        recording = _read_bytes(folder / RECORDING, _MAX_RECORDING_BYTES)
        transcript = _read_bytes(folder / TRANSCRIPT, _MAX_TRANSCRIPT_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(
            f"The voice {folder.name} cannot be read: {error}.",
            remedy=f"Put reference.wav and transcript.txt (UTF-8) into {folder}.",
        ) from error
    return Voice(
        reference=cache.get(recording, transcript, str(folder / RECORDING)),
        gain=float(10 ** (about.gain_db / 20)),
        speed=about.speed,
    )


def _read_bytes(path: Path, most: int) -> bytes:
    """Return the contents of a file, which is none of a device or a pipe: those may never end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "Is no file", str(path))
    if path.stat().st_size > most:
        raise OSError(errno.EFBIG, f"Has more than {most >> 10} KiB", str(path))
    return path.read_bytes()
