"""Batches of utterances: their pieces grouped into runs, spoken and joined again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from bot.engine.f5.model.layout import GAP_FRAMES, Item
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.text.front_end import FrontEnd
from bot.engine.f5.voice.folder import Voice
from bot.engine.f5.voice.loudness import levelled
from bot.errors import UtteranceError
from bot.messages import Samples

OVERLAP_SAMPLES = 3600
"""Cross-fade of 0.15 s at 24 kHz, as upstream's."""


class SpeechRunner(Protocol):
    """Runner as the engine uses it: ours or upstream's."""

    def run(self, items: Sequence[Item], sampling: Sampling) -> list[Samples]:
        """Return the speech of each item, 24 kHz."""

    def warm_up(self, lengths: Sequence[int], samplings: Sequence[Sampling]) -> None:
        """Prepare for single items of these lengths, in frames, sampled in these ways."""


class Utterance(NamedTuple):
    """A request, prepared for the runner."""

    items: Sequence[Item]
    """Items of its pieces, one at least."""
    sampling: Sampling
    gain: float
    """Factor on the common loudness."""


def make_item(piece: str, voice: Voice, front_end: FrontEnd, seed: int, speed: float = 1.0) -> Item:
    """Return the item of `piece`; `speed` includes the voice's own."""
    tokens, frames = front_end.prompt(piece, voice.reference, speed)
    return Item(
        reference_mel=voice.reference.mel,
        tokens=tokens,
        frames=frames,
        decode_from=voice.reference.frames,
        seed=seed,
    )


class Place(NamedTuple):
    """Item and the number of its utterance."""

    utterance: int
    item: Item


class Run(NamedTuple):
    """Items that are computed together."""

    sampling: Sampling
    places: Sequence[Place]


def runs(utterances: Iterable[tuple[int, Utterance]], budget_frames: int) -> Iterator[Run]:
    """Yield runs of at most `budget_frames`, or of one item; every item once and in order.

    `utterances` come with their numbers. Those of the same sampling share runs.
    """
    by_sampling: dict[Sampling, list[Place]] = {}
    for number, utterance in utterances:
        waiting = by_sampling.setdefault(utterance.sampling, [])
        waiting.extend(Place(number, item) for item in utterance.items)
    for sampling, waiting in by_sampling.items():
        places, frames = list[Place](), 0
        for place in waiting:
            needed = place.item.frames + GAP_FRAMES
            if places and frames + needed > budget_frames:
                yield Run(sampling, places)
                places, frames = [], 0
            places.append(place)
            frames += needed
        yield Run(sampling, places)


class CrossFade:
    """Cross-fade of consecutive pieces as upstream's; holds 0.15 s back for the next one."""

    def __init__(self) -> None:
        self._held = np.zeros(0, np.float32)

    def add(self, wave: Samples) -> Samples:
        """Return what can be played now that `wave` is known to follow; may be empty."""
        overlap = min(OVERLAP_SAMPLES, len(self._held), len(wave))
        kept = len(self._held) - overlap
        fade = np.linspace(0, 1, overlap)
        mixed = self._held[kept:] * (1 - fade) + wave[:overlap] * fade
        joined = np.concatenate([self._held[:kept], mixed.astype(np.float32), wave[overlap:]])
        ready = max(len(joined) - OVERLAP_SAMPLES, 0)
        self._held = joined[ready:]
        return joined[:ready]

    def finish(self) -> Samples:
        """Return what was held back."""
        held, self._held = self._held, np.zeros(0, np.float32)
        return held


def join_pieces(waves: Sequence[Samples], *, overlap: bool) -> Samples:
    """Return the waves of an utterance's pieces as one, cross-faded if they `overlap`."""
    if not overlap:
        return np.concatenate(waves)
    fade = CrossFade()
    return np.concatenate([*(fade.add(wave) for wave in waves), fade.finish()])


def speak(
    runner: SpeechRunner, items: Sequence[Item], sampling: Sampling, gains: Sequence[float]
) -> list[Samples | UtteranceError]:
    """Return speech of each item at the common loudness, or its error, which costs no other."""
    try:
        waves = runner.run(items, sampling)
    except UtteranceError as error:
        if len(items) == 1:
            return [error]
        alone = zip(items, gains, strict=True)
        return [speak(runner, [item], sampling, [gain])[0] for item, gain in alone]
    return [
        levelled(wave, gain)
        if np.isfinite(wave).all()
        else UtteranceError(
            "F5-TTS produced samples that are not finite.",
            remedy="If it happens again, run the model in float32 or choose another one.",
        )
        for wave, gain in zip(waves, gains, strict=True)
    ]
