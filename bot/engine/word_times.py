"""Times of words: the written words of a text, and estimates for engines that tell no times.

In an estimate the words share the time in which something is heard, by their letters. Long silences
are laid to the punctuation that they fit best: errors do not add up from sentence to sentence.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import TypeAlias

import numpy as np
from msgspec.structs import replace

from bot.engine.letters import letters_of, pause_letters
from bot.messages import AudioChunk, Samples, WordTime

_FRAME_S = 0.01
_SILENCE = 0.02
"""Level of silence, as a share of the loudest frame: -34 dB."""
_PAUSE_S = 0.09
"""Shortest silence that may be a pause: stops such as "t" are shorter."""
_NOT_HEARD_S = 0.25
"""Cost of punctuation at which no pause is heard, as a distance."""
_NOT_WRITTEN = 1.5
"""Cost of a pause without punctuation, as a multiple of its length."""
_LEAST_LETTERS = 3.0
"""Words such as "a" take longer than a letter does in others."""
_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Chinese characters: written without spaces, each a syllable or two."""
_WORD = re.compile(rf"[^\w\s]*[{_WIDE}][^\w\s]*|[^\s{_WIDE}]+")


_Silence: TypeAlias = "tuple[float, float]"
"""Its beginning and its end, in seconds."""
_Match: TypeAlias = "tuple[int, _Silence]"


def with_words(chunk: AudioChunk, text: str) -> AudioChunk:
    """Return the speech of `text` with the times of its words: its own, else estimated ones."""
    if chunk.words:
        return chunk
    return replace(chunk, words=estimate(text, chunk.samples, chunk.sample_rate_hz))


def estimate(text: str, samples: Samples, sample_rate_hz: int) -> tuple[WordTime, ...]:
    """Return when each word of `text` is heard in its speech `[n]`, roughly."""
    words = written_words(text)
    if not words:
        return ()
    begin_s, end_s, silences = _heard(samples, sample_rate_hz)
    spans = [_said_letters(word) for word in words]
    pauses = [max(map(pause_letters, word)) for word in words]
    said = [number for number, span in enumerate(spans) if span] or [0]
    for number in (*range(said[0]), *range(said[-1], len(words))):
        pauses[number] = 0.0  # it lies before or behind what is heard
    # Where each word begins and ends, in letters; a pause that is not found takes its share too.
    lengths = [x for pair in zip(spans, pauses, strict=True) for x in pair]
    marks = [0.0, *itertools.accumulate(lengths)]
    scale_s = (end_s - begin_s) / max(marks[-1], 1e-9)
    places = [n for n, pause in enumerate(pauses) if pause]
    expected_s = [begin_s + scale_s * (marks[2 * n + 1] + pauses[n] / 2) for n in places]
    known = [(0, begin_s)]
    for place, silence in _matched(expected_s, silences):
        known += [(2 * places[place] + 1, silence[0]), (2 * places[place] + 2, silence[1])]
    known.append((len(marks) - 1, end_s))
    numbers, times_s = zip(*known, strict=True)
    at_s = np.interp(marks, [marks[number] for number in numbers], times_s)
    at_s = np.maximum.accumulate(at_s).round(3).tolist()
    return tuple(
        WordTime(word, at_s[2 * number], at_s[2 * number + 1]) for number, word in enumerate(words)
    )


def _said_letters(word: str) -> float:
    """Return how long a word takes without its punctuation, in letters; 0 if it is only that."""
    said = sum(letters_of(character) for character in word if character.isalnum())
    return max(said, _LEAST_LETTERS) if said else 0.0


def _heard(samples: Samples, sample_rate_hz: int) -> tuple[float, float, list[_Silence]]:
    """Return where speech begins and ends, and the silences in between, in seconds."""
    duration_s = len(samples) / sample_rate_hz
    size = max(round(_FRAME_S * sample_rate_hz), 1)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    levels = np.sqrt(np.square(frames, dtype=np.float64).mean(axis=1))
    loud = np.flatnonzero(levels > _SILENCE * levels.max(initial=0.0))
    if not loud.size:
        return 0.0, duration_s, []
    frame_s = size / sample_rate_hz
    gaps = np.flatnonzero(np.diff(loud) * frame_s > _PAUSE_S)
    silences = [((loud[n] + 1) * frame_s, loud[n + 1] * frame_s) for n in gaps]
    return float(loud[0] * frame_s), float((loud[-1] + 1) * frame_s), silences


def _matched(expected_s: Sequence[float], silences: Sequence[_Silence]) -> list[_Match]:
    """Return which silence belongs to which pause that is expected, both in order.

    It is the match of the least distance in time, where it costs something to leave one out.
    """
    # Cost and match of the first pauses and the first silences: as many of these as its place.
    best: list[tuple[float, list[_Match]]] = [(0.0, [])]
    for silence in silences:
        cost, _ = best[-1]
        best.append((cost + _NOT_WRITTEN * (silence[1] - silence[0]), []))
    for number, expected in enumerate(expected_s):
        before = best
        best = [(before[0][0] + _NOT_HEARD_S, before[0][1])]
        for place, silence in enumerate(silences, start=1):
            start_s, end_s = silence
            cost, match = before[place - 1]
            distance_s = abs(expected - (start_s + end_s) / 2)
            best.append(
                min(
                    (before[place][0] + _NOT_HEARD_S, before[place][1]),
                    (best[-1][0] + _NOT_WRITTEN * (end_s - start_s), best[-1][1]),
                    (cost + distance_s, [*match, (number, silence)]),
                    key=itemgetter(0),
                )
            )
    return best[-1][1]


def written_words(text: str) -> list[str]:
    """Return the words of `text` as they are written: between spaces, or a Chinese character.

    Put together they are the text without its spaces.
    """
    return _WORD.findall(text)


def gather(text: str, heard: Iterable[WordTime]) -> tuple[WordTime, ...]:
    """Return every word of `text` once, with the times of `heard`, its words in order.

    Those of `heard` may be parts of a word where pieces were cut inside it, and may lack some: what
    is not among them is not said.
    """
    rest = list(reversed(list(heard)))
    words: list[WordTime] = []
    at_s, is_exact = (rest[-1].start_s, rest[-1].is_exact) if rest else (0.0, False)
    for word in written_words(text):
        parts: list[WordTime] = []
        left = word
        while left and rest and left.startswith(rest[-1].text):
            parts.append(rest.pop())
            left = left[len(parts[-1].text) :]
        words.append(_joined(word, parts) if parts else WordTime(word, at_s, at_s, is_exact))
        at_s, is_exact = words[-1].end_s, words[-1].is_exact
    return tuple(words)


def _joined(word: str, parts: Sequence[WordTime]) -> WordTime:
    return WordTime(
        word,
        parts[0].start_s,
        parts[-1].end_s,
        all(part.is_exact for part in parts),
        "".join(part.phonemes for part in parts),
        tuple(start_s for part in parts for start_s in part.phoneme_starts_s),
    )
