"""WAV files of any common kind to mono samples, and back.

The standard library writes them, but reads no floating point. RIFF as in "Multimedia
Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991): integer samples
of 8 to 32 bits, floating point of 32 and 64, plain or WAVE_FORMAT_EXTENSIBLE.
"""

import struct
import wave
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import numpy.typing as npt

from bot.errors import StartError
from bot.messages import AudioChunk, Samples

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")
_SUBFORMAT_OFFSET = 24
_FULL_SCALE = 32767
_MAX_RATE_HZ = 768_000
_UNKNOWN_SIZES = frozenset({0, 0xFFFFFFFF})
_CANCELLED = 0.5
"""Limit of the mean of all channels, as a share of the loudest one: below it they cancel out."""


def parse(data: bytes, what: str) -> AudioChunk:
    """Return the recording in `data`, its channels joined by `mono`; `what` names it in errors.

    Raises:
        StartError: it is no WAV file, is truncated, or has samples of an unknown kind.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise _refusal(what, "is no WAV file")
    form: tuple[int, ...] | None = None
    code = 0
    for name, start, size in _chunks(data):
        if name == b"fmt " and start + size > len(data):
            raise _refusal(what, "is truncated")
        if name == b"fmt " and size >= _FORMAT.size:
            form = _FORMAT.unpack_from(data, start)
            code = form[0]
            if code == _EXTENSIBLE and size >= _SUBFORMAT_OFFSET + 2:
                (code,) = struct.unpack_from("<H", data, start + _SUBFORMAT_OFFSET)
        elif name == b"data":
            if form is None:
                raise _refusal(what, "has no format in front of its samples")
            is_piped = {size, int.from_bytes(data[4:8], "little")} <= _UNKNOWN_SIZES
            end = len(data) if is_piped else start + size  # a pipe cannot go back to its head
            if end > len(data):
                raise _refusal(what, "is truncated")
            _, channels, rate_hz, _, _, bits = form
            samples = _decode(data[start:end], code, bits, what)
            if not channels or not 0 < rate_hz <= _MAX_RATE_HZ:
                raise _refusal(what, f"claims {channels} channels at {rate_hz} Hz")
            whole = len(samples) // channels * channels
            joined = mono(samples[:whole].reshape(-1, channels))
            return AudioChunk(samples=joined, sample_rate_hz=rate_hz)
    raise _refusal(what, "holds no samples")


def mono(channels: npt.NDArray[np.float32]) -> Samples:
    """Return the mean of the channels, `[n, channels]`; of those that cancel out the loudest."""
    mean: Samples = channels.mean(axis=1, dtype=np.float32)
    if channels.shape[1] == 1 or not len(mean):
        return mean
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.square(channels, dtype=np.float64).mean(axis=0)
        loudest = int(powers.argmax())
        is_cancelled = np.square(mean, dtype=np.float64).mean() < _CANCELLED**2 * powers[loudest]
    return np.ascontiguousarray(channels[:, loudest]) if is_cancelled else mean


def encode(audio: AudioChunk) -> bytes:
    """Return a WAV file of 16 bits; what passes full scale is clipped."""
    samples = np.rint(audio.samples.clip(-1, 1) * np.float32(_FULL_SCALE)).astype("<i2")
    content = BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, audio.sample_rate_hz, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return content.getvalue()


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        yield name, position + 8, size
        position += 8 + size + size % 2


def _decode(raw: bytes, code: int, bits: int, what: str) -> Samples:
    width = bits // 8
    raw = raw[: len(raw) // width * width] if width else raw
    if code == _PCM and bits == 8:  # noqa: PLR2004 - the only unsigned kind
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / np.float32(128)
    if code == _PCM and bits in (16, 32):
        kind = np.dtype(f"<i{width}")
        return (np.frombuffer(raw, kind) / float(1 << (bits - 1))).astype(np.float32)
    if code == _PCM and bits == 24:  # noqa: PLR2004 - no numpy type: widen to 32
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        return (wide.view("<i4")[:, 0] / float(1 << 31)).astype(np.float32)
    if code == _FLOAT and bits in (32, 64):
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite
            return np.frombuffer(raw, np.dtype(f"<f{width}")).astype(np.float32)
    raise _refusal(what, f"has samples of an unknown kind (format {code}, {bits} bits)")


def _refusal(what: str, problem: str) -> StartError:
    return StartError(
        f"The recording {what} {problem}.", remedy="Export it again as WAV, 16 bit, mono."
    )
