"""Voices made of recordings that a browser or a program sends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from aiohttp import web

from bot.errors import IshowttsError, StartError, shown
from bot.runtime.endpoints import JSON, Caller, Form, as_json, endpoint
from bot.voices import voice_files, wav
from bot.voices.cloning.judging import Judged, judge
from bot.voices.folder import About
from bot.voices.judgement import sentence, written
from bot.voices.management import VoiceFolders
from bot.web.uploads import Upload, received

_FIELDS: Final = frozenset(
    {"name", "transcript", "language", "licence", "consent", "whole", "replace"}
)


class AddQuery(Form, frozen=True):
    """What is wanted."""

    dry: bool = False
    """Whether the recording is judged alone, and nothing is written."""


class AddAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Judgement of a recording."""

    judged: Judged
    advice: list[str]
    """What would make it better, a sentence each."""
    sound: bytes
    """The reference as it was made, a WAV file in Base64."""
    name: str = ""
    """The voice that was made of it; empty where it was only judged."""


class AddForm(msgspec.Struct, frozen=True, kw_only=True):
    """Form with a recording."""

    file: bytes
    """Of any audio format, at most 20 MiB."""
    name: str
    """Name of the voice in chat."""
    transcript: str = ""
    """Exactly what is said; where it is left out and a recogniser is installed, what that heard."""
    language: str = ""
    """ISO 639-1 code."""
    licence: str = ""
    """What the recording may be used for."""
    consent: str = ""
    """Who agreed to being cloned, and when."""
    whole: str = ""
    """Anything, where all of the recording is to be taken: then the transcript is of all of it."""
    replace: str = ""
    """Anything, where a voice of this name is to be replaced."""


class Adding:
    """Endpoint that makes voices, one at a time."""

    def __init__(self, folders: VoiceFolders, added: Callable[[str], Awaitable[None]]) -> None:
        """Write into `folders`; `added` is told the name of each new voice."""
        self._folders, self._added = folders, added
        self._adding = asyncio.Lock()
        self.routes = [
            endpoint(
                *("POST", "/api/voices", self._add),
                least=Caller.STREAMER,
                is_streamed=True,
                takes={"multipart/form-data": AddForm},
                gives={JSON: AddAnswer},
            )
        ]

    async def _add(self, request: web.Request, query: AddQuery) -> web.Response:
        """Make a voice of a recording, or judge it alone.

        It is prepared as `ishowtts voice add` does, with the same faults in the same words. The
        transcript is of the part that is taken, or of all with `whole`; consent is needed.
        """
        if self._adding.locked():
            raise web.HTTPConflict(text="Another recording is being judged; try again.")
        async with self._adding:
            try:
                async with received(request) as upload:
                    answer = await self._add_upload(upload, is_dry=query.dry)
            except IshowttsError as error:
                raise web.HTTPUnprocessableEntity(text=str(error)) from None
            except OSError as error:
                text = f"The file cannot be kept: {error.strerror or error}."
                raise web.HTTPInsufficientStorage(text=text) from None
        status = web.HTTPOk.status_code if query.dry else web.HTTPCreated.status_code
        return as_json(answer, status=status)

    async def _add_upload(self, upload: Upload, *, is_dry: bool) -> AddAnswer:
        fields = upload.fields
        if unknown := sorted(fields.keys() - _FIELDS):
            raise StartError(f"The form has a field that nobody knows: {shown(unknown[0])}.")
        name, consent = fields.get("name", ""), " ".join(fields.get("consent", "").split())
        replace, keep_whole = bool(fields.get("replace")), bool(fields.get("whole"))
        given = " ".join(fields.get("transcript", "").split())
        own = self._folders.own
        if not is_dry:
            voice_files.verify_free(own, name, replace=replace)
            if not consent and not self._folders.allow_unlicensed:
                raise StartError(
                    "A voice needs a record of consent: who agreed to being cloned, and when."
                )
        judged, audio = await judge(upload.file, keep_whole=keep_whole, listen=not given)
        answer = AddAnswer(judged=judged, advice=_advice(judged), sound=wav.encode(audio))
        if is_dry and not given:
            return answer
        words = written(given or judged.heard, audio.duration_s)
        sentence(words, audio.duration_s, "that was sent")  # what engines refuse
        if is_dry:
            return answer
        about = About(
            language=fields.get("language", "") or judged.language,
            licence=" ".join(fields.get("licence", "").split()),
            consent=consent,
            source="Recorded or uploaded in the browser",
            gain_db=0.0,
            speed=1.0,
        )
        await asyncio.to_thread(
            lambda: voice_files.write(own, name, audio, words, about, replace=replace)
        )
        await self._added(name)
        return msgspec.structs.replace(answer, name=name)


def _advice(judged: Judged) -> list[str]:
    """Return what would make a recording better that is good enough."""
    enough_db, enough_s = 30.0, 5.0
    advice = []
    if judged.above_background_db < enough_db:
        advice.append("The background is heard: a quieter room, or closer to the microphone.")
    if judged.clipped:
        advice.append("Some of it is clipped: turn the microphone down a little.")
    if judged.end_s - judged.start_s < enough_s:
        advice.append("It is short: six seconds in one breath sound more like you.")
    return advice
