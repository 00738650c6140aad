"""Forms of sound that programs ask for, written as the speech grows."""

import io
import struct
from typing import Final, Protocol

import numpy as np

from bot.messages import Samples
from bot.wires.speech import RATE_HZ

TYPES: Final = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""Content types by the names of the forms."""
_WRITTEN = {"mp3": ("MP3", "MPEG_LAYER_III"), "opus": ("OGG", "OPUS"), "flac": ("FLAC", "PCM_16")}
"""Formats and subtypes of libsndfile, https://libsndfile.github.io/libsndfile/formats.html."""
_UNKNOWN = 0xFFFFFFFF
"""Length of a WAV file whose end is not there yet, as ffmpeg writes it."""


class Encoder(Protocol):
    """Writer of one form of sound. Blocks for milliseconds."""

    def write(self, samples: Samples) -> bytes:
        """Return what is ready of the file, with `samples` at its end."""

    def close(self) -> bytes:
        """Return the rest of the file."""


def encoder(form: str) -> Encoder:
    """Return a writer of `form`, one of `TYPES`.

    Raises:
        ImportError: the package soundfile is missing.
    """
    return Library(form) if form in _WRITTEN else Plain(has_header=form == "wav")


class Plain:
    """Samples of 16 bits, low byte first, with or without the header of a WAV file."""

    def __init__(self, *, has_header: bool) -> None:
        self._head = _wav_header() if has_header else b""

    def write(self, samples: Samples) -> bytes:
        """Return the bytes of `samples`."""
        head, self._head = self._head, b""
        return head + (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()

    def close(self) -> bytes:
        """Return nothing: there is no end to write."""
        return b""


class Library:
    """A form that libsndfile writes. FLAC comes whole, for its head tells the length."""

    def __init__(self, form: str) -> None:
        """Begin a file of `form`.

        Raises:
            ImportError: the package soundfile is missing.
        """
        import soundfile  # noqa: PLC0415 - an extra

        kind, subtype = _WRITTEN[form]
        self._is_whole = form == "flac"
        self._file = io.BytesIO()
        self._sent = 0
        # At a varying rate the head of an MP3 tells the length, which is not known yet.
        rate = {"bitrate_mode": "CONSTANT", "compression_level": 0.5} if form == "mp3" else {}
        self._writer = soundfile.SoundFile(
            self._file, "w", RATE_HZ, 1, subtype=subtype, format=kind, **rate
        )

    def write(self, samples: Samples) -> bytes:
        """Return what the library has written by now."""
        # In steps: some builds of libsndfile overflow the stack with much Opus or Vorbis at once.
        for start in range(0, len(samples), RATE_HZ):
            self._writer.write(samples[start : start + RATE_HZ])
        return b"" if self._is_whole else self._ready()

    def close(self) -> bytes:
        """Return the rest."""
        self._writer.close()
        return self._ready()

    def _ready(self) -> bytes:
        data = self._file.getvalue()[self._sent :]
        self._sent += len(data)
        return data


def stretch(samples: Samples, speed: float) -> Samples:
    """Return `samples` at `speed` times the pace and the same pitch, by overlapping similar parts.

    The method is WSOLA (Verhelst and Roelands, 1993).
    """
    frame, hop, reach = RATE_HZ // 25, RATE_HZ // 50, RATE_HZ // 100
    if speed == 1.0 or len(samples) < 2 * frame:
        return samples
    window = np.hanning(frame + 1)[:-1].astype(np.float32)
    padded = np.concatenate([samples, np.zeros(2 * frame + reach, np.float32)])
    count = max(1, round(len(samples) / speed / hop))
    out = np.zeros((count + 1) * hop + frame, np.float32)
    place = 0
    for index in range(count):
        if index:
            goal = min(round(index * hop * speed), len(samples))
            first = max(goal - reach, 0)
            natural = padded[place + hop : place + hop + frame]  # what would follow unchanged
            area = padded[first : goal + reach + frame]
            fit = min(len(natural), len(area))
            place = first + int(np.argmax(np.correlate(area, natural[:fit], "valid")))
        part = padded[place : place + frame]
        out[index * hop : index * hop + len(part)] += part * window[: len(part)]
    return out[: round(len(samples) / speed)]


def _wav_header() -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    return b"".join(
        [
            *(b"RIFF", struct.pack("<I", _UNKNOWN), b"WAVEfmt ", struct.pack("<I", len(form))),
            *(form, b"data", struct.pack("<I", _UNKNOWN)),
        ]
    )
