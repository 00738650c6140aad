"""Worker of a pool: takes requests from NATS, has them spoken by one engine, and sends the speech.

It takes what it can begin soon and says that it is busy to the rest: the daemons keep what waits,
and ask whoever is free. Nothing is kept here that a daemon would miss: it asks another worker.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import structlog
from msgspec.structs import replace
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bot.engine.guests.pool import wire
from bot.engine.guests.pool.connection import Connection
from bot.engine.guests.pool.voices import is_of_a_streamer
from bot.engine.process import protocol
from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Supervisor
from bot.errors import StartError, UtteranceError, raised
from bot.messages import SpeechRequest
from bot.pool.bounds import bounded
from bot.pool.figures import Figures, Result
from bot.pool.load import Limits, Load
from bot.pool.queue import FairQueue, Waiting
from bot.pool.voices import Voices
from bot.runtime.clock import awake
from bot.runtime.concurrency.tasks import running
from bot.runtime.concurrency.waiting import cancel, first_to_end
from bot.runtime.processes.packing import encode

log = structlog.get_logger(__name__)

_DRAIN_S = 20.0
"""Limit of what is under way when the worker ends, in seconds."""
_LEAVE_S = 0.3
"""Time in which daemons hear that a worker ends before it does."""
_BEAT_LEAST_S = 0.05
"""Time between two beats while the load changes."""


class Worker:
    """One engine at the pool's service."""

    def __init__(
        self,
        connection: Connection,
        supervisor: Supervisor,
        *,
        root: str,
        name: str,
        voices: Path | None,
        limits: Limits,
        figures: Figures,
    ) -> None:
        """Serve the pool whose subjects begin with `root`.

        Voices are kept in a folder; None is an engine that speaks with its own alone.
        """
        # A new one at every start: nobody takes it for the one that was lost.
        self.name = wire.checked_token(f"{name}-{secrets.token_hex(3)}", "the worker (worker.name)")
        self._connection = connection
        self._supervisor = supervisor
        self._subjects = wire.Subjects(root)
        self._limits = limits
        self._figures = figures
        self._queue = FairQueue(most=limits.most, most_each=limits.most_each)
        self._voices = Voices(connection, root=root, folder=voices)
        self._jobs: dict[str, asyncio.Task[None]] = {}
        """Under way, by attempt."""
        self._load = Load(supervisor, self._queue, self._jobs, limits)
        self._may_work = asyncio.Event()
        self._changed = asyncio.Event()
        """Its load did: daemons shall know soon."""
        self._sent = itertools.count(1)

    async def run(self, stopped: asyncio.Event, ready: Callable[[], None]) -> None:
        """Serve until `stopped`, then finish what is under way; `ready` is called once it serves.

        Raises:
            StartError: NATS refuses us, or the engine cannot run here.
        """
        self._supervisor.start()
        await self._connection.open(within_s=None)
        await self._supervisor.warm_up()
        client = self._connection.client
        asks = self._subjects.ask(self.name)
        await client.subscribe(asks, cb=self._take)
        await client.subscribe(self._subjects.cancel(self.name), cb=self._take_back)
        await client.subscribe(self._subjects.store(), queue="workers", cb=self._voices.make_store)
        log.info("worker serves the pool", worker=self.name, engine=self._supervisor.name)
        ready()
        async with running({"beats": self._beat, "work": self._work}):
            await first_to_end(stopped.wait(), self._end_without_server())
            await self._drain()
        log.info("worker leaves the pool", worker=self.name)

    async def _end_without_server(self) -> None:
        await self._connection.wait_closed()
        raise StartError(
            f"NATS takes this worker no more: {self._connection.trouble or 'it closed for good'}.",
            remedy="Check engine.pool.user and its password, and start it again.",
        )

    async def close(self) -> None:
        """End the connection and the engine."""
        await cancel(*self._jobs.values())
        await self._connection.close()
        await self._supervisor.close()

    async def _take(self, message: Msg) -> None:
        """Take a request, or say that it is busy; never waits."""
        try:
            ask = wire.decode_ask(message.data)
        except msgspec.MsgspecError as error:
            log.warning("request not understood", reason=raised(error))
            return
        streamer = message.subject.rpartition(".")[2]
        # What we may publish is more than a streamer may: nobody is answered for another one.
        is_own = message.reply.startswith(f"{wire.inbox(streamer)}.")
        if ask.version != wire.VERSION or not is_own:
            log.warning("request refused", streamer=streamer, version=ask.version)
            return
        is_here = f"{streamer} {ask.attempt}" in self._jobs
        if is_here or self._queue.holds(streamer, ask.attempt):
            log.warning("request refused", streamer=streamer, reason="its attempt is not new")
            return  # the one that came first is answered
        try:
            ask = bounded(ask, self._supervisor.nfe_choices)
        except UtteranceError as error:
            await self._send_event(message.reply, self._refused(error))
            return
        at = awake()
        item = Waiting(
            streamer,
            message.reply,
            ask,
            due_at=at + ask.request.due_s,
            deadline_at=at + ask.deadline_s,
            came_at=at,
        )
        load, expected_s = self._load, self._load.wait_s
        if not load.takes(streamer) or not self._queue.put(item):
            self._figures.count(Result.BUSY)
            await self._publish(item.reply, encode(wire.Busy(wait_s=load.excess_s)))
            return
        self._may_work.set()
        self._changed.set()
        taken = wire.Taken(expected_s=expected_s + load.service_s(ask.request))
        await self._publish(item.reply, encode(taken))

    async def _take_back(self, message: Msg) -> None:
        attempt = message.data.decode(errors="replace")
        streamer = message.subject.rpartition(".")[2]
        job = self._jobs.get(f"{streamer} {attempt}")
        if job is not None:
            job.cancel()
        elif not self._queue.cancel(streamer, attempt):
            return  # it was answered in the same moment
        self._figures.count(Result.CANCELLED)

    async def _work(self) -> None:
        """Give the engine what comes next whenever it has room."""
        while True:
            await self._may_work.wait()
            self._may_work.clear()
            for late in self._queue.drop_late(awake()):
                await self._send_event(late.reply, _failed("It waited for too long."))
            while len(self._jobs) < self._limits.at_once:
                item = self._queue.take()
                if item is None:
                    break
                name = f"{item.streamer} {item.ask.attempt}"
                job = asyncio.create_task(self._speak(item), name=f"speak {name}")
                self._jobs[name] = job
                job.add_done_callback(partial(self._end_job, name))

    def _end_job(self, name: str, _: "asyncio.Task[None]") -> None:
        self._jobs.pop(name, None)
        self._may_work.set()
        self._changed.set()

    async def _speak(self, item: Waiting) -> None:
        """Have one request spoken, and send what came of it."""
        self._figures.note_wait(awake() - item.came_at)
        event: protocol.Speech | protocol.Failed
        try:
            request = await self._prepare(item)
            begun_at = awake()
            audio = await self._supervisor.speak(request)
            event = protocol.Speech(number=0, audio=audio, took_s=awake() - begun_at)
            self._figures.note_speech(audio.duration_s, awake() - begun_at)
        except UtteranceError as error:
            event = self._refused(error)
        except EngineLostError as error:
            self._figures.count(Result.LOST)
            event = _failed(error.message)
        except Exception as error:  # whatever it is, who asked asks another worker
            log.exception("request failed", streamer=item.streamer)
            self._figures.count(Result.LOST)
            event = _failed(f"The worker failed: {raised(error)}.")
        await self._send_event(item.reply, event)

    def _refused(self, error: UtteranceError) -> protocol.Failed:
        self._figures.count(Result.REFUSED)
        return protocol.Failed(
            number=0, trouble="utterance", message=error.message, remedy=error.remedy
        )

    async def _prepare(self, item: Waiting) -> SpeechRequest:
        """Return the request as the engine takes it, its voice being here."""
        request = item.ask.request
        voice = await self._voices.here(item.streamer, item.ask.key, request.voice)
        return replace(request, voice=voice, due_s=max(item.due_at - awake(), 0.0))

    async def _send_event(self, reply: str, event: protocol.Speech | protocol.Failed) -> None:
        for part in wire.in_parts(event):
            await self._publish(reply, part)

    async def _publish(self, subject: str, body: bytes) -> None:
        if not self._connection.is_up:
            return  # late it is of no use: beats follow, and what was cut is asked for again
        try:
            await self._connection.client.publish(subject, body)
        except NatsError as error:  # the daemon asks another worker
            log.warning("not sent", subject=subject, reason=raised(error))

    async def _beat(self) -> None:
        while True:
            await self._publish(self._subjects.beat(self.name), encode(self.beat()))
            self._figures.show(
                waiting=len(self._queue),
                under_way=len(self._jobs),
                is_open=self._load.is_open,
                is_connected=self._connection.is_up,
            )
            self._changed.clear()
            await asyncio.sleep(_BEAT_LEAST_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wire.BEAT_S - _BEAT_LEAST_S)

    def beat(self) -> wire.Beat:
        """Return what the worker tells of itself now."""
        engine, load = self._supervisor, self._load
        return wire.Beat(
            version=wire.VERSION,
            worker=self.name,
            sent=next(self._sent),
            engine=engine.name,
            hardware=engine.hardware,
            longest_piece=engine.longest_piece,
            nfe_choices=engine.nfe_choices,
            languages=tuple(engine.languages),
            voices=tuple(each for each in engine.voices if not is_of_a_streamer(each)),
            licence=engine.licence,
            at_once=self._limits.at_once,
            under_way=len(self._jobs),
            waiting=len(self._queue),
            wait_s=load.wait_s,
            usual_s=load.usual_s,
            room=load.room,
            is_open=load.is_open,
            is_stuck=load.is_stuck,
            drops=self._connection.drops,
            clones=self._voices.is_cloning,
            warm=self._voices.warm,
        )

    async def _drain(self) -> None:
        """Take nothing more, give back what waits, and finish what is under way."""
        self._load.is_draining = True
        log.info("worker drains", under_way=len(self._jobs), given_back=len(self._queue))
        await self._publish(self._subjects.beat(self.name), encode(self.beat()))
        for item in self._queue.clear():
            await self._send_event(item.reply, _failed("The worker ends."))
        if self._jobs:
            await asyncio.wait(list(self._jobs.values()), timeout=_DRAIN_S)
        await asyncio.sleep(_LEAVE_S)  # what was asked before that beat came is answered: busy


def _failed(message: str) -> protocol.Failed:
    """Return the answer after which another worker is asked."""
    return protocol.Failed(number=0, trouble="fault", message=message)
