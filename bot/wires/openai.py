r"""OpenAI's speech API (https://platform.openai.com/docs/api-reference/audio/createSpeech).

curl -d '{"model": "ishowtts", "input": "hello", "voice": "alloy"}' -o hello.mp3 \
    http://127.0.0.1:7850/v1/audio/speech
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
import structlog
from aiohttp import web

from bot.config.sections.wires import OpenaiWireSettings
from bot.errors import CrowdedError, UtteranceError
from bot.runtime.endpoints import JSON, Caller, Form, as_json, endpoint, still_there
from bot.wires.sound import TYPES, encoder, stretch
from bot.wires.speech import Speech

log = structlog.get_logger(__name__)

MODEL: Final = "ishowtts"
NAMES: Final = (
    *("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx"),
    *("sage", "shimmer", "verse"),
)
"""Voices of OpenAI's, which programs offer for choice."""
_SEND_S = 10.0
"""Longest time for a caller to take what was made."""


class SpeechBody(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request; keys that it lacks here are ignored."""

    input: str
    voice: str | dict[str, Any] = "alloy"
    """Name of a voice, or an object with its `id`."""
    model: str = MODEL
    """Not looked at."""
    response_format: str = "mp3"
    speed: Annotated[float, msgspec.Meta(ge=0.25, le=4.0)] = 1.0
    stream_format: str = "audio"
    instructions: str = ""
    """Not followed: the voices take none."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks."""

    id: str = MODEL
    object: str = "model"
    created: int = 0
    owned_by: str = MODEL


class ModelPath(Form, frozen=True):
    """Which model."""

    name: str


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """All that there are."""

    data: list[Model]
    object: str = "list"


class Voices(msgspec.Struct, frozen=True, kw_only=True):
    """Names of voices."""

    voices: list[str]


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.param = param


class OpenaiWire:
    """Routes of the API."""

    def __init__(
        self,
        settings: OpenaiWireSettings,
        speech: Speech,
        *,
        default_voice: str,
        known_voices: Collection[str] | None,
    ) -> None:
        """Speak with `speech`; `known_voices` is None where the engine has one voice alone."""
        self._settings = settings
        self._speech = speech
        self._default = default_voice
        self._known = known_voices
        least = Caller.MODERATOR
        self.routes = [
            endpoint(
                "POST",
                "/v1/audio/speech",
                self._speak,
                least=least,
                takes={JSON: SpeechBody},
                gives=dict.fromkeys(TYPES.values(), bytes),
            ),
            endpoint("GET", "/v1/models", self._models, least=least),
            endpoint("GET", "/v1/models/{name}", self._model, least=least, gives={JSON: Model}),
            endpoint("GET", "/v1/audio/voices", self._voices, least=least),
        ]

    async def _models(self) -> Models:
        """List the models, as OpenAI does: there is one."""
        return Models(data=[Model()])

    async def _model(self, path: ModelPath) -> web.Response:
        """Get a model, as OpenAI does."""
        if path.name != MODEL:
            return _error(_RefusedError(HTTPStatus.NOT_FOUND, f"The only model is {MODEL}."))
        return as_json(Model())

    async def _voices(self) -> Voices:
        """List the voices, as Kokoro-FastAPI and speaches do."""
        return Voices(voices=self._names())

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        """Speak a text, as OpenAI does: the sound goes to the caller alone, while it is made."""
        try:
            body, text, voice = await self._read(await request.read())
            return await self._answer(request, body, text, voice)
        except _RefusedError as error:
            log.info("request refused", status=error.status, path=request.path, reason=str(error))
            return _error(error)

    async def _read(self, data: bytes) -> tuple[SpeechBody, str, str]:
        """Return the request, how its text is spoken, and the voice."""
        bad = HTTPStatus.BAD_REQUEST
        try:
            body = msgspec.json.decode(data, type=SpeechBody)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise _RefusedError(bad, f"The body has another form: {error}.") from None
        if body.response_format not in TYPES:
            message = f"response_format must be one of {', '.join(TYPES)}."
            raise _RefusedError(bad, message, "response_format")
        if body.stream_format != "audio":
            raise _RefusedError(bad, "stream_format must be audio.", "stream_format")
        limit = self._settings.max_characters
        if len(body.input) > limit:
            raise _RefusedError(bad, f"input is longer than {limit} characters.", "input")
        voice = self._voice(body.voice)
        text = await self._speech.read(body.input, is_filtered=self._settings.filtered)
        if not text:
            raise _RefusedError(bad, "Nothing of input may or can be said.", "input")
        if body.instructions:
            log.info("instructions are not followed", wire="openai")
        return body, text, voice

    async def _answer(
        self, request: web.Request, body: SpeechBody, text: str, voice: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": TYPES[body.response_format]})
        if body.instructions:
            response.headers["X-Ishowtts-Ignored"] = "instructions"
        async with aclosing(self._encoded(body, text, voice, still_there(request))) as parts:
            try:
                first = await anext(parts, b"")
            except CrowdedError:
                message = "Too many requests are under way; try again."
                raise _RefusedError(HTTPStatus.TOO_MANY_REQUESTS, message) from None
            except UtteranceError as error:
                raise _RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from None
            except ImportError:
                message = f"{body.response_format} needs the extra voices; take wav or pcm."
                raise _RefusedError(HTTPStatus.BAD_REQUEST, message, "response_format") from None
            await response.prepare(request)
            try:
                await _send(response, first)
                async for part in parts:
                    await _send(response, part)
            except TimeoutError:
                log.info("caller takes nothing", path=request.path)
                raise ConnectionResetError from None
        await response.write_eof()
        return response

    async def _encoded(
        self, body: SpeechBody, text: str, voice: str, is_wanted: Callable[[], bool]
    ) -> AsyncGenerator[bytes, None]:
        writer = encoder(body.response_format)
        async with aclosing(self._speech.speak(text, voice=voice, is_wanted=is_wanted)) as pieces:
            async for piece in pieces:
                samples = await asyncio.to_thread(stretch, piece, body.speed)
                if data := await asyncio.to_thread(writer.write, samples):
                    yield data
        if data := await asyncio.to_thread(writer.close):
            yield data

    def _voice(self, asked: str | dict[str, Any]) -> str:
        name = asked if isinstance(asked, str) else str(asked.get("id", ""))
        voice = self._settings.voices.get(name)
        if voice is None:
            is_own = self._known is not None and name in self._known
            voice = name if is_own else self._default
            if not is_own and name not in (*NAMES, self._default):
                message = f"There is no such voice; there is {', '.join(self._names())}."
                raise _RefusedError(HTTPStatus.BAD_REQUEST, message, "voice")
        return voice

    def _names(self) -> list[str]:
        own = {self._default, *(self._known or ()), *self._settings.voices}
        return [*sorted(own), *(name for name in NAMES if name not in own)]


async def _send(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(_SEND_S):
        await response.write(data)


def _error(error: _RefusedError) -> web.Response:
    is_callers = error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    kind = "invalid_request_error" if is_callers else "server_error"
    body = {"message": str(error), "type": kind, "param": error.param, "code": None}
    return web.json_response({"error": body}, status=error.status)
