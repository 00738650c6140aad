"""Batches of requests: their pieces are grouped into runs, spoken and joined again."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ
from bot.engine.f5.model.layout import GAP_FRAMES, Item
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.text.duration import MAX_FRAMES
from bot.engine.f5.text.front_end import Prompt
from bot.engine.f5.voice.folder import Voice
from bot.engine.f5.voice.loudness import levelled
from bot.engine.word_times import gather
from bot.errors import UtteranceError
from bot.messages import AudioChunk, Samples, WordTime

_MIN_SPEECH_FRAMES, _MAX_SPEECH_FRAMES = 64, 560
"""Lengths of most of chat: 0.7 to 6 s."""
GPU_BATCH_FRAMES = 8192
"""Batch of about nine messages of 3 s: more is hardly faster, and their last one is later."""
_FRAMES_PER_LETTER = SAMPLE_RATE_HZ / HOP_SAMPLES / 14
"""Pace of English, roughly."""
OVERLAP_SAMPLES = 3600
"""Cross-fade of 0.15 s at 24 kHz, as upstream's."""


class SpeechRunner(Protocol):
    """Runner as the engine uses it: ours or upstream's."""

    def run(self, items: Sequence[Item], sampling: Sampling) -> list[Samples]:
        """Return the speech of each item, 24 kHz."""

    def warm_up(self, lengths: Sequence[int], samplings: Sequence[Sampling]) -> None:
        """Prepare for single items of these lengths, in frames, sampled in these ways."""


class Prepared(NamedTuple):
    """A request, prepared for the runner."""

    items: Sequence[Item]
    """Items of its pieces, one at least."""
    sampling: Sampling
    gain: float
    """Factor on the common loudness."""
    text: str = ""
    """What all of them say."""
    words: Sequence[Sequence[WordTime]] = ()
    """When the words of each item are heard in its sound; empty if that is not known before."""


def rough_frames(text: str) -> int:
    """Return how long `text` takes to say, roughly, in frames."""
    return round(len(text) * _FRAMES_PER_LETTER)


def make_item(prompt: Prompt, voice: Voice, seed: int) -> Item:
    """Return the item of a piece."""
    return Item(
        reference_mel=voice.reference.mel,
        tokens=prompt.tokens,
        frames=prompt.frames,
        decode_from=voice.reference.frames + prompt.unheard_frames,
        seed=seed,
    )


class Place(NamedTuple):
    """Item with its request."""

    request: int
    """Number of the request in its batch."""
    item: Item
    gain: float


class Run(NamedTuple):
    """Items that are computed together."""

    sampling: Sampling
    places: Sequence[Place]

    @property
    def items(self) -> list[Item]:
        """Items without their requests."""
        return [place.item for place in self.places]

    @property
    def work(self) -> int:
        """Frames times function evaluations: the time that it takes is proportional to it."""
        return sum(item.frames for item in self.items) * self.sampling.steps


def runs(requests: Sequence[Prepared | UtteranceError], budget_frames: int) -> Iterator[Run]:
    """Yield runs of at most `budget_frames`, or of one item; every item once and in order.

    Requests of the same sampling share runs; errors are those of requests that cannot be prepared.
    """
    by_sampling: dict[Sampling, list[Place]] = {}
    for number, request in enumerate(requests):
        if isinstance(request, Prepared):
            waiting = by_sampling.setdefault(request.sampling, [])
            waiting.extend(Place(number, item, request.gain) for item in request.items)
    for sampling, waiting in by_sampling.items():
        for places in _grouped(waiting, budget_frames):
            yield Run(sampling, places)


def chunk(
    request: Prepared | UtteranceError,
    results: Sequence[Samples | UtteranceError],
    *,
    overlap: bool,
) -> AudioChunk | UtteranceError:
    """Return the whole speech of a request, made of that of its items, or its first error."""
    if isinstance(request, UtteranceError):
        return request
    waves = list[Samples]()
    for result in results:
        if isinstance(result, UtteranceError):
            return result
        waves.append(result)
    return AudioChunk(
        samples=join_pieces(waves, overlap=overlap),
        sample_rate_hz=SAMPLE_RATE_HZ,
        nfe=request.sampling.steps,
        words=_words(request, waves),
    )


def _words(request: Prepared, waves: Sequence[Samples]) -> tuple[WordTime, ...]:
    """Return when each word of a request is heard; its waves follow each other."""
    if not any(request.words):
        return ()
    heard, before_s = list[WordTime](), 0.0
    for words, wave in zip(request.words, waves, strict=True):
        heard += [word.moved(before_s) for word in words]
        before_s += len(wave) / SAMPLE_RATE_HZ
    return gather(request.text, heard)


def _grouped(places: Sequence[Place], budget_frames: int) -> Iterator[Sequence[Place]]:
    group, frames = list[Place](), 0
    for place in places:
        needed = place.item.frames + GAP_FRAMES
        if group and frames + needed > budget_frames:
            yield group
            group, frames = [], 0
        group.append(place)
        frames += needed
    yield group


def join_pieces(waves: Sequence[Samples], *, overlap: bool) -> Samples:
    """Return the waves of consecutive pieces as one; with `overlap` cross-faded as by upstream."""
    joined = waves[0]
    for wave in waves[1:]:
        size = min(OVERLAP_SAMPLES, len(joined), len(wave)) if overlap else 0
        kept = len(joined) - size
        fade = np.linspace(0, 1, size, dtype=np.float32)
        mixed = joined[kept:] * (1 - fade) + wave[:size] * fade
        joined = np.concatenate([joined[:kept], mixed, wave[size:]])
    return joined


def speak_run(runner: SpeechRunner, run: Run) -> list[Samples | UtteranceError]:
    """Return speech of each item at the common loudness, or its error, which costs no other."""
    try:
        waves = runner.run(run.items, run.sampling)
    except UtteranceError as error:
        if len(run.places) == 1:
            return [error]
        return [speak_run(runner, run._replace(places=[place]))[0] for place in run.places]
    return [
        levelled(wave, place.gain)
        if np.isfinite(wave).all()
        else UtteranceError(
            "F5-TTS produced samples that are not finite.",
            remedy="If it happens again, run the model in float32 or choose another one.",
        )
        for place, wave in zip(run.places, waves, strict=True)
    ]


def has_error(results: Sequence[Samples | UtteranceError]) -> bool:
    """Tell whether one of the results is an error."""
    return any(isinstance(result, UtteranceError) for result in results)


def usual_lengths(references: Sequence[int]) -> range:
    """Return the lengths that most of chat has behind references of these, all in frames."""
    shortest, longest = min(references) + _MIN_SPEECH_FRAMES, max(references) + _MAX_SPEECH_FRAMES
    return range(shortest, min(longest, MAX_FRAMES))
