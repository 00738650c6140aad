"""Voice folders, laid out as `bot.voices.folder` says, read into voices."""

from pathlib import Path
from typing import NamedTuple

from bot.engine.f5.voice.reference import Reference, ReferenceCache
from bot.voices.folder import RECORDING, read_about, read_recording, read_transcript


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
    recording, transcript = read_recording(folder), read_transcript(folder)
    return Voice(
        reference=cache.get(recording, transcript, str(folder / RECORDING)),
        gain=float(10 ** (about.gain_db / 20)),
        speed=about.speed,
    )
