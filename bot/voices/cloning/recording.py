"""Recordings: audio files of any format, as mono samples."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.errors import StartError
from bot.messages import Samples
from bot.voices.cloning.decoding import decode

_MIN_RATE_HZ = 16_000
_MIN_S = 1.0


class Recording(NamedTuple):
    """A recording, and where it clips."""

    samples: Samples
    """Mono, `[n]`."""
    sample_rate_hz: int
    clips: npt.NDArray[np.bool_]
    """Whether each sample stands at the highest value, in any channel, `[n]`."""


def verify_there(path: Path) -> None:
    """Make sure that there is a recording.

    Raises:
        StartError: there is none, or nothing is in it.
    """
    if not path.is_file():
        raise StartError(f"There is no file {path}.", remedy="Give the path of a recording.")
    if not path.stat().st_size:
        raise StartError(f"{path} is empty.", remedy="Export the recording again.")


def read(path: Path) -> Recording:
    """Return the recording in `path`: what libsndfile reads, and with ffmpeg anything else.

    Raises:
        StartError: it is not there, cannot be read, or is too long, too short or too coarse for a
            voice.
    """
    verify_there(path)
    samples, rate_hz, clips = decode(path)
    if rate_hz < _MIN_RATE_HZ:
        raise StartError(
            f"{path} has {rate_hz} samples a second, as a telephone has: too few for a voice.",
            remedy=f"Record with {_MIN_RATE_HZ} Hz or more.",
        )
    if not len(samples) or not np.isfinite(samples).all():
        raise StartError(f"{path} holds no sound.", remedy="Record again.")
    if len(samples) < _MIN_S * rate_hz:
        raise StartError(
            f"{path} lasts {len(samples) / rate_hz:.2g} s, too short for a voice.",
            remedy="Record one person who speaks for 5 to 30 s.",
        )
    return Recording(samples, rate_hz, clips)
