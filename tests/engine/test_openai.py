"""A server with OpenAI's speech API may answer anything: it costs one utterance at most."""

import asyncio
import io
import logging
import subprocess
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web

from bot.engine.guests.openai import OpenaiEngine
from bot.errors import StartError, TransientError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from tests.engine.guests import SpeechServer

pytestmark = pytest.mark.parts

KEY = "sk-very-secret"


def wav(rate_hz: int = 16_000, channels: int = 1, seconds: float = 0.5) -> bytes:
    buffer = io.BytesIO()
    samples = np.full(round(rate_hz * seconds) * channels, 8192, "<i2")
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


@pytest.fixture
async def server() -> AsyncIterator[SpeechServer]:
    async with SpeechServer().running() as server:
        yield server


@pytest.fixture
async def engine(server: SpeechServer) -> AsyncIterator[OpenaiEngine]:
    engine = OpenaiEngine(url=server.url, api_key=KEY, voices={"bass": "echo"}, silent_s=1.0)
    await engine.warm_up()
    yield engine
    await engine.close()


async def ask(engine: OpenaiEngine, voice: str = "heart") -> AudioChunk | UtteranceError:
    (result,) = await engine.speak([SpeechRequest(id="m1", text="Hello there.", voice=voice)])
    return result


def answering(server: SpeechServer, **kwargs: object) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(**kwargs)  # type: ignore[arg-type]

    server.answer = answer


async def test_it_asks_as_the_reference_says(engine: OpenaiEngine, server: SpeechServer) -> None:
    assert isinstance(await ask(engine, "bass"), AudioChunk)

    assert server.asked[-1] == {
        "model": "tts-1", "input": "Hello there.", "voice": "echo", "response_format": "pcm",
    }  # fmt: skip
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert engine.voices == ("alloy", "echo")


@pytest.mark.parametrize("kind", ["audio/pcm", "audio/wav", "application/octet-stream"])
async def test_wav_is_known_by_its_head(
    engine: OpenaiEngine, server: SpeechServer, kind: str
) -> None:
    answering(server, body=wav(channels=2), content_type=kind)
    chunk = await ask(engine)

    assert isinstance(chunk, AudioChunk)
    assert chunk.sample_rate_hz == 16_000
    assert chunk.samples.shape == (8000,)
    np.testing.assert_allclose(chunk.samples, 0.25)


@pytest.mark.parametrize(
    "rate", ["0001000000000000000000", "9" * 30, "7999", "999999999", "-1", ""]
)
async def test_a_rate_that_no_sound_has_is_not_taken(
    engine: OpenaiEngine, server: SpeechServer, rate: str
) -> None:
    headers = {"Content-Type": f"audio/L16; rate={rate}"}
    answering(server, body=b"\0\x20" * 100, headers=headers)
    chunk = await ask(engine)

    assert isinstance(chunk, AudioChunk)
    assert 8_000 <= chunk.sample_rate_hz <= 48_000


async def test_the_rate_that_is_named_counts(engine: OpenaiEngine, server: SpeechServer) -> None:
    answering(server, body=b"\0\x20" * 100, headers={"Content-Type": "audio/L16; rate=16000"})
    chunk = await ask(engine)

    assert isinstance(chunk, AudioChunk)
    assert chunk.sample_rate_hz == 16_000


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"status": 400, "text": '{"error": {"message": "No such voice."}}'}, "400: No such voice"),
        ({"status": 422, "text": '{"detail": [{"msg": "Field required"}]}'}, "Field required"),
        ({"status": 500, "text": "<html>" + "x" * 100_000}, "500: <html>x"),
        ({"status": 401, "text": '{"error": {"message": "Bad key sk-very-secret"}}'}, "(secret)"),
        ({"status": 404, "text": ""}, "404"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, "302"),
        ({"text": '{"error": {"message": "late"}}', "content_type": "application/json"}, "json"),
        ({"body": b"ID3" + bytes(99), "content_type": "audio/mpeg"}, "audio/mpeg"),
        ({"body": b"", "content_type": "audio/pcm"}, "none"),
        ({"body": bytes(9000), "content_type": "audio/pcm"}, "nothing that can be heard"),
        ({"body": b"RIFF\xff\xff\xff\xffWAVEdata", "content_type": "audio/wav"}, "no sound"),
        ({"body": b"RIFF....WAVEfmt \2\0\0\0ab", "content_type": "audio/wav"}, "damaged"),
        ({"body": b"\1\2" * 10_000_000, "content_type": "audio/pcm"}, "more sound"),
        ({"body": b"\x1f\x8b", "headers": {"Content-Encoding": "gzip"}}, "octet-stream"),
        ({"status": 500, "text": "[" * 60_000}, "500"),
    ],
)
async def test_a_bad_answer_costs_one_utterance(
    engine: OpenaiEngine, server: SpeechServer, answer: dict[str, object], told: str
) -> None:
    answering(server, **answer)
    error = await ask(engine)

    assert isinstance(error, UtteranceError)
    assert told in str(error)
    assert KEY not in str(error)
    assert len(str(error)) < 500
    server.answer = server.speak
    assert isinstance(await ask(engine), AudioChunk)


async def test_a_server_that_breaks_off_costs_one_utterance(
    engine: OpenaiEngine, server: SpeechServer
) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "90000"})
        await response.prepare(request)
        await response.write(b"\0\1" * 1000)
        assert request.transport is not None
        request.transport.abort()
        return response

    server.answer = break_off
    assert isinstance(await ask(engine), UtteranceError)
    server.answer = server.speak
    assert isinstance(await ask(engine), AudioChunk)


async def test_a_server_that_falls_silent_is_a_fault(
    engine: OpenaiEngine, server: SpeechServer
) -> None:
    gone = asyncio.Event()

    async def fall_silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await response.prepare(request)
        await response.write(b"\0\1" * 1000)
        await gone.wait()
        return response

    server.answer = fall_silent
    with pytest.raises(TransientError, match=r"hangs.*1 s"):
        await ask(engine)
    gone.set()


async def test_what_is_cancelled_ends_the_connection(
    engine: OpenaiEngine, server: SpeechServer
) -> None:
    reached, lost = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.StreamResponse:
        reached.set()
        while request.transport is not None and not request.transport.is_closing():
            await asyncio.sleep(0.01)
        lost.set()
        return web.Response()

    server.answer = wait
    speaking = asyncio.create_task(ask(engine))
    await reached.wait()
    speaking.cancel()
    await lost.wait()


async def test_the_key_is_logged_nowhere(
    server: SpeechServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answering(server, status=401, text=f'{{"error": {{"message": "Wrong key {KEY}"}}}}')
    engine = OpenaiEngine(url=server.url, api_key=KEY)
    try:
        with pytest.raises(StartError) as raised:
            await engine.warm_up()
    finally:
        await engine.close()

    assert "api_key_file" in raised.value.remedy
    assert KEY not in caplog.text + str(raised.value)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


async def test_tls_needs_a_certificate_that_is_trusted(certificate: tuple[Path, Path]) -> None:
    async with SpeechServer().running(*certificate) as server:
        trusting = OpenaiEngine(url=server.url, ca=str(certificate[0]))
        await trusting.warm_up()
        assert isinstance(await ask(trusting), AudioChunk)
        await trusting.close()
        wary = OpenaiEngine(url=server.url)
        with pytest.raises(StartError, match="certificate"):
            await wary.warm_up()
        await wary.close()


async def test_a_request_may_be_faster_and_the_next_is_not(
    engine: OpenaiEngine, server: SpeechServer
) -> None:
    asked = SpeechRequest(id="m1", text="Hello there.", voice="heart", speed=1.25)
    await engine.speak([asked])
    await ask(engine)

    assert [each.get("speed") for each in server.asked[-2:]] == [1.25, None]
