"""What the model has to say: texts of given length behind a reference of 6 s of noise."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel
from bot.engine.f5.model.layout import Item
from bot.engine.f5.text.vocabulary import Vocabulary, to_ids
from bot.voices.wav import parse
from tests.bench.f5.checkpoints import TRANSCRIPT, VOICE

SENTENCE = "The quick brown fox jumps over the lazy dog while the chat is watching the stream. "
_LETTERS_PER_S = 14
FRAMES_PER_S = SAMPLE_RATE_HZ / HOP_SAMPLES
LONG_S = 27.8
"""Longer than a piece of text may be: upstream cuts it in two."""
LONG_CHUNKS = 2


class Load(NamedTuple):
    """Items that are asked for at once."""

    name: str
    targets_s: tuple[float, ...]
    """How long the speech of each is."""

    @property
    def speech_s(self) -> float:
        """Return the length of all speech."""
        return sum(self.targets_s)


def single(target_s: float) -> Load:
    """Return one item."""
    return Load(f"{target_s:g} s", (target_s,))


def batch(items: int, target_s: float) -> Load:
    """Return `items` of the same length."""
    return Load(f"{items} x {target_s:g} s", (target_s,) * items)


LONG = Load(f"{LONG_S:g} s as {LONG_CHUNKS} chunks", (LONG_S / LONG_CHUNKS,) * LONG_CHUNKS)


MIXED = Load("8 of 1 to 4.5 s", tuple(1 + items / 2 for items in range(8)))


class Workload:
    """Makes requests for one model."""

    def __init__(self, voices: Path, vocabulary: Vocabulary, device: torch.device) -> None:
        """Read the voice below the folder `voices`."""
        self._vocabulary = vocabulary
        sound = parse((voices / VOICE / "reference.wav").read_bytes(), VOICE)
        self.wave: Tensor = torch.from_numpy(np.array(sound.samples)).to(device)
        """The recording, `[n]` at 24 kHz."""
        self.reference_frames = len(self.wave) // HOP_SAMPLES
        self._mel = log_mel(self.wave)

    def text(self, target_s: float) -> str:
        """Return prompt and text, as upstream joins them."""
        return TRANSCRIPT + " " + (SENTENCE * 6)[: int(target_s * _LETTERS_PER_S)]

    def frames(self, target_s: float) -> int:
        """Return the length of reference and speech."""
        return self.reference_frames + int(target_s * FRAMES_PER_S)

    def item(self, target_s: float, seed: int = 0) -> Item:
        """Return what our runner gets; turns the text into tokens, as each request does."""
        tokens = to_ids(self.text(target_s), self._vocabulary)
        frames = self.frames(target_s)
        return Item(self._mel, tokens, frames, self.reference_frames, seed)

    def items(self, load: Load) -> list[Item]:
        """Return the items of a load, each with its own noise."""
        return [self.item(target_s, seed) for seed, target_s in enumerate(load.targets_s)]
