"""Corpus of invented speakers: a minute of speech each, with the phoneme of every frame.

    python -m training.corpus OUT --hours 40

A shard (`shards`) is one speaker; it depends on the seed and its number alone.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.engine.f5.mel import HOP_SAMPLES
from bot.engine.f5.text.phonemes import PAUSE
from training import shards, speakers
from training.sentences import Sentences, read_fortunes
from training.teacher import SAMPLE_RATE_HZ, UNIT_SAMPLES, Teacher
from training.vocabulary import SYMBOLS

_LOUDNESS_RMS = (0.06, 0.11)
_LONGEST_PAUSE_S = 0.35


class Clip(NamedTuple):
    """One sentence as the models see it."""

    wave: npt.NDArray[np.float32]
    """24 kHz, `[frames * 256]`."""
    tokens: npt.NDArray[np.uint8]
    """Symbol that sounds in each mel frame, `[frames]`."""
    symbols: npt.NDArray[np.uint8]
    units: npt.NDArray[np.float32]
    """Duration of each symbol, in 25 ms, at speed 1."""


class Spelled(Teacher):
    """The teacher where her dictionary is not: the sentences are phonemes already."""

    def phonemize(self, text: str) -> Sequence[str]:
        """Return `text`."""
        return [text]


class Lines:
    """Phonemes of sentences, one a line."""

    def __init__(self, path: Path) -> None:
        self._lines = path.read_text(encoding="utf-8").splitlines()

    def choose(self, random: np.random.Generator) -> str:
        """Return a line."""
        return self._lines[int(random.integers(len(self._lines)))]


def make_clip(
    teacher: Teacher,
    phonemes: str,
    speaker: speakers.Speaker,
    random: np.random.Generator,
) -> Clip:
    """Return one sentence, with pauses of random length at its ends."""
    sentence = teacher.say(phonemes, speaker, random, float(np.exp(random.normal(0, 0.04))))
    symbols = np.array([SYMBOLS.index(symbol) for symbol in sentence.symbols], np.uint8)
    lead = sentence.units[0] * UNIT_SAMPLES - int(random.uniform(0.02, 0.3) * SAMPLE_RATE_HZ)
    tail = sentence.units[-1] * UNIT_SAMPLES - int(random.uniform(0.02, 0.3) * SAMPLE_RATE_HZ)
    cut_before, cut_behind = max(int(lead), 0), max(int(tail), 0)
    wave = sentence.wave[cut_before : len(sentence.wave) - cut_behind]
    frames = len(wave) // HOP_SAMPLES
    ends = np.cumsum(sentence.units) * UNIT_SAMPLES - cut_before
    # A frame is centred on its first sample.
    heard = np.searchsorted(ends, np.arange(frames) * HOP_SAMPLES, side="right")
    tokens = symbols[np.minimum(heard, len(symbols) - 1)]
    return Clip(wave[: frames * HOP_SAMPLES], tokens, symbols, sentence.natural_units)


def make_shard(
    teacher: Teacher, sentences: Sentences | Lines, number: int, seed: int
) -> dict[str, npt.NDArray[np.generic]]:
    """Return the arrays of shard `number`."""
    random = np.random.default_rng((seed, number))
    speaker = speakers.draw(random)
    clips: list[Clip] = []
    while sum(len(clip.wave) for clip in clips) < shards.SHARD_S * SAMPLE_RATE_HZ:
        for phonemes in teacher.phonemize(sentences.choose(random)):
            clip = make_clip(teacher, phonemes, speaker, random)
            if len(clip.tokens):
                clips.append(clip)
    wave = np.concatenate([clip.wave for clip in clips])
    tokens = np.concatenate([clip.tokens for clip in clips])
    loud = np.repeat(tokens != SYMBOLS.index(PAUSE), HOP_SAMPLES)
    rms = np.sqrt(np.mean(wave[loud] ** 2))
    wave = np.clip(wave * (random.uniform(*_LOUDNESS_RMS) / max(rms, 1e-4)), -0.99, 0.99)
    return {
        "wave": (wave * 32767).astype(np.int16),
        "wave_ends": np.cumsum([len(clip.wave) for clip in clips]),
        "tokens": tokens,
        "token_ends": np.cumsum([len(clip.tokens) for clip in clips]),
        "symbols": np.concatenate([clip.symbols for clip in clips]),
        "units": np.concatenate([clip.units for clip in clips]),
        "symbol_ends": np.cumsum([len(clip.symbols) for clip in clips]),
    }


def _work(folder: Path, numbers: range, seed: int, prose: list[str], phonemes: Path | None) -> None:
    teacher = Spelled() if phonemes else Teacher()
    sentences = Lines(phonemes) if phonemes else Sentences(prose)
    for number in numbers:
        if not (folder / f"{number:05}.npz").exists():
            shards.write_shard(
                folder / f"{number:05}.npz", make_shard(teacher, sentences, number, seed)
            )


def _prose(path: Path | None) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path else read_fortunes()


def main() -> None:
    """Make the shards that are not there yet."""
    parser = argparse.ArgumentParser(prog="training.corpus", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--hours", type=float, default=40.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prose", type=Path, help="a sentence a line, instead of fortunes")
    parser.add_argument("--phonemes", type=Path, help="their phonemes a line, instead of both")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    count = round(options.hours * 3600 / shards.SHARD_S)
    prose = [] if options.phonemes else _prose(options.prose)
    spawn = multiprocessing.get_context("spawn")
    workers = [
        spawn.Process(
            target=_work,
            args=(
                options.out,
                range(first, count, options.workers),
                options.seed,
                prose,
                options.phonemes,
            ),
        )
        for first in range(options.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    failed = sum(worker.exitcode != 0 for worker in workers)
    if failed:
        sys.exit(f"{failed} of {len(workers)} workers failed; see above.")


if __name__ == "__main__":
    main()
