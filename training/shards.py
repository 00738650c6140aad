"""The corpus on disk: a folder of shards, which is read while it is still being written.

A shard, `NNNNN.npz`, is about a minute of one speaker: `wave` int16 at 24 kHz and `tokens` uint8,
one symbol a mel frame (256 samples), of all clips one behind the other, with their ends in
`wave_ends` and `token_ends`; and, for the model of durations, `symbols` uint8, `units` float32
(25 ms at speed 1, not rounded) and `symbol_ends`.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

SHARD_S = 60.0
"""Least length of a shard."""


def write(folder: Path, number: int, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
    """Write a shard, whole or not at all: others read while it is written."""
    partial = folder / f"{number:05}.part"
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    partial.replace(folder / f"{number:05}.npz")


def find(folder: Path, known: frozenset[str] = frozenset()) -> list[Path]:
    """Return the complete shards of `folder`, in order, without those of the names `known`."""
    return sorted(path for path in folder.glob("*.npz") if path.name not in known)


def read_waves(path: Path) -> npt.NDArray[np.int16]:
    """Return all of a shard's speech."""
    with np.load(path) as arrays:
        wave: npt.NDArray[np.int16] = arrays["wave"]
    return wave
