"""Voices over HTTP: listed, heard, made of a recording, removed, chosen for a channel."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Protocol

import msgspec
import numpy as np
from aiohttp import hdrs, web

from bot.channel import Channel
from bot.config import Settings
from bot.errors import CrowdedError, IshowttsError, StartError, UtteranceError, shown
from bot.messages import AudioChunk, Samples
from bot.runtime.endpoints import Caller, Form, endpoint, still_there
from bot.voices import voice_files, wav
from bot.voices.catalogue import VoiceCatalog
from bot.voices.folder import (
    About,
    Signature,
    changed_at,
    is_name,
    read_about,
    read_recording,
    read_signature,
    read_transcript,
)
from bot.voices.management import VoiceFolders
from bot.web.channels import one_of
from bot.web.settings import LiveSettings
from bot.web.voice_adding import Adding

_SAMPLE: Final = "Hello chat, this is my voice, and I am going to read what you write."
_WAV: Final = "audio/wav"
_LONGEST: Final = 300
_KEPT: Final = 16
"""Samples that are kept, so that a second listening makes nothing."""
_SETTLES_S: Final = 10.0
"""Seconds after a change in which the engine may still speak with the voice before it: it looks
every two seconds, and takes what looked the same twice.
"""


class Speaks(Protocol):
    """Makes speech when chat wants none made."""

    def speak(
        self, text: str, *, voice: str, is_wanted: Callable[[], bool] = ...
    ) -> AsyncGenerator[Samples, None]:
        """Yield the speech of `text`, `[n]`."""


class VoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A reference voice."""

    name: str
    language: str
    licence: str
    consent: str
    """Who agreed to being cloned, and when."""
    transcript: str
    is_own: bool
    """Whether it is the user's, and may be removed."""
    problem: str
    """Why it cannot speak, with the remedy; empty if it can."""
    channels: list[str]
    """Channels whose voice it is."""


class VoicesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All voices."""

    voices: list[VoiceLine]
    may_choose: bool
    """Whether an engine speaks with voices to choose from."""


class VoicePath(Form, frozen=True):
    """Which voice."""

    name: str


class SpeechQuery(Form, frozen=True):
    """What it shall say."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST)] = _SAMPLE


class ChannelPath(Form, frozen=True):
    """Which channel."""

    channel: str


class ChosenVoice(Form, frozen=True):
    """Voice of a channel."""

    voice: str


class VoicePages:
    """Endpoints about voices."""

    def __init__(
        self,
        folders: VoiceFolders,
        catalog: VoiceCatalog | None,
        *,
        speech: Speaks,
        rate_hz: int,
        live: LiveSettings,
        channels: Mapping[str, Channel],
    ) -> None:
        """Show the voices of `folders`; `speech` lets them speak at `rate_hz`."""
        self._folders, self._catalog = folders, catalog
        self._speech, self._rate_hz = speech, rate_hz
        self._live, self._channels = live, channels
        self._made: dict[tuple[str, str, Signature], bytes] = {}
        sound, streamer, moderator = {_WAV: bytes}, Caller.STREAMER, Caller.MODERATOR
        place = "/api/channels/{channel}/voice"
        self.routes = [
            *Adding(folders, self._look_again).routes,
            endpoint("GET", "/api/voices", self._list, least=moderator),
            endpoint("DELETE", "/api/voices/{name}", self._remove, least=streamer),
            endpoint(
                "GET", "/api/voices/{name}/sample", self._sample, least=moderator, gives=sound
            ),
            endpoint("GET", "/api/voices/{name}/speech", self._speak, least=moderator, gives=sound),
            endpoint("PUT", place, self._choose, least=streamer),
            endpoint("DELETE", place, self._reset, least=streamer),
        ]

    async def _list(self) -> VoicesAnswer:
        """Get every voice, with what keeps it from speaking."""
        lines = await asyncio.to_thread(self._lines)
        return VoicesAnswer(voices=lines, may_choose=self._catalog is not None)

    def _lines(self) -> list[VoiceLine]:
        used = {channel.name: channel.voice for channel in self._live.settings.channels}
        return [
            _line(self._folders, name, folder, [c for c, voice in used.items() if voice == name])
            for name, folder in self._folders.find().items()
        ]

    async def _sample(self, path: VoicePath) -> web.Response:
        """Get the recording that a voice is made of."""
        try:
            folder = await asyncio.to_thread(self._folders.find_one, path.name)
            body = await asyncio.to_thread(read_recording, folder)
        except StartError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        return _sound(body)

    async def _speak(
        self, request: web.Request, path: VoicePath, query: SpeechQuery
    ) -> web.Response:
        """Let a voice say a sentence, for the caller alone; chat comes before."""
        if self._catalog is None or path.name not in self._catalog:
            raise web.HTTPNotFound(text=f"There is no voice {shown(path.name)} that can speak.")
        policy = next(iter(self._channels.values())).policy
        spoken = await asyncio.to_thread(policy.read, query.text)
        if not spoken:
            raise web.HTTPUnprocessableEntity(text="Nothing of it may or can be said.")
        try:
            signature, is_settled = await asyncio.to_thread(self._look_at, path.name)
        except StartError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        key = path.name, spoken, signature
        if (kept := self._made.get(key)) is not None:
            return _sound(kept)
        body = await self._make(path.name, spoken, still_there(request))
        if is_settled:
            self._made[key] = body
            while len(self._made) > _KEPT:
                del self._made[next(iter(self._made))]
        return _sound(body)

    def _look_at(self, name: str) -> tuple[Signature, bool]:
        """Return what tells the voice's files from others, and whether the engine has them."""
        folder = self._folders.find_one(name)
        return read_signature(folder), time.time() - changed_at(folder) > _SETTLES_S

    async def _make(self, name: str, spoken: str, is_wanted: Callable[[], bool]) -> bytes:
        try:
            speech = self._speech.speak(spoken, voice=name, is_wanted=is_wanted)
            async with aclosing(speech) as pieces:
                parts = [piece async for piece in pieces]
        except CrowdedError:
            raise web.HTTPTooManyRequests(
                text="Too many requests are under way; try again."
            ) from None
        except UtteranceError as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from None
        if not parts:  # the caller has gone
            raise web.HTTPServiceUnavailable(text="Nobody waits for it any more.")
        samples = np.concatenate(parts)
        return wav.encode(AudioChunk(samples=samples, sample_rate_hz=self._rate_hz))

    async def _remove(self, path: VoicePath) -> None:
        """Remove a voice of one's own, with its recording."""
        try:
            await asyncio.to_thread(self._folders.find_own, path.name)
            await asyncio.to_thread(voice_files.remove, self._folders.own, path.name)
        except StartError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        await self._look_again(path.name)

    async def _choose(self, path: ChannelPath, body: ChosenVoice) -> None:
        """Choose the voice of a channel: it counts at once, and stands in the user's file."""
        if self._catalog is not None and body.voice not in self._catalog:
            raise web.HTTPUnprocessableEntity(text=f"There is no voice {shown(body.voice)}.")
        await self._set(path.channel, body.voice)

    async def _reset(self, path: ChannelPath) -> None:
        """Give a channel the voice that it has where nothing is configured."""
        settings = self._live.settings.channels[0]
        await self._set(path.channel, str(type(settings).model_fields["voice"].default))

    async def _set(self, channel: str, voice: str) -> None:
        name = one_of([each.name for each in self._live.settings.channels], channel)
        if not is_name(voice):
            raise web.HTTPUnprocessableEntity(text=f"{shown(voice)} is no name of a voice.")
        try:
            await self._live.change(partial(_voice_of, name, voice))
        except IshowttsError as error:
            raise web.HTTPConflict(text=str(error)) from None

    async def _look_again(self, name: str) -> None:
        """Forget what was known of the voice `name`."""
        self._made = {key: body for key, body in self._made.items() if key[0] != name}
        if self._catalog is not None:
            await asyncio.to_thread(self._catalog.refresh)


def _voice_of(channel: str, voice: str, settings: Settings) -> dict[str, object]:
    """Return the change that gives a channel a voice, wherever it stands in the file.

    Raises:
        StartError: it is there no more.
    """
    names = [each.name for each in settings.channels]
    if channel not in names:
        raise StartError(
            f"The channel {channel} is no longer in the file.",
            remedy="Start the daemon again: the file was edited.",
        )
    return {f"channels[{names.index(channel)}].voice": voice}


def _line(folders: VoiceFolders, name: str, folder: Path, channels: list[str]) -> VoiceLine:
    try:
        about, words = read_about(folder, allow_unlicensed=True), read_transcript(folder).strip()
    except StartError:
        about, words = About("", "", "", "", 0.0, 1.0), ""
    return VoiceLine(
        name=name,
        language=about.language,
        licence=about.licence,
        consent=about.consent,
        transcript=words,
        is_own=folders.is_own(folder),
        problem=str(folders.problem(folder) or ""),
        channels=channels,
    )


def _sound(body: bytes) -> web.Response:
    return web.Response(
        body=body, content_type=_WAV, headers={hdrs.CACHE_CONTROL: "private, no-cache"}
    )
