"""Engine that has texts spoken by a pool of workers on other machines."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace
from nats.aio.msg import Msg

from bot.engine.contract import Engine
from bot.engine.guests.pool import wire
from bot.engine.guests.pool.connection import Access, Connection
from bot.engine.guests.pool.dispatch import Dispatcher
from bot.engine.guests.pool.roster import Roster, Wanted, languages_of
from bot.engine.guests.pool.voices import Sending, Store
from bot.engine.process.progress import Progress
from bot.errors import StartError, TransientError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.clock import awake

log = logging.getLogger(__name__)


class PoolEngine(Engine):
    """Asks the workers, many texts at a time."""

    name = "pool"
    at_once = 64

    def __init__(
        self,
        *,
        speed: float = 1.0,
        servers: Sequence[str] = ("nats://127.0.0.1:4222",),
        user: str | None = None,
        password: str | None = None,
        ca: str | None = None,
        certificate: str | None = None,
        key: str | None = None,
        subject: str = "ishowtts",
        streamer: str | None = None,
        priority: int = 0,
        silent_s: float = 0.8,
        start_s: float = 5.0,
        voices: str = "voices",
        shipped_voices: str = "",
        allow_unlicensed: bool = False,
    ) -> None:
        """Take the way to the pool.

        Args:
            speed: Factor on the speaking rate.
            servers: Addresses of NATS, such as tls://nats.example:4222.
            user: Account there.
            password: Its password; it is never logged.
            ca: PEM file of the authority that signed the servers' certificates.
            certificate: PEM file of our own.
            key: PEM file of its key.
            subject: First part of all subjects.
            streamer: Our name in subjects; None is that of the user, or main.
            priority: Which of several daemons of this streamer comes first: the greater one.
            silent_s: Seconds without a sign of life after which a worker is lost.
            start_s: Seconds that a start waits for the servers, and as many for a worker.
            voices: Folder of voices that may travel.
            shipped_voices: Another one; those in `voices` win over it.
            allow_unlicensed: Let voices travel that name no consent.
        """
        name = wire.checked_token(streamer or user or "main", "the streamer (engine.pool.streamer)")
        access = Access(servers, user, password, ca, certificate, key)
        self._speed = speed
        self._other_version = 0
        """Version that a worker speaks which cannot be understood; 0 while there is none."""
        self._start_s = start_s
        self._subjects = wire.Subjects(subject)
        self._connection = Connection(access, name=f"ishowtts {name}", inbox=wire.inbox(name))
        self._roster = Roster(silent_s=silent_s)
        self._bucket = wire.bucket(subject, name)
        self._ask_for_store = self._subjects.store(name)
        self._store: Store | None = None
        roots = [Path(folder) for folder in (shipped_voices, voices) if folder]
        self._sending = Sending(roots, allow_unlicensed=allow_unlicensed)
        self.progress: Progress = Progress()
        self._dispatcher = Dispatcher(
            self._connection,
            self._roster,
            subjects=self._subjects,
            streamer=name,
            silent_s=silent_s,
            priority=priority,
            on_progress=self._note_progress,
        )

    def _note_progress(self) -> None:
        self.progress.begin(1)

    async def warm_up(self) -> None:
        """Connect, and wait for a worker."""
        await self._connection.open(within_s=self._start_s)
        self._store = Store(self._connection.client, self._bucket, self._ask_for_store)
        await self._dispatcher.open()
        await self._connection.client.subscribe(self._subjects.beat(), cb=self._hear)
        workers = await self._wait_for_workers()
        first = workers[0]
        self.longest_piece = min(each.longest_piece for each in workers)
        self.nfe_choices = first.nfe_choices
        self.licence = first.licence
        self.languages = languages_of(workers)
        own = tuple(dict.fromkeys(voice for each in workers for voice in each.voices))
        clones = any(each.clones for each in workers)
        self.voices = self._sending.names if clones else own
        machines = dict.fromkeys(f"{each.engine} {each.hardware}".strip() for each in workers)
        self.hardware = f"pool: {', '.join(machines)}"

    async def _wait_for_workers(self) -> list[wire.Beat]:
        """Return those that take requests; some beats are waited for, so that most are in it."""
        deadline = awake() + self._start_s
        while True:
            open_ones = [each for each in self._roster.alive if each.is_open]
            if open_ones:
                await asyncio.sleep(wire.BEAT_S)
                return [each for each in self._roster.alive if each.is_open] or open_ones
            if awake() > deadline:
                break
            await asyncio.sleep(wire.BEAT_S / 2)
        if self._other_version:
            raise StartError(
                f"The workers of the pool speak version {self._other_version} of its messages,"
                f" this daemon speaks {wire.VERSION}.",
                remedy="Install the same ishowtts on both.",
            )
        trouble = f" ({self._connection.trouble})" if self._connection.trouble else ""
        raise StartError(
            f"The pool has no worker{trouble}.",
            remedy="Start one: ishowtts worker; its subject must be the same as engine.pool's.",
        )

    async def _hear(self, message: Msg) -> None:
        try:
            version = wire.decode_version(message.data)
            if version != wire.VERSION:
                self._other_version = version
                return
            beat = wire.decode_beat(message.data)
        except msgspec.MsgspecError:
            return  # of somebody else
        if message.subject.endswith(f".{beat.worker}"):
            self._roster.hear(beat)
            self._note_progress()

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        """Return the speech of each request."""
        return await asyncio.gather(*map(self._speak, requests))

    async def _speak(self, request: SpeechRequest) -> AudioChunk | UtteranceError:
        assert self._store is not None
        self._note_progress()
        key = ""
        try:
            cloned = Wanted(request.voice, request.language)
            if self._roster.can_speak(cloned):
                key = await self._sending.key(request.voice, self._store)
            told = replace(request, speed=request.speed * self._speed)
            return (await self._dispatcher.speak(told, key)).audio
        except UtteranceError as error:
            if not self._connection.is_up:
                raise TransientError("The pool is away: NATS is not there.") from error
            if key:  # the store may have lost it: it is sent again, if need be
                self._sending.forget(key)
                self._store.forget(key)
            return error

    async def close(self) -> None:
        """End the connection."""
        if self._store is not None:
            self._store.close()
        await self._connection.close()
