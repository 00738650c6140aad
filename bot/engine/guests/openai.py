"""Server with OpenAI's speech API: `POST /audio/speech`, read as it comes.

Kokoro-FastAPI, speaches, LocalAI and OpenAI itself speak it. The server is not trusted: size and
time are limited, redirections are not followed, since they would carry the key elsewhere, and an
answer that is no sound costs one utterance. A server that hangs or is gone is a fault: the process
is replaced, and tries again after growing pauses.

Source: OpenAI's API reference, Create speech.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from bot.engine.guests import sound
from bot.engine.guests.guest import LONGEST_SPEECH_S, WARM_UP, Guest
from bot.errors import StartError, TransientError, UtteranceError, raised
from bot.messages import AudioChunk
from bot.runtime.files.folders import read_bounded

_CONNECT_S = 5.0
_MOST_PEM_BYTES = 4 << 20
_ERROR_BYTES = 1 << 16
_SAID = 200
"""Most characters of what a server says that are passed on."""
_MOST_HZ = 192_000
_WRONG_TYPES = ("text/", "application/json", "audio/mpeg", "audio/mp3", "audio/ogg", "audio/opus",
                "audio/aac", "audio/flac")  # fmt: skip
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 401, 403, 404


class OpenaiEngine(Guest):
    """Asks a server for each text."""

    name = "openai"

    def __init__(
        self,
        *,
        url: str,
        speed: float = 1.0,
        model: str = "tts-1",
        voice: str = "alloy",
        voices: Mapping[str, str] | None = None,
        sound: str = "pcm",
        sample_rate_hz: int = 24_000,
        silent_s: float = 10.0,
        api_key: str | None = None,
        ca: str | None = None,
        languages: Sequence[str] = (),
        licence: str = "",
    ) -> None:
        """Take the server, and what it is asked for.

        Args:
            url: What stands before `/audio/speech`, such as http://127.0.0.1:8880/v1.
            speed: Factor on the speaking rate.
            model: Its model.
            voice: Its voice that speaks.
            voices: Others of its voices, by ours.
            sound: "pcm" or "wav".
            sample_rate_hz: Rate of pcm, unless the server names one.
            silent_s: Seconds without a byte after which it hangs.
            api_key: Key, or None; it is never logged.
            ca: PEM file of the authority that signed its certificate; None for the system's.
            languages: What its voices speak: the API does not tell.
            licence: Licence of its model, for the same reason.
        """
        super().__init__(speed=speed, voice=voice, voices=voices)
        self._url = url.rstrip("/")
        self._model = model
        self._sound = sound
        self._sample_rate_hz = sample_rate_hz
        self._silent_s = silent_s
        self._key = api_key or ""
        self._ca = ca
        self._session: aiohttp.ClientSession | None = None
        self.languages = tuple(languages)
        self.licence = licence or "that of the server and its model"
        self.hardware = f"server {self._url}"

    async def warm_up(self) -> None:
        """Let the server say something, and ask which voices it has, where it tells."""
        if self._session is None:
            self._session = self._open()
        try:
            await self.say(WARM_UP, self._voice)
        except (UtteranceError, TransientError) as error:
            raise StartError(error.message, remedy=error.remedy or _REMEDY) from error
        self.voices = await self._ask_voices()
        unknown = [voice for voice in self.named_voices if self.voices and not self._has(voice)]
        if unknown:
            raise StartError(
                f"The server {self._url} has no voice {unknown[0]}.",
                remedy=f"It has {_shown(', '.join(self.voices))}",
            )

    def _has(self, voice: str) -> bool:
        # Kokoro-FastAPI mixes voices: af_bella(2)+af_sky(1).
        return voice in self.voices or "+" in voice or "(" in voice

    def _open(self) -> aiohttp.ClientSession:
        try:
            if self._ca is not None:  # OpenSSL would wait for a pipe, or read for ever
                read_bounded(Path(self._ca), _MOST_PEM_BYTES)
            context = ssl.create_default_context(cafile=self._ca)
        except OSError as error:
            raise StartError(
                f"The certificates in {self._ca} cannot be read: {error.strerror or error}.",
                remedy="Set `ca` to a PEM file, or to null for the system's.",
            ) from error
        headers = {"Accept-Encoding": "identity", "User-Agent": "ishowtts"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return aiohttp.ClientSession(
            headers=headers,
            connector=aiohttp.TCPConnector(ssl=context),
            timeout=aiohttp.ClientTimeout(
                total=LONGEST_SPEECH_S, sock_connect=_CONNECT_S, sock_read=self._silent_s
            ),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def _ask_voices(self) -> tuple[str, ...]:
        """Return the names of its voices; empty where it does not tell."""
        assert self._session is not None
        try:
            async with self._session.get(
                f"{self._url}/audio/voices", allow_redirects=False
            ) as answer:
                if answer.status != _OK:
                    return ()
                listed = json.loads(await answer.content.read(_ERROR_BYTES))["voices"]
                names = [each if isinstance(each, str) else each.get("id") for each in listed]
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, LookupError,
                TypeError, AttributeError, RecursionError):  # fmt: skip
            return ()  # only a few servers have it
        return tuple(name for name in names if isinstance(name, str))

    async def say(self, text: str, voice: str) -> AudioChunk:
        """Return the speech of `text`."""
        assert self._session is not None
        asked: dict[str, Any] = {
            "model": self._model,
            "input": text,
            "voice": voice,
            "response_format": self._sound,
        }
        if self._speed != 1:
            asked["speed"] = self._speed
        self.progress.begin(len(text))
        try:
            async with self._session.post(
                f"{self._url}/audio/speech", json=asked, allow_redirects=False
            ) as answer:
                if answer.status != _OK:
                    raise await self._refusal(answer)
                return await self._read(answer, len(text))
        except (aiohttp.ServerTimeoutError, asyncio.TimeoutError):
            raise TransientError(
                f"The server {self._url} hangs: it gave nothing for {self._silent_s:g} s."
            ) from None
        except aiohttp.ClientConnectorError as error:
            why = self._clean(str(error.os_error.strerror or error.os_error))
            raise TransientError(
                f"The server {self._url} cannot be reached: {why}.", remedy=_REMEDY
            ) from None
        except (aiohttp.ClientError, ValueError) as error:
            raise UtteranceError(
                f"The server {self._url} broke off: {self._clean(raised(error))}."
            ) from None

    async def _read(self, answer: aiohttp.ClientResponse, letters: int) -> AudioChunk:
        kind = answer.content_type
        if kind.startswith(_WRONG_TYPES) or "Content-Encoding" in answer.headers:
            raise UtteranceError(
                f"The server {self._url} answered with {self._clean(kind)}, not with sound of the"
                f" kind {self._sound}.",
                remedy="Set `sound` to the other one of pcm and wav.",
            )
        rate_hz = self._rate_hz(answer)
        most_bytes = int(LONGEST_SPEECH_S * rate_hz * 2 * 2)
        data = bytearray()
        async for block in answer.content.iter_any():
            if not data:
                self.progress.step()
            self.progress.begin(letters)
            data += block
            if len(data) > most_bytes:
                raise UtteranceError(f"The server {self._url} gave more sound than any text needs.")
        body = bytes(data)
        # Some give WAV whatever they are asked for.
        if self._sound == "wav" or sound.is_wav(body):
            return sound.from_wav(body)
        return sound.from_pcm(body, rate_hz)

    def _rate_hz(self, answer: aiohttp.ClientResponse) -> int:
        """Return the rate of pcm: of a type such as `audio/L16; rate=16000`, else the usual one."""
        _, _, named = answer.headers.get("Content-Type", "").partition("rate=")
        digits = named.partition(";")[0].strip()
        if len(digits) < 10 and digits.isascii() and digits.isdigit():  # noqa: PLR2004
            rate_hz = int(digits)
            if 8_000 <= rate_hz <= _MOST_HZ:  # noqa: PLR2004
                return rate_hz
        return self._sample_rate_hz

    async def _refusal(self, answer: aiohttp.ClientResponse) -> UtteranceError:
        """Return what the server says against it."""
        said = self._clean(_message(await answer.content.read(_ERROR_BYTES)))
        message = f"The server {self._url} answers {answer.status}" + (f": {said}" if said else ".")
        if answer.status in {_UNAUTHORIZED, _FORBIDDEN}:
            return UtteranceError(
                message, remedy="Give the engine the server's key: `api_key_file`."
            )
        if answer.status == _NOT_FOUND:
            return UtteranceError(
                message, remedy="Check its `url`, which ends in /v1, and `model`."
            )
        return UtteranceError(message)

    def _clean(self, said: str) -> str:
        """Return what somebody else said as a short line without the key."""
        hidden = said.replace(self._key, "(secret)") if self._key else said
        return _shown("".join(c if c.isprintable() else " " for c in hidden))

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


_REMEDY = "Start the server, or correct the engine's `url`."


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SAID else line[:_SAID] + "…"


def _message(body: bytes) -> str:
    """Return the sentence in an error's body: `error.message` of OpenAI, `detail` of FastAPI."""
    text = body.decode(errors="replace")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for _ in range(4):
        if isinstance(told, list) and told:
            told = told[0]
        elif isinstance(told, dict):
            keys = ("error", "detail", "message", "msg")
            told = next((told[key] for key in keys if told.get(key)), "")
    return told if isinstance(told, str) else ""
