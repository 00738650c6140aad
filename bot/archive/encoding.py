"""Encoding of speech as FLAC or Opus, by libsndfile."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr

from bot.errors import StartError
from bot.messages import AudioChunk
from bot.runtime.installed import install_command

_OPUS_HZ = (8000, 12_000, 16_000, 24_000, 48_000)
"""Rates that Opus knows (RFC 6716, section 2)."""


def require_codec() -> None:
    """Make sure that sound can be encoded.

    Raises:
        StartError: soundfile is not installed.
    """
    try:
        import soundfile  # noqa: F401, PLC0415 - an extra; libsndfile is loaded for nobody else
    except (ImportError, OSError) as error:
        raise StartError(
            "The archive needs the package soundfile.",
            remedy=f"{install_command('voices')}; or set archive.enabled: false.",
        ) from error


def encode(chunks: Sequence[AudioChunk], seconds: float, suffix: str) -> bytes:
    """Return the first `seconds` of speech as a file of the format `suffix`."""
    import soundfile  # noqa: PLC0415

    rate = chunks[0].sample_rate_hz
    if suffix == "opus" and rate not in _OPUS_HZ:
        rate = 24_000
    parts = [
        chunk.samples
        if chunk.sample_rate_hz == rate
        else soxr.resample(chunk.samples, chunk.sample_rate_hz, rate)
        for chunk in chunks
    ]
    samples = np.concatenate(parts)[: max(1, round(seconds * rate))]
    file = io.BytesIO()
    if suffix == "opus":
        soundfile.write(file, samples, rate, format="OGG", subtype="OPUS")
    else:
        soundfile.write(file, samples, rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def decode(path: Path) -> AudioChunk:
    """Return the sound of an archived file.

    Raises:
        StartError: it cannot be read.
    """
    require_codec()
    import soundfile  # noqa: PLC0415

    try:
        samples, rate = soundfile.read(path, dtype="float32")
    except (OSError, soundfile.SoundFileError) as error:
        raise StartError(f"{path} cannot be read: {error}.") from None
    return AudioChunk(samples=samples, sample_rate_hz=rate)
