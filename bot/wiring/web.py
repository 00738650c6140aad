"""Builds the pages and the API."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

from aiohttp import web

from bot import logs
from bot.channel import Channel
from bot.observers import Observer
from bot.playback.browser import BrowserOutput
from bot.runtime.concurrency.tasks import Work
from bot.state import DaemonState
from bot.store import Store
from bot.voices.catalogue import VoiceCatalog
from bot.web.control import Control
from bot.web.events import Events
from bot.web.listen import Listen
from bot.web.openapi import OpenApi
from bot.web.pages import Pages
from bot.web.records import Records
from bot.web.series import Series
from bot.web.settings import LiveSettings
from bot.web.setup import Setup
from bot.web.voices import VoicePages
from bot.wires.speech import RATE_HZ, Speech
from bot.wiring import engines


class Web:
    """The pages and what they use."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        *,
        state: Callable[[], DaemonState],
        store: Store,
        live: LiveSettings,
        restart: Callable[[], Awaitable[None]] | None,
        voices: VoiceCatalog | None,
        speech: Speech,
        others: Iterable[web.RouteDef],
    ) -> None:
        """Build all; `others` are the routes of other parts, for the API's document."""
        events = Events(state, channels)
        hosts = live.settings.server.emote_hosts
        listen = Listen(
            {
                name: [out for out in channel.player.outputs if isinstance(out, BrowserOutput)]
                for name, channel in channels.items()
            },
            picture_hosts=hosts,
        )
        series = Series({name: partial(len, c.backlog) for name, c in channels.items()})
        self.observers: list[Observer] = [events, listen, series]
        self.work: Mapping[str, Work] = {
            "events for pages": events.run,
            "pages that listen": listen.run,
            "series": series.run,
        }
        """What runs as long as the daemon, by task name."""
        routes = [*Control(channels).routes, *events.routes, *listen.routes, *series.routes]
        setup = Setup(live, channels, restart)
        self.observers.append(setup)
        folders = engines.voice_folders(live.settings.engine)
        pages = VoicePages(
            folders, voices, speech=speech, rate_hz=RATE_HZ, live=live, channels=channels
        )
        routes += [*live.routes, *setup.routes, *pages.routes]
        routes += Records(channels, store.audit, logs.latest).routes
        routes += OpenApi([*others, *routes]).routes
        self.routes = [*routes, *Pages(hosts).routes]
        """Routes for the daemon's server."""
