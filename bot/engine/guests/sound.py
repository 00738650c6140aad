"""Sound as programs and servers give it: raw samples of 16 bits, and WAV, streamed or whole.

A WAV file that was streamed gives no true lengths: what is there counts. Source: Multimedia
Programming Interface and Data Specifications 1.0, and RFC 2361 for the format tags.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bot.errors import UtteranceError
from bot.messages import AudioChunk, Samples

_RATES_HZ = range(8_000, 192_001)
_CHANNELS = range(1, 9)
_HEADER = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_TYPES: Mapping[tuple[int, int], np.dtype[Any]] = {
    (_PCM, 16): np.dtype("<i2"),
    (_PCM, 32): np.dtype("<i4"),
    (_FLOAT, 32): np.dtype("<f4"),
}


def from_pcm(data: bytes, sample_rate_hz: int) -> AudioChunk:
    """Return mono 16-bit little-endian samples as audio; half a sample at the end is dropped."""
    return AudioChunk(samples=_samples(data, np.dtype("<i2"), 1), sample_rate_hz=sample_rate_hz)


def is_wav(data: bytes) -> bool:
    """Tell whether `data` begins like a WAV file."""
    return data[:4] in {b"RIFF", b"RF64"} and data[8:12] == b"WAVE"


def from_wav(data: bytes) -> AudioChunk:
    """Return a WAV file as audio; several channels are mixed.

    Raises:
        UtteranceError: it is no WAV file, or one of a kind that is not read.
    """
    if not is_wav(data):
        raise UtteranceError("The sound is no WAV file.")
    layout: tuple[np.dtype[Any], int, int] | None = None
    for name, body in _chunks(data):
        if name == b"fmt ":
            layout = _layout(body)
        elif name == b"data" and layout is not None:
            kind, channels, rate_hz = layout
            return AudioChunk(samples=_samples(body, kind, channels), sample_rate_hz=rate_hz)
    raise UtteranceError("The WAV file holds no sound.")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + _HEADER.size <= len(data):
        name, size = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        yield name, data[at : at + size]  # to the end, where the length is not true
        at += size + size % 2


def _layout(body: bytes) -> tuple[np.dtype[Any], int, int]:
    if len(body) < _FORMAT.size:
        raise UtteranceError("The WAV file is damaged.")
    tag, channels, rate_hz, _, _, bits = _FORMAT.unpack_from(body)
    if tag == _EXTENSIBLE and len(body) >= 26:  # noqa: PLR2004 - the subformat begins at 24
        (tag,) = struct.unpack_from("<H", body, 24)
    kind = _TYPES.get((tag, bits))
    if kind is None or channels not in _CHANNELS or rate_hz not in _RATES_HZ:
        raise UtteranceError(
            f"The WAV file is of a kind that is not read: format {tag}, {bits} bits,"
            f" {channels} channels, {rate_hz} Hz."
        )
    return kind, channels, rate_hz


def _samples(data: bytes, kind: np.dtype[Any], channels: int) -> Samples:
    frame = kind.itemsize * channels
    raw = np.frombuffer(data[: len(data) // frame * frame], kind).reshape(-1, channels)
    scale = 1.0 if kind.kind == "f" else float(np.iinfo(kind).max) + 1
    mixed: Samples = (raw.astype(np.float32) / np.float32(scale)).mean(axis=1, dtype=np.float32)
    return mixed
