"""Spectrograms as PNG files with a palette: W3C, "Portable Network Graphics", third edition.

The format needs four chunks and zlib, which does not justify an imaging library.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS, _PALETTE_COLOURS, _NO_FILTER = 8, 3, b"\0"
_STOPS = (  # dark to light, in equal steps of lightness: readable without colours too
    (8, 6, 30),
    (49, 18, 92),
    (107, 29, 110),
    (168, 46, 95),
    (219, 80, 67),
    (247, 136, 40),
    (252, 196, 68),
    (252, 250, 190),
)


def spectrogram_png(mel: NDArray[np.float32], floor: float, top: float, scale: int = 2) -> bytes:
    """Return a log-mel, `[T, bands]`, as a picture: time to the right, low frequencies below.

    `floor` and `top` get the darkest and the lightest colour; each value is a square of `scale`
    pixels.
    """
    levels = np.clip((mel - floor) / (top - floor), 0, 1)
    pixels = np.rint(levels * 255).astype(np.uint8).T[::-1]  # [bands, T]
    pixels = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, _BITS, _PALETTE_COLOURS, 0, 0, 0)
    rows = b"".join(_NO_FILTER + row.tobytes() for row in pixels)
    parts = ((b"IHDR", header), (b"PLTE", _palette()), (b"IDAT", zlib.compress(rows, 9)))
    return _SIGNATURE + b"".join(_chunk(*part) for part in (*parts, (b"IEND", b"")))


def _palette() -> bytes:
    positions = np.linspace(0, len(_STOPS) - 1, 256)
    channels = np.array(_STOPS, np.float64).T
    colours = [np.interp(positions, np.arange(len(_STOPS)), channel) for channel in channels]
    return np.stack(colours, axis=1).astype(np.uint8).tobytes()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
