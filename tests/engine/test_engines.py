"""What every engine promises, shown on each that runs everywhere."""

import asyncio
import math
from collections.abc import AsyncIterator

import msgspec
import numpy as np
import pytest

from bot.engine import ENGINES, create
from bot.engine.contract import Engine, speak_one
from bot.engine.tone import SAMPLE_RATE_HZ, ToneEngine
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.clock import now
from bot.runtime.concurrency.waiting import cancel

pytestmark = pytest.mark.parts


def request(text: str) -> SpeechRequest:
    return SpeechRequest(id="m1", text=text, voice="heart")


async def speech(engine: Engine, text: str) -> AudioChunk:
    return await speak_one(engine, request(text))


@pytest.fixture(params=["hibari", "tone"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    engine = create(request.param, {"speed": 1.0})
    await engine.warm_up()
    yield engine
    await engine.close()


def test_an_unknown_engine_is_named_with_those_that_exist() -> None:
    with pytest.raises(StartError, match="hibari, kokoro"):
        create("festival", {})


def test_every_engine_is_named_as_it_is_chosen() -> None:
    for name in ("hibari", "tone"):
        assert name in ENGINES
        assert create(name, {}).name == name


async def test_speech_is_mono_float32_within_full_scale(engine: Engine) -> None:
    chunk = await speech(engine, "Hello there. This is a second sentence.")

    assert chunk.samples.dtype == np.float32
    assert chunk.samples.ndim == 1
    assert 0 < np.abs(chunk.samples).max() <= 1
    assert 1 < chunk.duration_s < 8


async def test_hibari_reports_its_sentences() -> None:
    engine = create("hibari", {})
    begun = now()
    await speech(engine, "Hello there. This is a second sentence.")
    await engine.close()

    assert engine.progress is not None
    assert begun < engine.progress.at < now()
    assert 0 < engine.progress.step_s < now() - begun


async def test_what_is_cancelled_ends_and_the_next_request_is_served(engine: Engine) -> None:
    speaking = asyncio.create_task(speech(engine, "One. Two. Three. Four."))
    await asyncio.sleep(0)
    await cancel(speaking)

    assert (await speech(engine, "Hello again.")).samples.size


async def test_the_same_request_sounds_the_same(engine: Engine) -> None:
    first, second = [await speech(engine, "Hello there.") for _ in range(2)]

    np.testing.assert_allclose(second.samples, first.samples, atol=1e-6)


async def test_several_requests_are_answered_each_in_its_place(engine: Engine) -> None:
    texts = ["Hello.", "A much longer sentence this is."]
    results = await engine.speak([request(text) for text in texts])

    assert len(results) == len(texts)
    for text, result in zip(texts, results, strict=True):
        assert isinstance(result, AudioChunk)
        assert result.samples.size == (await speech(engine, text)).samples.size


async def test_requests_at_the_same_time_do_not_mix(engine: Engine) -> None:
    alone = [await speech(engine, text) for text in ("Hello.", "A much longer sentence this is.")]
    together = await asyncio.gather(
        speech(engine, "Hello."), speech(engine, "A much longer sentence this is.")
    )

    assert [c.samples.size for c in together] == [c.samples.size for c in alone]


@pytest.mark.parametrize("text", ["日本語", "\x00", "   "])
async def test_text_that_hibari_cannot_say_is_an_utterance_error(text: str) -> None:
    engine = create("hibari", {})
    with pytest.raises(UtteranceError):
        await speech(engine, text)
    assert (await speech(engine, "But this one it can.")).samples.size
    await engine.close()


async def test_speed_shortens_speech() -> None:
    durations = []
    for speed in (0.8, 1.6):
        engine = create("hibari", {"speed": speed})
        chunk = await speech(engine, "The same words at another speed.")
        durations.append(chunk.duration_s)
        await engine.close()

    assert durations[0] > 1.5 * durations[1]


async def test_a_request_may_be_faster_than_its_engine(engine: Engine) -> None:
    asked = request("The same words at another speed.")
    usual = await speak_one(engine, asked)
    fast = await speak_one(engine, msgspec.structs.replace(asked, speed=1.5))

    assert usual.duration_s > 1.3 * fast.duration_s


async def test_the_tone_has_its_frequency_and_no_seams() -> None:
    wave = (await speech(ToneEngine(frequency_hz=500), "x" * 30)).samples
    peak = np.abs(np.fft.rfft(wave)).argmax() * SAMPLE_RATE_HZ / wave.size

    assert math.isclose(peak, 500, abs_tol=1)
    assert np.abs(np.diff(wave)).max() < 2 * math.pi * 500 / SAMPLE_RATE_HZ * 0.51
