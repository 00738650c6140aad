"""The Wyoming protocol (https://github.com/OHF-Voice/wyoming), as Home Assistant speaks it.

The package `wyoming` is an extra, so this module is imported where the wire is enabled alone.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import aclosing
from typing import Any, Final

import structlog
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable, async_read_event, async_write_event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
)

from bot import version
from bot.config.sections.wires import WyomingWireSettings
from bot.errors import CrowdedError, StartError, UtteranceError
from bot.wires.sound import Plain
from bot.wires.speech import RATE_HZ, Speech

log = structlog.get_logger(__name__)

_MAX_BYTES: Final = 64 * 1024
"""Largest part of an event."""
_MAX_CHARACTERS = 4_096
_MAX_CONNECTIONS = 16
_IDLE_S = 60.0
"""Time after which a connection is closed on which nothing comes."""
_SEND_S = 10.0
"""Longest time for a caller to take what was made."""
_CHUNK_BYTES = 4_096
_FORM: Final = {"rate": RATE_HZ, "width": 2, "channels": 1}


class _TooLargeError(Exception):
    """An event is larger than may be."""


class _Bounded:
    """Reader that refuses what is too large, before there is memory for it."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def readline(self) -> bytes:
        return await self._reader.readline()  # the stream's own limit raises ValueError

    async def readexactly(self, count: object) -> bytes:
        if not isinstance(count, int) or not 0 < count <= _MAX_BYTES:
            raise _TooLargeError
        return await self._reader.readexactly(count)


class WyomingWire:
    """Server of the protocol; `run` listens."""

    def __init__(
        self,
        settings: WyomingWireSettings,
        speech: Speech,
        *,
        default_voice: str,
        known_voices: Collection[str] | None,
        language: str,
    ) -> None:
        """Speak with `speech`; voices without a language of their own are told as `language`."""
        self._settings = settings
        self.speech = speech
        self.is_filtered = settings.filtered
        self._default = default_voice
        self._known = known_voices
        self._language = language
        self._connections = 0
        self.port = 0
        """TCP port that is listened on."""

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            StartError: the address cannot be listened on.
        """
        host, port = self._settings.host, self._settings.port
        try:
            server = await asyncio.start_server(self._serve, host, port, limit=_MAX_BYTES)
        except OSError as error:
            raise StartError(
                f"Cannot listen on {host} port {port}: {error.strerror or error}.",
                remedy="Set wires.wyoming.port to another number.",
            ) from error
        self.port = server.sockets[0].getsockname()[1]
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = (writer.get_extra_info("peername") or ("",))[0]
        clients = self._settings.clients
        is_welcome = not clients or peer in {*clients, "127.0.0.1", "::1"}
        if not is_welcome or self._connections >= _MAX_CONNECTIONS:
            log.info("connection refused", wire="wyoming", source=peer)
            writer.close()
            return
        self._connections += 1
        try:
            await _Session(self, writer).run(_Bounded(reader))
        except (_TooLargeError, TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            log.info("connection closed", wire="wyoming", reason=repr(error))
        except Exception:
            # The package takes events of any form apart: a wrong one costs its connection alone.
            log.exception("event broke the connection", wire="wyoming")
        finally:
            self._connections -= 1
            writer.close()

    def voice_of(self, asked: str | None) -> str:
        """Return our voice for the name that was asked for."""
        return (
            asked if asked and self._known is not None and asked in self._known else self._default
        )

    def info(self) -> Info:
        """Return what this server tells of itself."""
        own = Attribution(name="iShowTTS", url="")
        voices = [
            TtsVoice(
                name=name,
                attribution=own,
                installed=True,
                description=name,
                version=None,
                languages=[self._language],
            )
            for name in sorted({self._default, *(self._known or ())})
        ]
        program = TtsProgram(
            name="ishowtts",
            attribution=own,
            installed=True,
            description="Voices of iShowTTS",
            version=version(),
            voices=voices,
            supports_synthesize_streaming=True,
        )
        return Info(tts=[program])


class _Session:
    """One connection."""

    def __init__(self, wire: WyomingWire, writer: asyncio.StreamWriter) -> None:
        self._wire = wire
        self._writer = writer
        self._started: SynthesizeStart | None = None
        self._text = ""

    async def run(self, reader: _Bounded) -> None:
        while True:
            async with asyncio.timeout(_IDLE_S):
                event = await async_read_event(reader)  # type: ignore[arg-type]
            if event is None:
                return
            await self._take(event)

    async def _take(self, event: Event) -> None:
        if Describe.is_type(event.type):
            await self._send(self._wire.info())
        elif Ping.is_type(event.type):
            await self._send(Pong(text=Ping.from_event(event).text))
        elif SynthesizeStart.is_type(event.type):
            self._started, self._text = SynthesizeStart.from_event(event), ""
        elif SynthesizeChunk.is_type(event.type) and self._started is not None:
            # Gathered: a blocked word may stand over the border of two.
            self._text += SynthesizeChunk.from_event(event).text
            if len(self._text) > _MAX_CHARACTERS:
                raise _TooLargeError
        elif SynthesizeStop.is_type(event.type) and self._started is not None:
            voice, self._started = self._started.voice, None
            await self._speak(self._text, voice)
            await self._send(SynthesizeStopped())
        elif Synthesize.is_type(event.type) and self._started is None:
            # While a text comes in chunks it is sent whole too, for servers without chunks.
            asked = Synthesize.from_event(event)
            if not await self._speak(asked.text, asked.voice):
                await self._send(AudioStop())  # Home Assistant waits for that, whatever comes

    async def _speak(self, text: str, voice: Any) -> bool:  # noqa: ANN401 - of the package
        """Send `text` as sound, or why not; return whether sound was sent, with its end."""
        wire = self._wire
        spoken = ""
        if len(text) <= _MAX_CHARACTERS:
            spoken = await wire.speech.read(text, is_filtered=wire.is_filtered)
        if not spoken:
            await self._send(Error(text="Nothing of the text may or can be said."))
            return False
        name = wire.voice_of(voice.name if voice else None)
        form = Plain(has_header=False)
        is_begun = False
        try:
            pieces = wire.speech.speak(spoken, voice=name, is_wanted=self._is_there)
            async with aclosing(pieces):
                async for samples in pieces:
                    if not is_begun:
                        await self._send(AudioStart(**_FORM))
                        is_begun = True
                    data = form.write(samples)
                    for start in range(0, len(data), _CHUNK_BYTES):
                        part = data[start : start + _CHUNK_BYTES]
                        await self._send(AudioChunk(audio=part, **_FORM))
        except CrowdedError:
            await self._send(Error(text="Too many requests are under way."))
        except UtteranceError as error:
            await self._send(Error(text=str(error)))
        if is_begun:
            await self._send(AudioStop())
        return is_begun

    @property
    def _is_there(self) -> Callable[[], bool]:
        return lambda: not self._writer.is_closing()

    async def _send(self, event: Eventable) -> None:
        async with asyncio.timeout(_SEND_S):
            await async_write_event(event.event(), self._writer)
