"""The corpus on the device, growing while it is made, and random rows of it."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bot.engine.f5.mel import BANDS, HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel
from training import shards

_MARGIN_S = 15.0
"""Seconds that a shard may be longer than planned."""


class Rows(NamedTuple):
    """Speech of one speaker a row, cut anywhere."""

    mel: Tensor
    """Log-mel, float32 `[B, T, 100]`."""
    tokens: Tensor
    """Symbol in each frame, int64 `[B, T]`."""
    wave: Tensor | None
    """The sound, int16 `[B, T * 256]`, if the pool keeps it."""


class Pool:
    """Mel spectrograms and tokens of all shards that have been found so far."""

    def __init__(
        self, folder: Path, device: torch.device, capacity: int, *, with_waves: bool = False
    ) -> None:
        """Take room for `capacity` shards."""
        self._folder = folder
        self._device = device
        seconds = (shards.SHARD_S + _MARGIN_S) * capacity
        frames = round(seconds * SAMPLE_RATE_HZ / HOP_SAMPLES)
        self._mel = torch.empty(frames, BANDS, dtype=torch.float16, device=device)
        self._tokens = torch.empty(frames, dtype=torch.uint8, device=device)
        kept = frames * HOP_SAMPLES * with_waves
        self._wave = torch.empty(kept, dtype=torch.int16, device=device)
        self._ends = [0]
        self._bounds = torch.zeros(1, dtype=torch.int64, device=device)
        self._known: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """Return how many shards are there."""
        return len(self._ends) - 1

    @property
    def hours(self) -> float:
        """Return how much speech that is."""
        return self._ends[-1] * HOP_SAMPLES / SAMPLE_RATE_HZ / 3600

    def grow(self, at_most: int) -> None:
        """Take in new shards."""
        for path in shards.shards(self._folder, self._known)[:at_most]:
            self._known |= {path.name}
            with np.load(path) as arrays:
                wave, tokens = arrays["wave"], arrays["tokens"]
            start, end = self._ends[-1], self._ends[-1] + len(tokens)
            if end > len(self._mel):
                continue
            sound = torch.from_numpy(wave).to(self._device)
            self._mel[start:end] = log_mel(sound.float() / 32767)[: len(tokens)].half()
            if len(self._wave):
                self._wave[start * HOP_SAMPLES : end * HOP_SAMPLES] = sound
            self._tokens[start:end] = torch.from_numpy(tokens).to(self._device)
            self._ends.append(end)
        self._bounds = torch.tensor(self._ends, device=self._device)

    def wait_for(self, count: int, deadline_s: float = 600.0) -> None:
        """Return when so many shards are there.

        Raises:
            TimeoutError: they did not come in time.
        """
        until = time.monotonic() + deadline_s
        while len(self) < count:
            self.grow(count)
            if time.monotonic() > until:
                raise TimeoutError(f"{self._folder} has {len(self)} shards, {count} are needed.")
            time.sleep(0.2)

    def draw(self, rows: int, frames: int, random: torch.Generator) -> Rows:
        """Return `rows` pieces of `frames` frames, each of one shard."""
        shard = torch.randint(len(self), (rows,), generator=random, device=self._device)
        first, room = self._bounds[shard], self._bounds[shard + 1] - self._bounds[shard] - frames
        share = torch.rand(rows, generator=random, device=self._device)
        start = first + (share * room).long()
        index = start[:, None] + torch.arange(frames, device=self._device)
        wave = self._wave.view(-1, HOP_SAMPLES)[index].flatten(1) if len(self._wave) else None
        return Rows(self._mel[index].float(), self._tokens[index].long(), wave)
