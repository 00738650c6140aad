"""Shards of speech, `NNNNN.npz`, in a folder that may still be filled while it is read.

A shard of the corpus is half a minute of one speaker, or a little more. It has `wave`, int16 at
24 kHz, and `tokens`, uint8, one symbol a mel frame (256 samples), of all clips one behind the
other, with their ends in `wave_ends` and `token_ends`; and, for the model of durations, `symbols`
uint8, `units` float32 (25 ms at speed 1, not rounded) and `symbol_ends`.
A shard of predictions has `wave`,
`wave_ends` and `mel`, float16 `[frames, 100]`, with `mel_ends`: what the acoustic model makes of
each clip.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 24_000
HOP_SAMPLES = 256
SHARD_S = 30.0
"""Least length of a shard of the corpus."""


class Recordings(NamedTuple):
    """Speech, one clip behind the other."""

    wave: npt.NDArray[np.int16]
    """`[samples]`, 24 kHz mono"""
    mel: npt.NDArray[np.float16] | None
    """`[samples // 256, 100]`: what the acoustic model predicts for it, in such a shard"""


def shards(folder: Path, known: frozenset[str] = frozenset()) -> list[Path]:
    """Return the complete shards of `folder`, in order, without those of the names `known`."""
    return sorted(path for path in folder.glob("*.npz") if path.name not in known)


def read_shard(path: Path) -> Recordings:
    """Return the recordings of a shard.

    Raises:
        ValueError: its parts do not fit together.
    """
    with np.load(path) as arrays:
        wave = arrays["wave"]
        mel = arrays.get("mel")
    if wave.dtype != np.int16 or wave.ndim != 1:
        raise ValueError(f"{path} holds {wave.dtype} {wave.shape} as wave, not a row of int16")
    if mel is not None and len(wave) != len(mel) * HOP_SAMPLES:
        raise ValueError(f"{path} has {len(mel)} frames of mel for {len(wave)} samples")
    return Recordings(wave, mel)


def write_shard(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write a shard, whole or not at all: others read while it is written."""
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type] # numpy takes its options for arrays
    partial.replace(path)
