"""Many faults in real processes, drawn at random from a seed: every word is said once, in order."""

import asyncio
import random
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.engine.chain import Chain
from bot.engine.narrator import Narrator
from bot.engine.pieces import Lengths, Pauses
from bot.messages import SpeechRequest

if TYPE_CHECKING:
    from tests.engine.conftest import MakeHost

_DEADLINE_S = 120
_FAULTS = ("exit", "kill", "raise", "memory", "hang", "stop", "nan")
_UTTERANCES = 30


def _text(rng: random.Random) -> str:
    """Return three to six words; the length of each sentence tells them apart."""
    words = ["one " * rng.randint(1, 4) for _ in range(rng.randint(3, 6))]
    if rng.random() < 0.5:
        words[rng.randrange(len(words))] = rng.choice(_FAULTS)
    return "! ".join(word.strip() for word in words) + "!"


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_breaks_every_word_is_said_once_and_in_order(
    make_host: "MakeHost", tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    first = make_host("first")
    second = make_host("second", once=str(tmp_path))  # which exists: it obeys nothing
    lengths = Lengths(shortest=1, first=18, longest=18)
    pauses = Pauses(0.3, 0.3, 0.3)
    chain = Chain([first, second], patience_s=10)
    narrator = Narrator(chain, pauses=pauses, lengths=lengths)

    async def said(number: int, text: str) -> list[int]:
        request = SpeechRequest(id=f"m{number}", text=text, voice="heart")
        async with aclosing(narrator.synthesize(request)) as stream:
            chunks = [chunk async for chunk in stream]
        loud = np.concatenate([np.abs(chunk.samples) > 0.01 for chunk in chunks])
        edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
        return [round(int(length) / 2_400) for length in edges[1::2] - edges[::2]]

    texts = [_text(rng) for _ in range(_UTTERANCES)]
    try:
        async with asyncio.timeout(_DEADLINE_S):
            await narrator.warm_up()
            heard = []
            for start in range(0, _UTTERANCES, 3):
                numbers = range(start, min(start + 3, _UTTERANCES))
                heard += await asyncio.gather(*(said(n, texts[n]) for n in numbers))
    finally:
        await narrator.close()

    for text, words in zip(texts, heard, strict=True):
        assert sum(words) == len(text.split()), text
    assert first.restarts > 0
