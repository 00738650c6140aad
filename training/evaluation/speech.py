"""Speech of a system, judged on the held-out sentences one by one and summed up."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from bot.engine.joining import trim
from bot.messages import Samples
from bot.voices.wav import parse
from training import heldout
from training.evaluation.mistakes import Mistakes, compare, total
from training.evaluation.pitch import mean_pitch_hz
from training.evaluation.systems import SAMPLE_RATE_HZ, Synthesizer

Figures: TypeAlias = dict[str, float | int | str | None]
Vector: TypeAlias = npt.NDArray[np.float32]
Describe: TypeAlias = Callable[[Samples, int], Vector]
WriteDown: TypeAlias = Callable[[Samples, int], str]
Rate: TypeAlias = Callable[[Samples, int], float]

_LIKENESS_LIST = "chat"
"""List of sentences that are long enough to know a voice by."""
_LEAST_RATIO, _MOST_RATIO = 0.6, 1.5
_QUICK = 10
"""Share of the sentences in a quick evaluation: one in so many."""


class Reference(NamedTuple):
    """A recorded voice."""

    vector: Vector
    pitch_hz: float


class Heard(NamedTuple):
    """One sentence, spoken and judged."""

    sentences: str
    """Name of the list."""
    voice: str
    said: str
    heard: str
    mistakes: Mistakes
    speech_s: float
    """Without silence at the ends."""
    hibari_s: float
    synthesis_s: float
    pitch_hz: float
    vector: Vector | None
    mos: float


def read_references(voices: Path, describe: Describe) -> dict[str, Reference]:
    """Return the voices of a folder by name."""
    references = {}
    for path in sorted(voices.glob("*/reference.wav")):
        sound = parse(path.read_bytes(), str(path))
        references[path.parent.name] = Reference(
            describe(sound.samples, sound.sample_rate_hz),
            mean_pitch_hz(sound.samples, sound.sample_rate_hz),
        )
    return references


def speech_s(samples: Samples) -> float:
    """Return how long speech lasts without silence at its ends."""
    return len(trim(samples, SAMPLE_RATE_HZ, lead_s=0, tail_s=0)) / SAMPLE_RATE_HZ


def chosen(name: str, *, is_quick: bool) -> Sequence[str]:
    """Return the sentences of a list that are judged."""
    return heldout.sentences(name)[:: _QUICK if is_quick else 1]


def judge(
    system: Synthesizer,
    voices: Sequence[str],
    hibari: Synthesizer,
    write_down: WriteDown,
    describe: Describe | None,
    *,
    is_quick: bool,
    rate: Rate | None = None,
) -> list[Heard]:
    """Let a system say every held-out sentence; the voices take turns.

    `rate` gives the mean opinion score of those that are long enough to know a voice by.
    """
    results = []
    for name in heldout.LISTS:
        for number, sentence in enumerate(chosen(name, is_quick=is_quick)):
            voice = voices[number % len(voices)]
            begun = time.perf_counter()
            samples = system(sentence, voice)
            synthesis_s = time.perf_counter() - begun
            heard = write_down(samples, SAMPLE_RATE_HZ)
            is_described = describe is not None and name == _LIKENESS_LIST and len(samples) > 0
            results.append(
                Heard(
                    sentences=name,
                    voice=voice,
                    said=sentence,
                    heard=heard,
                    mistakes=compare(sentence, heard),
                    speech_s=speech_s(samples),
                    hibari_s=speech_s(hibari(sentence, "")),
                    synthesis_s=synthesis_s,
                    pitch_hz=mean_pitch_hz(samples, SAMPLE_RATE_HZ)
                    if name == _LIKENESS_LIST
                    else math.nan,
                    vector=describe(samples, SAMPLE_RATE_HZ)
                    if describe is not None and is_described
                    else None,
                    mos=rate(samples, SAMPLE_RATE_HZ)
                    if rate is not None and name == _LIKENESS_LIST
                    else math.nan,
                )
            )
    return results


def summarize(results: Sequence[Heard], references: Mapping[str, Reference]) -> Figures:
    """Return the figures of the model card."""
    figures: Figures = {}
    for name in heldout.LISTS:
        part = [heard for heard in results if heard.sentences == name]
        figures[f"wer_{name}"] = total(heard.mistakes for heard in part).error_rate
        figures[f"sentences_{name}"] = len(part)
    figures["complete"] = _share(heard.mistakes.is_complete for heard in results)
    figures["dropped"] = sum(heard.mistakes.dropped for heard in results)
    figures["doubled"] = sum(heard.mistakes.doubled for heard in results)
    ratios = [heard.speech_s / max(heard.hibari_s, 1e-3) for heard in results]
    figures["length_least"], figures["length_most"] = min(ratios), max(ratios)
    figures["length_outliers"] = sum(not _LEAST_RATIO <= ratio <= _MOST_RATIO for ratio in ratios)
    spoken_s = sum(heard.speech_s for heard in results)
    rated = [heard.mos for heard in results if math.isfinite(heard.mos)]
    figures["mos"] = sum(rated) / len(rated) if rated else None
    figures["rtf"] = sum(heard.synthesis_s for heard in results) / max(spoken_s, 1e-3)
    figures |= _following(results, references)
    return figures


def _following(results: Sequence[Heard], references: Mapping[str, Reference]) -> Figures:
    """Return in how many pairs of references the own one is nearer, and how the pitch differs."""
    judged = [h for h in results if h.vector is not None and h.voice in references]
    nearer = [
        float(heard.vector @ references[heard.voice].vector) > float(heard.vector @ other.vector)
        for heard in judged
        if heard.vector is not None
        for name, other in references.items()
        if name != heard.voice
    ]
    figures: Figures = {"followed": _share(nearer), "pairs": len(nearer)}
    deviations = []
    for voice in sorted({heard.voice for heard in judged}):
        part = [h for h in judged if h.voice == voice]
        pitches = np.array([heard.pitch_hz for heard in part])
        pitches = pitches[np.isfinite(pitches)]
        own_hz = references[voice].pitch_hz
        if len(pitches):
            pitch_hz = float(np.exp(np.log(pitches).mean()))
            deviations.append(pitch_hz / own_hz - 1)
            figures[f"pitch_{voice}"] = deviations[-1]
        figures[f"wer_voice_{voice}"] = total(heard.mistakes for heard in part).error_rate
    figures["pitch_worst"] = max(deviations, key=abs) if deviations else None
    return figures


def _share(truths: Iterable[bool]) -> float | None:
    counted = list(truths)
    return sum(counted) / len(counted) if counted else None


def mistaken(results: Sequence[Heard]) -> list[dict[str, str]]:
    """Return what was heard otherwise than said, for people to read."""
    return [
        {"list": h.sentences, "voice": h.voice, "said": h.said, "heard": h.heard}
        for h in results
        if h.mistakes.error_rate > 0
    ]
