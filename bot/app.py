"""The composition root: builds the stages of every channel and runs them as one daemon."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from threading import Thread

import structlog

from bot import logs, sources
from bot.archive import default_folder
from bot.archive.recorder import Recorder as Archive
from bot.channel import Channel, Shared
from bot.commands import parse_order
from bot.config import Settings
from bot.config.sections.sources import ReplaySettings
from bot.engine.narrator import Narrator
from bot.errors import StartError
from bot.inbox import Inbox
from bot.logs.background import StandardError
from bot.observers import Observer
from bot.outcomes import DropReason
from bot.runtime.concurrency.tasks import running
from bot.runtime.processes.signals import stop_signals
from bot.server import Server
from bot.sources import ingest
from bot.sources.recording import Recorder
from bot.speedcheck import speed
from bot.state import DaemonState, OutputState
from bot.store import Store
from bot.store import default_path as default_store
from bot.store.copied import Copy
from bot.web.settings import LiveSettings
from bot.wiring import engines, outputs, sounds, trial
from bot.wiring.banner import banner
from bot.wiring.liveness import liveness_checks
from bot.wiring.obs import Obs
from bot.wiring.observers import Observers
from bot.wiring.options import refuse_shared_files
from bot.wiring.web import Web
from bot.wiring.wires import Wires

log = structlog.get_logger(__name__)

_SETTLE_S = 2.0
"""How long the start waits for outputs to open, in seconds."""


class Daemon:
    """Everything that runs: built once, run once."""

    def __init__(
        self,
        settings: Settings,
        *,
        engine: Narrator | None = None,
        record: Path | None = None,
        events: Path | None = None,
        config: Path | None = None,
        again: Callable[[], Settings] | None = None,
        show: Callable[[str], None] = lambda _: None,
        copy: Copy | None = None,
    ) -> None:
        """Build the stages.

        Args:
            settings: The configuration.
            engine: Speaks, and may be loading already; made as configured otherwise.
            record: Where to write the chat that comes in, in the format of a replay.
            events: Where to write the outcomes as JSON Lines.
            config: The file that the configuration was read from.
            show: Shows the page at an address, once it is there.
            copy: Where a standby finds what was paid for.
            again: Returns the configuration of the daemon that who runs it starts where `run` says
                so; None where nobody does.

        Raises:
            StartError: something that is configured cannot work here.
        """
        refuse_shared_files(settings, written=(record, events))
        self.settings = settings
        """The configuration that it was started with."""
        self._files = ExitStack()
        self._show = show
        self._wants_restart = asyncio.Event()
        self._speed = speed.Latest()
        self._engine = engine or engines.create(settings.engine)
        self._outputs = outputs.create_all(
            (output for channel in settings.channels for output in channel.outputs),
            settings.playback,
        )
        self._observers = Observers(
            settings,
            self._state,
            liveness_checks(self._engine, self._outputs.values(), stall_s=settings.engine.stall_s),
            events=events,
            files=self._files,
        )
        self._recorder = self._files.enter_context(Recorder(record)) if record else None
        replays = [
            source
            for channel in settings.channels
            for source in channel.sources
            if isinstance(source, ReplaySettings)
        ]
        store = Store(
            None if replays else default_store(),  # recorded chat leaves nothing behind
            journal_max_age_s=settings.backlog.journal_max_age_s,
            copy=copy,
        )
        self._store = self._files.enter_context(store)
        self._observers.add([store.journal, store.audit, store.statistics])
        self._archive: Archive | None = None
        if settings.archive.enabled and not replays:
            archive = Archive(settings.archive, default_folder())
            self._archive = self._files.enter_context(archive)
        self._sources = sources.Sources(
            settings.twitch,
            (source for channel in settings.channels for source in channel.sources),
            self._observers.mqtt.incoming if self._observers.mqtt else None,
            parse_order,
        )
        self._voices = engines.voices(settings.engine)
        self._sounds = sounds.create(settings.sounds)
        shared = Shared(
            settings=settings,
            engine=self._engine,
            nfe_policy=engines.nfe_policy(settings.engine),
            outputs=self._outputs,
            voices=self._voices,
            sounds=self._sounds,
            sources=self._sources,
            store=store,
            emit=self._observers.emit,
            archive=self._archive,
        )
        self._channels = {channel.name: Channel(channel, shared) for channel in settings.channels}
        self._inbox = Inbox(
            self._channels,
            store.journal,
            emit=self._observers.emit,
            # As fast as possible is as fast as speech can follow: a script's messages are not lost.
            waits_for_room=any(source.speed == 0 for source in replays),
            seen=self._recorder.write if self._recorder else lambda _: None,
        )
        readers = [s for channel in self._channels.values() for s in channel.sources]
        # Sources that answer chatters, or settle what they paid with, watch outcomes too.
        self._observers.add(source for source in readers if isinstance(source, Observer))
        posts = [source for source in readers if isinstance(source, ingest.IngestSource)]
        routes = [*ingest.routes(posts), *self._sources.routes, *self._observers.routes]
        self.wires = Wires(settings, self._channels, self._engine, self._voices)
        self._observers.add(self.wires.observers)
        routes += self.wires.routes
        self.web = Web(
            self._channels,
            state=self._state,
            store=store,
            live=LiveSettings(settings, self._channels, config),
            restart=partial(self._start_again, again) if again else None,
            voices=self._voices,
            speech=self.wires.speech,
            others=routes,
        )
        self._observers.add(self.web.observers)
        routes += self.web.routes
        self.routes = routes
        """What the HTTP server serves."""
        self._obs = Obs(settings.obs, self._channels.values())
        self._server = Server(settings.server, routes)
        if not readers:
            raise StartError(
                "No channel has a source, so there is nothing to speak.",
                remedy="Add one below channels[0].sources, for instance: - type: console",
            )

    @property
    def engine(self) -> Narrator:
        """What speaks."""
        return self._engine

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels by their names."""
        return self._channels

    @property
    def url(self) -> str:
        """Address of the HTTP server, once it listens."""
        return self._server.url

    def close(self) -> None:
        """Let go of the files of a daemon that is not run."""
        self._files.close()

    async def run(self) -> bool:
        """Run until a signal to stop, or until every source has ended and all was spoken.

        Returns:
            Whether it shall be started again, with the configuration as it is then.

        Raises:
            StartError: the port is taken, the engine cannot load, a source can never work.
        """
        with self._files, stop_signals() as stopped:
            living = asyncio.create_task(self._live(), name="life")
            stopping = asyncio.create_task(stopped.wait(), name="stop signal")
            again = asyncio.create_task(self._wants_restart.wait(), name="start again")
            try:
                ends = (living, stopping, again)
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                log.info("stopping", starts_again=again.done())
                if not again.done():
                    self._observers.systemd.stopping()
            finally:
                for task in (stopping, again, living):
                    task.cancel()
                with suppress(asyncio.CancelledError):
                    await living
        return self._wants_restart.is_set() and not stopped.is_set()

    async def _start_again(self, again: Callable[[], Settings]) -> None:
        """Let another daemon take the place of this one, once what is asked now is answered.

        Raises:
            StartError: it would not start; this one goes on.
        """
        settings = await asyncio.to_thread(again)
        await asyncio.to_thread(trial.start, settings)
        wanted, own = settings.server, self.settings.server
        if (wanted.host, wanted.port) != (own.host, own.port):
            # The own port is held by this daemon, whatever the address.
            free = wanted if wanted.port != own.port else wanted.model_copy(update={"port": 0})
            async with Server(free, []):
                pass
        asyncio.get_running_loop().call_soon(self._wants_restart.set)

    async def _live(self) -> None:
        """Start from the ear to the mouth of the flow, and stop in the reverse order."""
        channels = self._channels.values()
        sinks = {f"output {output.name}": output.run for output in self._outputs.values()}
        voices = {} if self._voices is None else {"voices": self._voices.run}
        archive = {} if self._archive is None else {"archive": self._archive.run}
        speakers = {f"speaker {name}": c.speaker.run for name, c in self._channels.items()}
        watches = {f"presence {name}": c.presence.run for name, c in self._channels.items()}
        watches |= {f"ladder {name}": c.ladder.run for name, c in self._channels.items()}
        watches |= {f"word lists {name}": c.watch_words for name, c in self._channels.items()}
        try:
            work = {
                **sinks,
                **voices,
                **archive,
                "sounds": self._sounds.run,
                **self._observers.work,
                **self.web.work,  # pages see the engine load
            }
            async with self._server, running(work):
                await self._engine.warm_up()
                for channel in channels:
                    await asyncio.to_thread(channel.policy.languages.load)
                await self._settle()
                try:
                    work = {
                        **speakers,
                        **watches,
                        **self.wires.work,
                        **self._obs.work,
                        "intake": self._inbox.take_in,
                        "undated": self._inbox.resume_undated,
                    }
                    async with running(work):
                        await self._inbox.resume()
                        self._announce()
                        await self._inbox.read()
                        log.info("every source has ended; speaking what waits")
                        await asyncio.gather(*(channel.speaker.drain() for channel in channels))
                finally:
                    for channel in channels:
                        channel.clear(DropReason.SHUTDOWN)
        finally:
            await self._engine.close()

    async def _settle(self) -> None:
        """Wait until it is known what can be heard, but not for a sound system that hangs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_S):
                for output in self._outputs.values():
                    await output.wait_until_settled()

    def _announce(self) -> None:
        self._observers.systemd.ready()
        self._show(f"{self._server.url}/")
        states = {output.name: output.state for output in self._outputs.values()}
        if sys.stderr.isatty():
            program = sys.argv[0] if Path(sys.argv[0]).stem == "ishowtts" else "ishowtts"
            text = banner(
                self.settings,
                program=program,
                url=self._server.url,
                outputs=states,
                is_heard=any(output.is_available for output in self._outputs.values()),
            )
            # A terminal that stands still (Ctrl-S) must not hold the daemon.
            tell = partial(StandardError().write, f"{text}\n")
            Thread(target=tell, name="banner", daemon=True).start()
        else:
            log.info("ready", url=self._server.url, engine=self._engine.name, outputs=states)

    def _state(self) -> DaemonState:
        return DaemonState(
            engine=self._engine.name,
            engines=self._engine.states,
            speed=self._speed(),
            outputs={
                output.name: OutputState(
                    is_available=output.is_available,
                    underflows=output.underflows,
                    lost_s=round(output.lost_s, 3),
                )
                for output in self._outputs.values()
            },
            channels={name: channel.state for name, channel in self._channels.items()},
            mqtt=self._observers.mqtt_state,
            obs=self._obs.state,
            lines_lost={"log": logs.lines_lost()}
            | self._observers.lines_lost
            | ({"record": self._recorder.lost} if self._recorder else {})
            | ({"archive": self._archive.lost} if self._archive else {}),
        )
