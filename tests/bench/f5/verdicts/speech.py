r"""What fewer evaluations and products of fewer bits do to speech, on the bundled model and a CPU.

    python -m tests.bench.f5.verdicts.speech --save verdicts_speech

Needs `training/requirements.txt`. Every system says the same held-out sentences with the same noise
in float32, so each is compared with the exact one at 7 evaluations sentence by sentence: words by
Whisper tiny.en, sound by DistillMOS, likeness to the voice's reference by resemblyzer. Whether a
number of evaluations is worth more for some lengths of text is told by the same speech, sorted.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch

import bot
from bot.engine.contract import speak_one
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.model.dit import DiT
from bot.engine.f5.model.operations import Operations
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.text.vocabulary import Vocabulary
from bot.engine.f5.weights.installed import BUNDLED
from bot.engine.f5.weights.model_folder import load_model, load_vocoder
from bot.messages import SpeechRequest
from tests.bench.f5.verdicts.rounding import (
    PRODUCTS,
    SCHEMES,
    Errors,
    Scheme,
    all_in,
    but_the_worst,
    rounded,
    rounding,
)
from tests.bench.report import environment, save
from training import heldout
from training.evaluation.likeness import Recognizer
from training.evaluation.listening import Listener
from training.evaluation.mistakes import Mistakes, compare, total
from training.evaluation.quality import Rater
from training.evaluation.speech import read_references
from training.evaluation.wording import words

MODEL, VOCODER = BUNDLED / "model", BUNDLED / "vocoder"
VOICES = Path(bot.__file__).parent.parent / "voices"
EXACT = "float32, 7 evaluations"
"""Baseline of every difference."""
_COMMAND = "python -m tests.bench.f5.verdicts.speech --save {save} --share {share}"
_NFE, _EVALUATIONS = 7, (5, 6, 7, 10)
_LEFT_OUT = 0.25
_SPACING = {"chat": 8, "short": 5, "names": 5}
"""Of each list of held-out sentences every so many is spoken."""
_LENGTHS = {"1 to 3": range(1, 4), "4 to 9": range(4, 10), "10 and more": range(10, 1000)}
"""Words of a sentence."""
_POLICIES = {  # evaluations by the number of words
    "short 10, middle 7, long 5": (10, 7, 5),
    "short 10, middle 7, long 7": (10, 7, 7),
    "short 5, middle 7, long 10": (5, 7, 10),
    "short 5, middle 5, long 7": (5, 5, 7),
}
Tune: TypeAlias = Callable[[DiT], tuple[DiT, Operations]]


class Judged(NamedTuple):
    """One sentence of one system."""

    sentence: str
    mistakes: Mistakes
    mos: float
    likeness: float
    evaluated_frames: int
    """Evaluations times hops of sound: what it costs."""

    @property
    def length(self) -> str:
        """Return the key in `_LENGTHS`."""
        count = len(words(self.sentence))
        return next(name for name, of in _LENGTHS.items() if count in of)


def _options(cache: Path) -> dict[str, Any]:
    # One thread: the judges share the cores, and rounding is the same with any number.
    return {
        "model": str(MODEL),
        "vocoder": str(VOCODER),
        "voices": str(VOICES),
        "cache": str(cache),
        "device": "cpu",
        "threads": 1,
    }


class _Tuned(F5Engine):
    """The bundled model in float32, computed in another way."""

    def __init__(self, cache: Path, tune: Tune | None) -> None:
        super().__init__(precision="float32", **_options(cache))
        self._tune = tune

    def _make_runner(self, device: torch.device, dtype: torch.dtype) -> tuple[Runner, Vocabulary]:
        acoustic, vocabulary = load_model(MODEL, device, dtype)
        vocoder = load_vocoder(VOCODER, device, dtype)
        return Runner(acoustic, vocoder, device, tune=self._tune), vocabulary


class Judge:
    """Sentences, and ears for them."""

    def __init__(self, share: int) -> None:
        """Take one in `share` of the sentences."""
        self.sentences = [
            sentence
            for name, spacing in _SPACING.items()
            for sentence in heldout.sentences(name)[:: spacing * share]
        ]
        self._rater, self._recognizer, self._listener = Rater(), Recognizer(), Listener(1)
        self._references = read_references(VOICES, self._recognizer.describe)
        self.voices = sorted(self._references)

    def listen(self, engine: F5Engine, nfe: int) -> list[Judged]:
        """Return every sentence as `engine` says it; the voices take turns."""
        return [
            self._one(engine, nfe, sentence, self.voices[number % len(self.voices)])
            for number, sentence in enumerate(self.sentences)
        ]

    def _one(self, engine: F5Engine, nfe: int, sentence: str, voice: str) -> Judged:
        request = SpeechRequest(id=f"{voice}: {sentence}", text=sentence, voice=voice, nfe=nfe)
        chunk = asyncio.run(speak_one(engine, request))
        heard = self._listener.write_down(chunk.samples, chunk.sample_rate_hz)
        vector = self._recognizer.describe(chunk.samples, chunk.sample_rate_hz)
        return Judged(
            sentence=sentence,
            mistakes=compare(sentence, heard),
            mos=self._rater.rate(chunk.samples, chunk.sample_rate_hz),
            likeness=float(vector @ self._references[voice].vector),
            evaluated_frames=nfe * len(chunk.samples) // 256,
        )


def figures(judged: Sequence[Judged], exact: Sequence[Judged]) -> dict[str, float | int]:
    """Return means, and the differences to the exact ones with their standard errors."""
    mos = np.array([each.mos for each in judged])
    likeness = np.array([each.likeness for each in judged])
    mos_more = mos - np.array([each.mos for each in exact])
    likeness_more = likeness - np.array([each.likeness for each in exact])
    spread = len(judged) ** 0.5
    return {
        "sentences": len(judged),
        "words": total(each.mistakes for each in judged).words,
        "wer": round(total(each.mistakes for each in judged).error_rate, 4),
        "mos": round(float(mos.mean()), 3),
        "mos_difference": round(float(mos_more.mean()), 3),
        "mos_standard_error": round(float(mos_more.std()) / spread, 3),
        "likeness": round(float(likeness.mean()), 4),
        "likeness_difference": round(float(likeness_more.mean()), 4),
        "likeness_standard_error": round(float(likeness_more.std()) / spread, 4),
        "evaluated_frames": sum(each.evaluated_frames for each in judged),
    }


def by_length(judged: Sequence[Judged], exact: Sequence[Judged]) -> dict[str, Any]:
    """Return the figures of each class of length."""
    return {
        name: figures(*zip(*pairs, strict=True))
        for name in _LENGTHS
        if (pairs := [pair for pair in zip(judged, exact, strict=True) if pair[1].length == name])
    }


def policies(by_nfe: dict[int, list[Judged]]) -> dict[str, Any]:
    """Return the figures of evaluations by length, from speech that was judged already."""
    exact = by_nfe[_NFE]
    order = list(_LENGTHS)
    return {
        name: figures(
            [by_nfe[chosen[order.index(each.length)]][number] for number, each in enumerate(exact)],
            exact,
        )
        for name, chosen in _POLICIES.items()
    }


def _errors(cache: Path, judge: Judge, share: int) -> Errors:
    """Return the errors of all products over some sentences."""
    errors = Errors()
    engine = _warm(cache, errors.watched)
    for number, sentence in enumerate(judge.sentences[:: 12 * share]):
        request = SpeechRequest(id=sentence, text=sentence, voice=judge.voices[number])
        asyncio.run(speak_one(engine, request))
    return errors


def _warm(cache: Path, tune: Tune | None) -> F5Engine:
    engine = _Tuned(cache, tune)
    asyncio.run(engine.warm_up())
    return engine


def _tuned(scheme: Scheme, which: Sequence[str], model: DiT) -> tuple[DiT, Operations]:
    return rounded(model, all_in(scheme, which)), rounding(Operations())


def _errors_by_layer(errors: Errors) -> dict[str, Any]:
    by_scheme = {scheme.name: errors.relative(scheme) for scheme in SCHEMES}
    return {
        name: {
            "by_layer": {layer: round(value, 5) for layer, value in values.items()},
            "by_product": {
                part: round(
                    float(np.mean([v for layer, v in values.items() if layer.endswith(part)])), 5
                )
                for part in PRODUCTS
            },
        }
        for name, values in by_scheme.items()
    }


def _systems(cache: Path, errors: Errors) -> Iterator[tuple[str, F5Engine]]:
    """Yield the systems of fewer bits, what is asked first in front."""
    own = F5Engine(precision="int8", **_options(cache))
    asyncio.run(own.warm_up())
    yield "int8 as the engine computes it on a processor", own
    for scheme in SCHEMES:
        everything = list(errors.relative(scheme))
        yield f"{scheme.name}, all", _warm(cache, partial(_tuned, scheme, everything))
    for scheme in SCHEMES:
        if not scheme.is_fine:
            best = but_the_worst(errors.relative(scheme), _LEFT_OUT)
            yield (
                f"{scheme.name}, all but the worst quarter",
                _warm(cache, partial(_tuned, scheme, best)),
            )


def main() -> None:
    """Judge, print and save after each system."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", default="", metavar="NAME", help="file below tests/bench/results")
    parser.add_argument("--share", type=int, default=1, help="take one in so many sentences")
    options = parser.parse_args()
    torch.set_num_threads(1)
    judge = Judge(options.share)
    begun = time.monotonic()
    result: dict[str, Any] = environment("torch", "distillmos", "resemblyzer", "faster-whisper")
    result |= {"command": _COMMAND.format_map(vars(options)), "baseline": EXACT}
    with tempfile.TemporaryDirectory() as name:
        cache = Path(name)
        engine = _warm(cache, None)
        by_nfe = {nfe: judge.listen(engine, nfe) for nfe in _EVALUATIONS}
        exact = by_nfe[_NFE]
        result["evaluations"] = {
            str(nfe): figures(judged, exact) | {"by_length": by_length(judged, exact)}
            for nfe, judged in by_nfe.items()
        }
        result["evaluations_by_length"] = policies(by_nfe)
        errors = _errors(cache, judge, options.share)
        result["errors"] = _errors_by_layer(errors)
        result["products"] = {}
        save(options.save, result)
        for called, system in _systems(cache, errors):
            result["products"][called] = figures(judge.listen(system, _NFE), exact)
            result["took_s"] = round(time.monotonic() - begun)
            save(options.save, result)


if __name__ == "__main__":
    main()
