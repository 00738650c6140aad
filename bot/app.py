"""The composition root: builds the stages of every channel and runs them as one daemon."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import structlog

from bot import sources, speed
from bot.backlog import Backlog
from bot.channel import Channel
from bot.commands import CommandParser, parse_order
from bot.config import ChannelSettings, Settings
from bot.config.sources import ReplaySettings
from bot.engine.narrator import Narrator
from bot.errors import StartError
from bot.intake import Intake
from bot.messages import ChatMessage, SourceItem
from bot.moderation import Moderation
from bot.observers import Observer
from bot.observers.notify import Notify
from bot.outcomes import DropReason
from bot.playback.player import Player
from bot.policy import Policy, clean, without_reply_mention
from bot.runtime.tasks import running
from bot.server import Server
from bot.sources import Resuming, ingest
from bot.sources.recording import Recorder
from bot.speaker import Speaker
from bot.store import Store
from bot.store import default_path as default_store
from bot.wiring import engines, outputs
from bot.wiring.banner import banner
from bot.wiring.liveness import status_line, vitals
from bot.wiring.observers import Watchers
from bot.wiring.options import refuse_shared_files

log = structlog.get_logger(__name__)

_INBOX_SIZE = 256
_MAX_ORDER = 200  # characters of a message that can be an order
_SETTLE_S = 2.0


class Daemon:
    """Everything that runs: built once, run once."""

    def __init__(
        self,
        settings: Settings,
        *,
        engine: Narrator | None = None,
        record: Path | None = None,
        events: Path | None = None,
    ) -> None:
        """Build the stages.

        Args:
            settings: The configuration.
            engine: Speaks, and may be loading already; made as configured otherwise.
            record: Where to write the chat that comes in, in the format of a replay.
            events: Where to write the outcomes as JSON Lines.

        Raises:
            StartError: something that is configured cannot work here.
        """
        refuse_shared_files(settings, written=(record, events))
        self._settings = settings
        self._files = ExitStack()
        self._speed = speed.Latest()
        self._watchers = Watchers(settings, self._snapshot, events=events, files=self._files)
        self._recorder = self._files.enter_context(Recorder(record)) if record else None
        replays = [
            source
            for channel in settings.channels
            for source in channel.sources
            if isinstance(source, ReplaySettings)
        ]
        self._waits_for_room = any(source.speed == 0 for source in replays)
        """As fast as possible is as fast as speech can follow: a script's messages are not lost."""
        store = Store(
            None if replays else default_store(),  # recorded chat leaves nothing behind
            journal_max_age_s=settings.backlog.journal_max_age_s,
        )
        self._store = self._files.enter_context(store)
        self._watchers.add([store.journal])
        self._inbox: asyncio.Queue[SourceItem] = asyncio.Queue(_INBOX_SIZE)
        self._sources = sources.Sources(
            settings.twitch,
            (source for channel in settings.channels for source in channel.sources),
            self._watchers.feed,
            parse_order,
        )
        self._voices = engines.voices(settings.engine)
        self._engine = engine or engines.create(settings.engine)
        self._outputs = outputs.create_all(
            (output for channel in settings.channels for output in channel.outputs),
            settings.playback,
        )
        clocks = tuple(
            vitals(self._engine, self._outputs.values(), stall_s=settings.engine.stall_s)
        )
        self._watchers.health.watch(clocks)
        self._notify = Notify(
            lambda: status_line(self._engine.name, self._channel_snapshots()), clocks
        )
        self._channels = {channel.name: self._channel(channel) for channel in settings.channels}
        self._first = next(iter(self._channels.values()))
        readers = [s for channel in self._channels.values() for s in channel.sources]
        # Sources that answer chatters, or settle what they paid with, watch outcomes too.
        self._watchers.add(source for source in readers if isinstance(source, Observer))
        posts = [source for source in readers if isinstance(source, ingest.IngestSource)]
        routes = [*ingest.routes(posts), *self._sources.routes, *self._watchers.routes]
        self._server = Server(settings.server, routes)
        if not readers:
            raise StartError(
                "No channel has a source, so there is nothing to speak.",
                remedy="Add one below channels[0].sources, for instance: - type: console",
            )

    @property
    def url(self) -> str:
        """Address of the HTTP server, once it listens."""
        return self._server.url

    async def run(self) -> None:
        """Run until a signal to stop, or until every source has ended and all was spoken.

        Raises:
            StartError: the port is taken, the engine cannot load, a source can never work.
        """
        with self._files, _stop_signals() as stopped:
            living = asyncio.create_task(self._live(), name="life")
            stopping = asyncio.create_task(stopped.wait(), name="stop signal")
            try:
                await asyncio.wait((living, stopping), return_when=asyncio.FIRST_COMPLETED)
                log.info("stopping")
                self._notify.stopping()
            finally:
                stopping.cancel()
                living.cancel()
                with suppress(asyncio.CancelledError):
                    await living

    async def _live(self) -> None:
        """Start from the ear to the mouth of the flow, and stop in the reverse order."""
        channels = self._channels.values()
        sinks = {f"output {output.name}": output.run for output in self._outputs.values()}
        voices = {} if self._voices is None else {"voices": self._voices.run}
        speakers = {f"speaker {name}": c.speaker.run for name, c in self._channels.items()}
        reports = {"systemd": self._notify.run} if self._notify.is_wanted else {}
        try:
            work = {**sinks, **voices, **reports, **self._watchers.work}
            async with self._server, running(work):
                await self._engine.warm_up()
                await self._settle()
                try:
                    async with running({**speakers, "intake": self._take_in}):
                        self._announce()
                        for message in self._store.journal.unspoken(self._channels):
                            self._resume(message)
                            await self._inbox.put(message)
                        await self._read()
                        log.info("every source has ended; speaking what waits")
                        await self._inbox.join()
                        await asyncio.gather(*(channel.speaker.drain() for channel in channels))
                finally:
                    for channel in channels:
                        channel.backlog.clear(DropReason.SHUTDOWN)
        finally:
            await self._engine.close()

    def _resume(self, message: ChatMessage) -> None:
        """Tell the sources that settle what was paid for: it is spoken in this run."""
        for source in self._channels[message.channel].sources:
            if isinstance(source, Resuming):
                source.resume(message)

    async def _read(self) -> None:
        """Let every source deliver; return when none of them has any more."""
        async with asyncio.TaskGroup() as reading:
            for name, channel in self._channels.items():
                for source in channel.sources:
                    reading.create_task(source.run(self._deliver), name=f"{source.name} of {name}")

    async def _deliver(self, item: SourceItem) -> None:
        if self._recorder is not None:
            self._recorder.write(item)
        if self._waits_for_room and isinstance(item, ChatMessage):
            await self._inbox.join()
            await self._channels.get(item.channel, self._first).wait_room()
        await self._inbox.put(item)

    async def _take_in(self) -> None:
        while True:
            item = await self._inbox.get()
            # A replay may come from another configuration with other channels.
            self._channels.get(item.channel, self._first).intake.accept(item)
            self._inbox.task_done()

    async def _settle(self) -> None:
        """Wait until it is known what can be heard, but not for a sound system that hangs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_S):
                for output in self._outputs.values():
                    await output.wait_until_settled()

    def _announce(self) -> None:
        self._notify.ready()
        states = {output.name: output.state for output in self._outputs.values()}
        if sys.stderr.isatty():
            program = sys.argv[0] if Path(sys.argv[0]).stem == "ishowtts" else "ishowtts"
            text = banner(
                self._settings,
                program=program,
                url=self._server.url,
                outputs=states,
                is_heard=any(output.is_available for output in self._outputs.values()),
            )
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - for the person who started it
        else:
            log.info("ready", url=self._server.url, engine=self._engine.name, outputs=states)

    def _channel(self, settings: ChannelSettings) -> Channel:
        policy = Policy(
            settings.policy,
            voice=settings.voice,
            trigger=self._settings.commands.trigger,
            muted=self._store.mutes(settings.name),
            known_voices=self._voices,
            chosen_voices=self._store.voices(settings.name),
        )
        backlog = Backlog(self._settings.backlog, self._watchers.emit)
        player = Player((self._outputs[o] for o in settings.outputs), self._settings.playback)
        speaker = Speaker(
            backlog=backlog,
            engine=self._engine,
            player=player,
            emit=self._watchers.emit,
            max_age_s=self._settings.backlog.max_age_s,
            stall_s=self._settings.engine.stall_s,
            prefix_again_after_s=settings.policy.name.again_after_s,
            ahead_s=self._settings.engine.ahead_s,
            effort=engines.nfe_policy(self._settings.engine),
        )
        intake = Intake(
            parse_command=CommandParser(
                self._settings.commands,
                reads_text=settings.policy.mode.read == "command",
                plain=_plain,
            ),
            policy=policy,
            moderation=Moderation(policy, backlog, speaker),
            backlog=backlog,
            emit=self._watchers.emit,
            keep=self._store.journal.keep,
        )
        readers = [self._sources.create(s, settings.name) for s in settings.sources]
        joined = self._store.joined(settings.name)
        readers += self._sources.joined(settings.sources, settings.name, joined)
        return Channel(tuple(readers), policy, backlog, player, speaker, intake)

    def _snapshot(self) -> dict[str, Any]:
        return {
            "engine": self._engine.name,
            "engines": msgspec.to_builtins(self._engine.states),
            "speed": self._speed(),
            "outputs": {
                output.name: {"is_available": output.is_available, "underflows": output.underflows}
                for output in self._outputs.values()
            },
            "channels": self._channel_snapshots(),
        }

    def _channel_snapshots(self) -> dict[str, dict[str, Any]]:
        return {name: channel.snapshot() for name, channel in self._channels.items()}


def _plain(message: ChatMessage) -> str:
    text = message.text[:_MAX_ORDER]
    return without_reply_mention(clean(text), message.reply_to)


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """Yield an event that is set by SIGINT, SIGTERM and, when the terminal closes, SIGHUP."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    # Windows has no SIGHUP, and nohup has it ignored.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    previous = {number: signal.getsignal(number) for number in numbers}

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, previous[signal.Signals(number)])  # a second one ends what hangs
        loop.call_soon_threadsafe(stopped.set)

    # Not loop.add_signal_handler, which Windows does not have.
    for number in numbers:
        signal.signal(number, stop)
    try:
        yield stopped
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
