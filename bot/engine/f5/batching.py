"""Several utterances at once: which pieces of theirs go into a run together, and whose they are."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from bot.engine.f5.crossfade import CrossFade
from bot.engine.f5.model.layout import GAP_FRAMES, Item
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.text.front_end import FrontEnd
from bot.engine.f5.voice.loudness import levelled
from bot.engine.f5.weights.folder import Voice
from bot.errors import UtteranceError
from bot.messages import Samples


class Speaks(Protocol):
    """What the engine needs of a runner."""

    def run(self, items: Sequence[Item], sampling: Sampling) -> list[Samples]:
        """Return the speech of each item, 24 kHz."""

    def warm_up(self, lengths: Sequence[int], samplings: Sequence[Sampling]) -> None:
        """Prepare for single items of these lengths, in frames, sampled in these ways."""


class Utterance(NamedTuple):
    """A request as the runner takes it."""

    items: Sequence[Item]
    """Its pieces, one at least."""
    sampling: Sampling
    gain: float
    """How much louder than other voices: a factor."""


def make_item(piece: str, voice: Voice, front_end: FrontEnd, seed: int, speed: float = 1.0) -> Item:
    """Return what the runner needs to speak `piece`; `speed` has the voice's own in it."""
    tokens, frames = front_end.prompt(piece, voice.reference, speed)
    return Item(
        reference_mel=voice.reference.mel,
        tokens=tokens,
        frames=frames,
        decode_from=voice.reference.frames,
        seed=seed,
    )


class Place(NamedTuple):
    """A piece and where it belongs."""

    utterance: int
    """Number of the utterance."""
    item: Item


class Run(NamedTuple):
    """What is computed together."""

    sampling: Sampling
    places: Sequence[Place]


def runs(utterances: Iterable[tuple[int, Utterance]], budget_frames: int) -> Iterator[Run]:
    """Yield runs of at most `budget_frames`, or of one item; every item once and in order.

    `utterances` come with their numbers. Those that are sampled alike share runs.
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


def joined(waves: Sequence[Samples], *, overlap: bool) -> Samples:
    """Return the waves of an utterance's pieces as one, cross-faded where they `overlap`."""
    if not overlap:
        return np.concatenate(waves)
    fade = CrossFade()
    return np.concatenate([*(fade.add(wave) for wave in waves), fade.finish()])


def speak(
    runner: Speaks, items: Sequence[Item], sampling: Sampling, gains: Sequence[float]
) -> list[Samples | UtteranceError]:
    """Return equally loud speech of each item, or what is wrong with it, which costs no other."""
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
