"""Several requests at once sound as each does alone, and none costs another anything."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from bot.engine.contract import speak_one
from bot.engine.f5.batching import Place, Prepared, Run, runs, speak_run
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.voice.loudness import levelled
from bot.errors import UtteranceError
from bot.messages import AudioChunk, Samples, SpeechRequest

pytestmark = pytest.mark.parts

LONG = "One, two and three. " * 8


def request(text: str, number: int = 1, voice: str = "nature", nfe: int = 0) -> SpeechRequest:
    return SpeechRequest(id=f"m{number}", text=text, voice=voice, nfe=nfe)


@pytest.fixture(params=[0, 900])
async def engine(
    request: pytest.FixtureRequest, folders: dict[str, Any]
) -> AsyncIterator[F5Engine]:
    engine = F5Engine(**folders, nfe=5, device="cpu", batch_frames=request.param)
    await engine.warm_up()
    yield engine
    await engine.close()


async def test_a_batch_gives_what_each_gives_alone_and_says_what_cannot_be_said(
    engine: F5Engine,
) -> None:
    requests = [
        request("Hello there, chat.", 1),
        request(LONG, 2),
        request("😀😀", 3),
        request("Hello there, chat.", 4, nfe=7),
        request("Hello", 5, voice="nobody"),
        request("x\ud800", 6, nfe=7),
    ]
    results = await engine.speak(requests)

    for one, result in zip(requests, results, strict=True):
        if one.id in {"m3", "m5"}:
            assert isinstance(result, UtteranceError)
            continue
        expected = await speak_one(engine, one)
        assert isinstance(result, AudioChunk)
        assert result.nfe == expected.nfe == (one.nfe or 5)
        np.testing.assert_allclose(result.samples, expected.samples, atol=1e-5)


async def test_what_a_request_costs_is_told_whatever_it_holds(folders: dict[str, Any]) -> None:
    engine = F5Engine(**folders, nfe=5, device="cpu")
    await engine.warm_up()
    await engine.close()

    assert engine.budget_tokens == 0  # a CPU gains nothing
    for odd in (request(""), request("\ud800"), request("Hello", voice="../nobody")):
        assert engine.tokens(odd) >= 0
    assert engine.tokens(request(LONG)) > engine.tokens(request("Hello"))


async def test_after_it_was_closed_nothing_is_computed(folders: dict[str, Any]) -> None:
    engine = F5Engine(**folders, nfe=5, device="cpu")
    await engine.warm_up()
    await engine.close()
    [result] = await engine.speak([request("Hello")])

    assert isinstance(result, UtteranceError)


def item(frames: int) -> Item:
    return Item(torch.zeros(1, 100), [1], frames, 1, seed=frames)


class Broken:
    """Has no memory for items of 13 frames, nor for a batch with one of them; 7 gives noise."""

    def run(self, items: Sequence[Item], sampling: Sampling) -> list[Samples]:
        del sampling
        if any(one.frames == 13 for one in items):
            raise UtteranceError("No memory.")
        return [
            np.full(one.frames, np.nan if one.frames == 7 else 1.0, np.float32) for one in items
        ]

    def warm_up(self, lengths: Sequence[int], samplings: Sequence[Sampling]) -> None: ...


def test_what_breaks_one_item_costs_no_other() -> None:
    items = [item(frames) for frames in (5, 13, 7, 9)]
    places = [
        Place(number, item, gain)
        for number, (item, gain) in enumerate(zip(items, [2.0, 1.0, 1.0, 0.5], strict=True))
    ]
    results = speak_run(Broken(), Run(Sampling(), places))

    heard = [None if isinstance(wave, UtteranceError) else wave.tolist() for wave in results]
    first, last = (np.ones(frames, np.float32) for frames in (5, 9))
    assert heard == [levelled(first, 2.0).tolist(), None, None, levelled(last, 0.5).tolist()]


def test_runs_keep_the_budget_the_order_and_ways_of_sampling_apart() -> None:
    seven, five = Sampling(steps=7), Sampling(steps=5)
    made_runs = runs(
        [
            Prepared([item(100), item(900)], seven, 1.0),
            Prepared([item(200)], five, 1.0),
            Prepared([item(300), item(300)], seven, 1.0),
        ],
        budget_frames=650,
    )
    made = [
        (run.sampling.steps, [(place.request, place.item.frames) for place in run.places])
        for run in made_runs
    ]

    assert made == [
        (7, [(0, 100)]),
        (7, [(0, 900)]),
        (7, [(2, 300), (2, 300)]),
        (5, [(1, 200)]),
    ]
