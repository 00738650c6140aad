"""Sources bring chat in: they connect, reconnect, parse and de-duplicate.

What may be spoken is none of their business: everything that a source reads it delivers.

A new source is a module with a class that follows `Source` and is built from its settings and the
name of its channel, a settings class in `bot.config.sources`, and a line in `SOURCES`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from aiohttp import web

from bot.config.sources import SourceSettings, TwitchEventsubSettings, TwitchSettings
from bot.messages import ChatMessage, SourceItem

if TYPE_CHECKING:
    from bot.sources.twitch_eventsub.connection import TwitchConnection
    from bot.sources.twitch_eventsub.joined import JoinedChannels

Deliver: TypeAlias = Callable[[SourceItem], Awaitable[None]]
"""Hands an item to the daemon; waits while the daemon is busy, which slows the source down."""


class Source(Protocol):
    """A connection to one chat."""

    name: str
    """Type and place, such as `twitch_irc:some_channel`; also `ChatMessage.source`."""

    @property
    def state(self) -> str:
        """One clause for `status`: "connected", "reconnecting in 4 s after: connection refused"."""

    async def run(self, deliver: Deliver) -> None:
        """Deliver until cancelled; return only when there will never be more (a replay's end).

        Raises:
            StartError: it can never work like this; everything that may pass is retried inside.
        """


@runtime_checkable
class Resuming(Protocol):
    """A source that has to know what an earlier run of the daemon left to be spoken."""

    def resume(self, message: ChatMessage) -> None:
        """Take note of `message`, before `run`: it is spoken in this run."""


@runtime_checkable
class Remote(Protocol):
    """A source whose other end may go away; those that are not remote are there while they run."""

    @property
    def reconnects(self) -> int:
        """How often it tried again after a connection failed or was lost."""

    @property
    def is_connected(self) -> bool:
        """Whether chat would be heard now."""


SOURCES: Mapping[str, str] = {
    "console": "bot.sources.console:ConsoleSource",
    "ingest": "bot.sources.ingest:IngestSource",
    "mqtt": "bot.sources.mqtt:MqttSource",
    "replay": "bot.sources.replay:ReplaySource",
    "twitch_eventsub": "bot.sources.twitch_eventsub.source:TwitchEventsubSource",
    "twitch_irc": "bot.sources.twitch_irc:TwitchIrcSource",
}
"""Where each source's class stands, by its `type` in the configuration."""


def create(settings: SourceSettings, channel: str, *shared: object) -> Source:
    """Return the source that `settings` describe, for the configured channel `channel`.

    Nothing is held open before `run`. `shared` is what sources of this type have in common.

    Raises:
        StartError: it can never work: a recording that cannot be read.
    """
    module_name, _, class_name = SOURCES[settings.type].partition(":")
    source: Source = getattr(import_module(module_name), class_name)(settings, channel, *shared)
    return source


class Sources:
    """Creates the sources of a daemon; those that use one account share its connection."""

    def __init__(
        self, twitch: TwitchSettings, every: Iterable[SourceSettings], *mqtt: object
    ) -> None:
        """Share the account of `twitch`.

        `every` source that is configured tells which channels are read anyway; `mqtt` is what a
        source of type mqtt needs besides.
        """
        self._twitch = twitch
        self._logins = {
            source.channel.removeprefix("#").lower()
            for source in every
            if isinstance(source, TwitchEventsubSettings)
        }
        self._joined: list[JoinedChannels] = []
        self._mqtt = mqtt
        self._connection: TwitchConnection | None = None

    def create(self, settings: SourceSettings, channel: str) -> Source:
        """Return a source; see the function `create`."""
        if settings.type == "mqtt":
            return create(settings, channel, *self._mqtt)
        if settings.type != "twitch_eventsub":
            return create(settings, channel)
        return create(settings, channel, self._shared_connection())

    def joined(
        self,
        settings: Iterable[SourceSettings],
        channel: str,
        remembered: MutableMapping[str, str],
    ) -> "list[JoinedChannels]":
        """Return what is joined at run time for `channel`, if it reads Twitch with an account.

        `settings` are its sources, of which the first such one is how others are read;
        `remembered` are the logins that were joined before; it is kept up to date.
        """
        models = [s for s in settings if isinstance(s, TwitchEventsubSettings)]
        if not models:
            return []
        from bot.sources.twitch_eventsub.joined import JoinedChannels  # noqa: PLC0415 - see below

        joined = JoinedChannels(
            models[0],
            channel,
            self._shared_connection(),
            configured=self._logins,
            remembered=remembered,
        )
        self._joined.append(joined)
        return [joined]

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes that join and leave channels; none where no account reads Twitch."""
        if not self._joined:
            return []
        from bot.sources.twitch_eventsub.joined import routes  # noqa: PLC0415 - see below

        return routes(self._joined)

    def _shared_connection(self) -> "TwitchConnection":
        if self._connection is None:
            # Imported here: twitchio is nothing that the other sources should load.
            from bot.sources.twitch_eventsub.connection import TwitchConnection  # noqa: PLC0415

            self._connection = TwitchConnection(self._twitch)
        return self._connection
