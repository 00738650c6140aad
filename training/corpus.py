"""Corpus of invented speakers: a minute of speech each, with the phoneme of every frame.

    python -m training.corpus OUT --kokoro NETWORK SYMBOLS VOICES --hours 40

A shard (`shards`) is one speaker; who it is depends on the seed and its number alone.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from hibari import Hibari

from bot.engine.f5.mel import HOP_SAMPLES
from bot.engine.f5.text.phonemes import PAUSE
from training import kokoro, shards
from training.kokoro import SAMPLE_RATE_HZ, Kokoro
from training.sentences import Sentences, read_fortunes
from training.vocabulary import SYMBOLS

_LOUDNESS_RMS = (0.06, 0.11)
_LONGEST = 400
"""Phonemes of a sentence."""


class Clip(NamedTuple):
    """One sentence as the models see it."""

    wave: npt.NDArray[np.float32]
    """24 kHz, `[frames * 256]`."""
    tokens: npt.NDArray[np.uint8]
    """Symbol that sounds in each mel frame, `[frames]`."""
    symbols: npt.NDArray[np.uint8]
    units: npt.NDArray[np.float32]
    """Duration of each symbol, in 25 ms, at speed 1."""


Say: TypeAlias = Callable[[str], Clip]
"""Phonemes to speech, by one speaker."""


class Text(Protocol):
    """Where sentences come from."""

    def choose(self, random: np.random.Generator) -> str:
        """Return one."""


class Lines:
    """Phonemes of sentences, one a line."""

    def __init__(self, path: Path) -> None:
        self._lines = path.read_text(encoding="utf-8").splitlines()

    def choose(self, random: np.random.Generator) -> str:
        """Return a line."""
        return self._lines[int(random.integers(len(self._lines)))]


def make_clip(
    wave: npt.NDArray[np.float32],
    spelling: str,
    ends: npt.NDArray[np.int64],
    natural_units: npt.NDArray[np.float32],
    random: np.random.Generator,
) -> Clip:
    """Return one sentence, with pauses of random length at its ends.

    `ends` are the samples at which the symbols of `spelling` end, both pauses among them.
    """
    symbols = np.array([SYMBOLS.index(symbol) for symbol in spelling], np.uint8)
    lead = ends[0] - int(random.uniform(0.02, 0.3) * SAMPLE_RATE_HZ)
    tail = ends[-1] - ends[-2] - int(random.uniform(0.02, 0.3) * SAMPLE_RATE_HZ)
    cut_before, cut_behind = max(int(lead), 0), max(int(tail), 0)
    wave = wave[cut_before : len(wave) - cut_behind]
    frames = len(wave) // HOP_SAMPLES
    # A frame is centred on its first sample.
    heard = np.searchsorted(ends - cut_before, np.arange(frames) * HOP_SAMPLES, side="right")
    tokens = symbols[np.minimum(heard, len(symbols) - 1)]
    return Clip(wave[: frames * HOP_SAMPLES], tokens, symbols, natural_units)


def _haste(random: np.random.Generator) -> float:
    return float(np.exp(random.normal(0, 0.04)))


def speaker(teacher: Kokoro, random: np.random.Generator, low_share: float = 0.0) -> Say:
    """Return an invented speaker; `low_share` is as for `kokoro.draw`."""
    who = kokoro.draw(random, teacher.names, low_share)

    def say(phonemes: str) -> Clip:
        spoken = teacher.say(phonemes, who, _haste(random))
        return make_clip(spoken.wave, spoken.symbols, spoken.ends, spoken.natural_units, random)

    return say


def make_shard(
    say: Say, phonemize: Callable[[str], Sequence[str]], sentences: Text,
    random: np.random.Generator,
) -> dict[str, npt.NDArray[np.generic]]:  # fmt: skip
    """Return the arrays of a shard, all said by one speaker."""
    clips: list[Clip] = []
    while sum(len(clip.wave) for clip in clips) < shards.SHARD_S * SAMPLE_RATE_HZ:
        for phonemes in phonemize(sentences.choose(random)):
            clip = say(phonemes[:_LONGEST])
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


class Plan(NamedTuple):
    """What a worker makes."""

    folder: Path
    numbers: range
    seed: int
    prose: list[str]
    phonemes: Path | None
    teacher: tuple[Path, Path, Path]
    """Files of the teacher."""
    low_share: float
    """Share of the speakers that are lower than the teacher's."""
    device: str


def _work(plan: Plan) -> None:
    torch.set_num_threads(1)
    teacher = Kokoro(*plan.teacher, device=plan.device)
    sentences = Lines(plan.phonemes) if plan.phonemes else Sentences(plan.prose)
    phonemize = (lambda line: [line]) if plan.phonemes else Hibari().phonemize
    for number in plan.numbers:
        path = plan.folder / f"{number:05}.npz"
        if path.exists():
            continue
        random = np.random.default_rng((plan.seed, number))
        torch.manual_seed(number)
        say = speaker(teacher, random, plan.low_share)
        shards.write_shard(path, make_shard(say, phonemize, sentences, random))


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
    parser.add_argument(
        "--kokoro", nargs=3, type=Path, required=True, help="network, symbols, folder of voices"
    )
    parser.add_argument(
        "--low", type=float, default=0.0, help="share of the speakers with low voices, 0 to 1"
    )
    parser.add_argument("--phonemes", type=Path, help="phonemes a line, instead of sentences")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    count = round(options.hours * 3600 / shards.SHARD_S)
    prose = [] if options.phonemes else _prose(options.prose)
    spawn = multiprocessing.get_context("spawn")
    gpus = torch.cuda.device_count()
    plans = [
        Plan(
            options.out, range(first, count, options.workers), options.seed, prose,
            options.phonemes, tuple(options.kokoro), options.low,
            f"cuda:{first % gpus}" if gpus else "cpu",
        )
        for first in range(options.workers)
    ]  # fmt: skip
    workers = [spawn.Process(target=_work, args=(plan,)) for plan in plans]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    failed = sum(worker.exitcode != 0 for worker in workers)
    if failed:
        sys.exit(f"{failed} of {len(workers)} workers failed; see above.")


if __name__ == "__main__":
    main()
