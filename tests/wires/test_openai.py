"""OpenAI's wire, with the official client."""

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import numpy as np
import pytest
import soundfile

from bot.app import Daemon
from bot.wires.sound import stretch
from bot.wires.speech import RATE_HZ

openai = pytest.importorskip("openai")
SENTENCE = "one two three four five six seven eight nine ten."


@pytest.fixture
async def client(daemon: Daemon) -> AsyncIterator[object]:
    async with openai.AsyncOpenAI(
        base_url=f"{daemon.url}/v1".replace("//v1", "/v1"), api_key="none", max_retries=0
    ) as client:
        yield client


@pytest.mark.parametrize("form", ["mp3", "opus", "flac", "wav", "pcm"])
async def test_every_form_holds_the_speech(client: Any, form: str) -> None:  # noqa: ANN401
    answer = await client.audio.speech.create(
        model="tts-1", voice="alloy", input=SENTENCE, response_format=form
    )
    data = answer.content
    if form == "pcm":
        samples = np.frombuffer(data, "<i2") / 32768
    else:
        samples, rate = soundfile.read(io.BytesIO(data))
        samples = samples[:: rate // RATE_HZ]

    assert 2 < len(samples) / RATE_HZ < 8
    assert np.abs(samples).max() > 0.05


async def test_speed_shortens_it(client: Any) -> None:  # noqa: ANN401
    lengths = []
    for speed in (1.0, 2.0):
        answer = await client.audio.speech.create(
            model="tts-1", voice="nova", input=SENTENCE, response_format="pcm", speed=speed
        )
        lengths.append(len(answer.content))

    assert lengths[1] == pytest.approx(lengths[0] / 2, rel=0.1)


@pytest.mark.parametrize(
    "change",
    [
        {"response_format": "aac"},
        {"voice": "nobody"},
        {"speed": 9.0},
        {"input": "you are a vileslur"},
        {"input": ""},
        {"input": "a" * 5000},
    ],
)
async def test_what_cannot_be_said_is_refused_in_their_form(
    client: Any,  # noqa: ANN401
    change: dict[str, Any],
) -> None:
    asked = {"model": "tts-1", "voice": "alloy", "input": "hello"} | change
    with pytest.raises(openai.BadRequestError) as caught:
        await client.audio.speech.create(**asked)

    assert caught.value.type == "invalid_request_error"
    assert caught.value.body["message"]


async def test_models_and_voices_are_listed(client: Any, daemon: Daemon) -> None:  # noqa: ANN401
    assert [model.id async for model in client.models.list()] == ["ishowtts"]
    async with aiohttp.ClientSession(daemon.url) as http, http.get("/v1/audio/voices") as answer:
        assert {"alloy", "heart"} <= set((await answer.json())["voices"])


async def test_social_stream_ninja_s_request_is_served(daemon: Daemon) -> None:
    body = {"model": "kokoro", "input": "hello there", "voice": "alloy", "response_format": "mp3"}
    headers = {"Origin": "chrome-extension://abcdefghijkl", "Authorization": "Bearer none"}
    async with (
        aiohttp.ClientSession(daemon.url) as http,
        http.post("/v1/audio/speech", json=body, headers=headers) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == headers["Origin"]
        assert soundfile.info(io.BytesIO(await answer.read())).duration > 0.25


@pytest.mark.parametrize("speed", [0.25, 0.7, 1.5, 4.0])
def test_a_tone_keeps_its_pitch_at_any_speed(speed: float) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    changed = stretch(tone, speed)

    assert len(changed) == pytest.approx(RATE_HZ / speed, rel=0.01)
    middle = changed[len(changed) // 4 : -len(changed) // 4]
    peak = np.argmax(np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 19)))
    assert peak * RATE_HZ / (1 << 19) == pytest.approx(440, rel=0.03)
