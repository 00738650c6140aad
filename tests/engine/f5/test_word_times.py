"""The times of words that the bundled model tells, beside what is heard of its speech."""

from collections.abc import AsyncIterator
from itertools import pairwise

import numpy as np
import pytest
import pytest_asyncio

from bot.engine.contract import speak_one
from bot.engine.f5.engine import F5Engine
from bot.engine.word_times import written_words
from bot.messages import AudioChunk, SpeechRequest
from tests.engine.f5.conftest import bundled_engine
from tests.long import first_ones

pytestmark = [pytest.mark.parts, pytest.mark.asyncio(loop_scope="module")]

TEXT = "I really like this song, but the boss beat me again. Good night, everybody!"
NEAR_S, QUIET_S = 0.03, 0.03
LONG = f"{TEXT} I paid $5.50 for 12 km — wow 🎉 at 7:30 pm. "


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=first_ones([1.3, 1.0]))
async def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[F5Engine]:
    engine = bundled_engine(tmp_path_factory.mktemp("engine"), speed=request.param)
    await engine.warm_up()
    yield engine
    await engine.close()


async def speak(engine: F5Engine, text: str, *, speed: float = 1.0) -> AudioChunk:
    request = SpeechRequest(id="1", text=text, voice="heart", speed=speed)
    return await speak_one(engine, request)


def level_db(chunk: AudioChunk, start_s: float, end_s: float) -> float:
    start, end = (round(s * chunk.sample_rate_hz) for s in (start_s, end_s))
    return float(10 * np.log10(np.square(chunk.samples[start:end]).mean() + 1e-12))


async def test_words_are_where_sound_is_and_pauses_where_none_is(engine: F5Engine) -> None:
    chunk = await speak(engine, TEXT)
    words = chunk.words

    assert all(word.is_exact and word.phonemes for word in words)
    loud_db = [level_db(chunk, word.start_s, word.end_s) for word in words]
    assert min(loud_db) > -40
    pauses = [
        (before.end_s, after.start_s)
        for before, after in pairwise(words)
        if before.text[-1] in ",.!"
    ]
    assert len(pauses) == 3
    for start_s, end_s in pauses:
        assert end_s - start_s > 0.04
        # Nearer than anybody sees: a word lights up within so much of its sound.
        around = np.arange(start_s - NEAR_S, end_s + NEAR_S - QUIET_S, 0.005)
        quietest_db = min(level_db(chunk, at_s, at_s + QUIET_S) for at_s in around)
        assert quietest_db < np.median(loud_db) - 12


async def test_every_word_is_told_once_in_order_and_inside(engine: F5Engine) -> None:
    chunk = await speak(engine, LONG)  # more than one piece

    assert [word.text for word in chunk.words] == written_words(LONG)
    times_s = [
        s for word in chunk.words for s in (word.start_s, *word.phoneme_starts_s, word.end_s)
    ]
    assert times_s == sorted(times_s)
    assert times_s[0] >= 0
    assert times_s[-1] <= chunk.duration_s
    assert all(len(word.phonemes) == len(word.phoneme_starts_s) for word in chunk.words)
    assert {word.text for word in chunk.words if not word.phonemes} == {"—", "🎉"}


async def test_words_end_sooner_as_much_as_speech_is_faster(engine: F5Engine) -> None:
    plain = (await speak(engine, TEXT)).words
    fast = (await speak(engine, TEXT, speed=1.25)).words

    for slow, quick in zip(plain, fast, strict=True):
        assert quick.start_s == pytest.approx(slow.start_s / 1.25, abs=0.05)
