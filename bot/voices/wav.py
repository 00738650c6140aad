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

from bot.errors import StartError
from bot.messages import AudioChunk, Samples

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")
_SUBFORMAT_OFFSET = 24
_FULL_SCALE = 32767
_MAX_RATE_HZ = 768_000


def parse(data: bytes, what: str) -> AudioChunk:
    """Return the recording in `data`, the mean of its channels; `what` names it in errors.

    Raises:
        StartError: it is no WAV file, is truncated, or has samples of an unknown kind.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise _refusal(what, "is no WAV file")
    form: tuple[int, ...] | None = None
    code = 0
    for name, start, size in _chunks(data):
        if name == b"fmt " and size >= _FORMAT.size:
            form = _FORMAT.unpack_from(data, start)
            code = form[0]
            if code == _EXTENSIBLE and size >= _SUBFORMAT_OFFSET + 2:
                (code,) = struct.unpack_from("<H", data, start + _SUBFORMAT_OFFSET)
        elif name == b"data":
            if form is None:
                raise _refusal(what, "has no format in front of its samples")
            if start + size > len(data):
                raise _refusal(what, "is truncated")
            _, channels, rate_hz, _, _, bits = form
            samples = _decode(data[start : start + size], code, bits, what)
            if not channels or not 0 < rate_hz <= _MAX_RATE_HZ:
                raise _refusal(what, f"claims {channels} channels at {rate_hz} Hz")
            whole = len(samples) // channels * channels
            mono = samples[:whole].reshape(-1, channels).mean(axis=1, dtype=np.float32)
            return AudioChunk(samples=mono, sample_rate_hz=rate_hz)
    raise _refusal(what, "holds no samples")


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
