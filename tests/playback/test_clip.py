import asyncio

import msgspec
import numpy as np
import pytest

from bot.messages import AudioChunk, Samples, WordTime
from bot.playback.clip import Clip


def chunk(start: int, frames: int, sample_rate_hz: int = 1000) -> AudioChunk:
    samples = np.arange(start, start + frames, dtype=np.float32)
    return AudioChunk(samples=samples, sample_rate_hz=sample_rate_hz)


async def collect(clip: Clip, start_s: float = 0.0) -> Samples:
    return np.concatenate([piece.samples async for piece in clip.read(start_s)])


async def test_a_reader_gets_what_is_there_and_what_comes() -> None:
    clip = Clip()
    clip.append(chunk(0, 250))
    reading = asyncio.create_task(collect(clip))
    await asyncio.sleep(0)
    clip.append(chunk(250, 250))
    await asyncio.sleep(0)
    clip.finish()
    assert np.array_equal(await reading, np.arange(500))


@pytest.mark.parametrize("start_s", [0.0, 0.1, 0.25, 0.3, 0.499])
async def test_reading_starts_at_any_moment(start_s: float) -> None:
    clip = Clip()
    clip.append(chunk(0, 250))
    clip.append(chunk(250, 250))
    clip.finish()
    assert np.array_equal(await collect(clip, start_s), np.arange(round(start_s * 1000), 500))


async def test_rates_may_differ() -> None:
    clip = Clip()
    clip.append(chunk(0, 250, sample_rate_hz=500))
    clip.append(chunk(250, 250))
    clip.finish()
    assert clip.duration_s == 0.75
    assert np.array_equal(await collect(clip, 0.6), np.arange(350, 500))


async def test_pieces_are_short() -> None:
    clip = Clip()
    clip.append(chunk(0, 950))
    clip.finish()
    assert {piece.duration_s for piece in [p async for p in clip.read()]} == {0.1, 0.05}


def test_words_count_from_the_beginning_of_the_clip() -> None:
    clip = Clip()
    clip.append(msgspec.structs.replace(chunk(0, 250), words=(WordTime("one", 0.1, 0.2),)))
    told: list[WordTime] = []
    clip.on_words = told.extend
    clip.append(chunk(250, 250))
    clip.append(msgspec.structs.replace(chunk(500, 250), words=(WordTime("two", 0.1, 0.2),)))

    assert clip.words == [WordTime("one", 0.1, 0.2), WordTime("two", 0.6, 0.7)]
    assert told == clip.words[1:]
