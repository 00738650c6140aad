"""Excerpt of a recording that serves best as a reference: 3 to 10 s between two pauses.

A model goes on as the reference ends, so it ends in a pause; each second of it costs time in every
message, so about six are best, which also are what F5-TTS was trained and is mostly used with.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bot.errors import StartError
from bot.messages import Samples
from bot.voices.cloning.activity import FRAME_S, Activity
from bot.voices.cloning.recording import Recording

MIN_S, MAX_S = 2.5, 10.0
"""Seconds from the first to the last word; with the silence around it, 3 s and more."""
_BEST_S = 6.0
_PAUSES_S = (0.25, 0.16, 0.09)
"""Shortest pause to cut in, in seconds; shorter ones are tried where nothing fits."""
_SHORTEST_SOUND_S = 0.12
_LEAD_S, _TAIL_S = 0.1, 0.3
_FADE_S = 0.01
_LONG_PAUSE_S = 0.8


class Phrase(NamedTuple):
    """Speech without a pause, in frames of the voice activity."""

    start: int
    end: int
    """Behind the last frame."""


class Excerpt(NamedTuple):
    """Part of a recording, in seconds from its start."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Return the length in seconds."""
        return self.end_s - self.start_s


def whole(activity: Activity, what: str) -> Excerpt:
    """Return everything from the first to the last word.

    Raises:
        StartError: that is too long for a reference.
    """
    phrases = _phrases(activity, _PAUSES_S[0])
    excerpt = _excerpt(phrases[0], phrases[-1])
    if excerpt.duration_s > MAX_S:
        raise StartError(
            f"{what} holds {excerpt.duration_s:.0f} s from the first to the last word, more than"
            f" {MAX_S:.0f}, and the transcript is of all of it.",
            remedy="Cut the recording and its transcript, or leave the transcript out: then the"
            " best part is chosen, and it is asked what is said there.",
        )
    return excerpt


def best(activity: Activity, recording: Recording, what: str) -> Excerpt:
    """Return the part that serves best.

    Raises:
        StartError: there is none between two pauses.
    """
    for pause_s in _PAUSES_S:
        phrases = _phrases(activity, pause_s)
        scored = [
            (_score(activity, recording, phrases[first : last + 1], pause_after_s), first, last)
            for first, last, pause_after_s in _candidates(phrases, len(activity.is_speech))
        ]
        if scored:
            _, first, last = max(scored)
            return _excerpt(phrases[first], phrases[last])
    raise StartError(
        f"{what} has no part of {MIN_S:.1f} to {MAX_S:.0f} s that ends in a pause.",
        remedy="Read a few sentences, with a short pause behind each.",
    )


def cut(recording: Recording, excerpt: Excerpt) -> Samples:
    """Return the samples of the excerpt, with silence behind it, faded at both ends."""
    rate_hz = recording.sample_rate_hz
    start = max(round((excerpt.start_s - _LEAD_S) * rate_hz), 0)
    samples = recording.samples[start : round((excerpt.end_s + _LEAD_S) * rate_hz)].copy()
    fade = np.linspace(0, 1, round(_FADE_S * rate_hz), dtype=np.float32)
    samples[: len(fade)] *= fade
    samples[-len(fade) :] *= fade[::-1]
    return np.concatenate([samples, np.zeros(round(_TAIL_S * rate_hz), np.float32)])


def _phrases(activity: Activity, pause_s: float) -> list[Phrase]:
    """Return the speech between pauses of `pause_s` at least."""
    edges = np.flatnonzero(np.diff(np.pad(activity.is_speech.astype(np.int8), 1)))
    sounds = [Phrase(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
    phrases: list[Phrase] = []
    for sound in sounds:
        if phrases and (sound.start - phrases[-1].end) * FRAME_S < pause_s:
            phrases[-1] = Phrase(phrases[-1].start, sound.end)
        else:
            phrases.append(sound)
    return [p for p in phrases if (p.end - p.start) * FRAME_S >= _SHORTEST_SOUND_S]


def _candidates(phrases: list[Phrase], frames: int) -> Iterator[tuple[int, int, float]]:
    """Yield the first and last phrase of each part of a good length, and the pause behind it."""
    for first, begin in enumerate(phrases):
        for last in range(first, len(phrases)):
            duration_s = (phrases[last].end - begin.start) * FRAME_S
            if duration_s > MAX_S:
                break
            if duration_s >= MIN_S:
                after = phrases[last + 1].start if last + 1 < len(phrases) else frames
                yield first, last, (after - phrases[last].end) * FRAME_S


def _score(
    activity: Activity, recording: Recording, phrases: list[Phrase], pause_after_s: float
) -> float:
    """Return how good a part is: of the right length, even, fluent, unclipped, before a pause."""
    start, end = phrases[0].start, phrases[-1].end
    levels = activity.levels_db[start:end][activity.is_speech[start:end]]
    pauses = [(b.start - a.end) * FRAME_S for a, b in pairwise(phrases)]
    rate_hz = recording.sample_rate_hz
    clips = recording.clips[round(start * FRAME_S * rate_hz) : round(end * FRAME_S * rate_hz)]
    return (
        -abs((end - start) * FRAME_S - _BEST_S)
        + 4 * min(pause_after_s, 0.5)
        - 0.2 * float(levels.std())
        - 2 * sum(max(pause - _LONG_PAUSE_S, 0) for pause in pauses)
        - 1000 * float(clips.mean())
    )


def _excerpt(first: Phrase, last: Phrase) -> Excerpt:
    return Excerpt(first.start * FRAME_S, last.end * FRAME_S)
