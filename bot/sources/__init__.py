"""Sources bring chat in: they connect, reconnect, parse and de-duplicate.

They deliver everything that they read; what may be spoken is decided by policy.

A new source is a module with a class that follows `Source` and is built from its settings and the
name of its channel, a settings class in `bot.config.sections.sources`, and a line in `SOURCES`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, runtime_checkable

from aiohttp import web

from bot.config.sections.sources import SourceSettings, TwitchEventsubSettings, TwitchSettings
from bot.messages import ChatMessage, Order, SourceItem
from bot.runtime.concurrency.reconnect import ReconnectLoop
from bot.sources.twitch_rooms import TwitchRooms

if TYPE_CHECKING:
    from bot.mqtt.incoming import Incoming
    from bot.sources.twitch_eventsub.channels import RuntimeChannels
    from bot.sources.twitch_eventsub.connection import TwitchConnection

Deliver: TypeAlias = Callable[[SourceItem], Awaitable[None]]
"""Hands an item to the daemon; waits while the daemon is busy, which slows the source down."""
ParseOrder: TypeAlias = Callable[[str], Order]
"""Returns the order in a command without its trigger, or raises CommandError."""


class Origin(NamedTuple):
    """Configured channel, source and time of an item."""

    channel: str
    source: str
    received_at: float


class Asked(NamedTuple):
    """What a platform is asked besides chat, since the configuration needs it."""

    follow: bool = False
    """Since when they follow."""
    account: bool = False
    """Since when their account exists."""
    first: bool = False
    """Whether they never wrote in the channel before."""
    live: bool = False
    """Whether the stream is live, when the account begins to hear it."""


NOTHING = Asked()


class Source(Protocol):
    """Connection to one chat."""

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
    """Source that has to know the messages that an earlier run of the daemon left to be spoken."""

    def resume(self, message: ChatMessage) -> None:
        """Take note, before `run`, that `message` is spoken in this run."""


class Remote:
    """Base of a source with a connection that may be lost, and that `_loop` makes again."""

    _loop: ReconnectLoop

    @property
    def state(self) -> str:
        """State of the connection, as one clause."""
        return self._loop.state

    @property
    def is_connected(self) -> bool:
        """Whether chat comes in now."""
        return self._loop.is_connected

    @property
    def reconnects(self) -> int:
        """Connection attempts after the first one."""
        return self._loop.reconnects


SOURCES: Mapping[str, str] = {
    "console": "bot.sources.console:ConsoleSource",
    "ingest": "bot.sources.ingest:IngestSource",
    "mqtt": "bot.sources.mqtt:MqttSource",
    "replay": "bot.sources.replay:ReplaySource",
    "twitch_eventsub": "bot.sources.twitch_eventsub.source:TwitchEventsubSource",
    "twitch_irc": "bot.sources.twitch_irc:TwitchIrcSource",
}
"""Module and class of each source, by its `type` in the configuration."""


def create(
    settings: SourceSettings,
    channel: str,
    *shared: "Incoming | ParseOrder | TwitchRooms | None",
) -> Source:
    """Return the source that `settings` describe, for the configured channel `channel`.

    Nothing is held open before `run`. Sources of this type have `shared` in common.

    Raises:
        StartError: it can never work: a recording that cannot be read.
    """
    module_name, _, class_name = SOURCES[settings.type].partition(":")
    source: Source = getattr(import_module(module_name), class_name)(settings, channel, *shared)
    return source


class Sources:
    """Factory of a daemon's sources; those that use one Twitch account share its connection."""

    def __init__(
        self,
        twitch: TwitchSettings,
        every: Iterable[SourceSettings],
        incoming: "Incoming | None" = None,
        parse_order: ParseOrder | None = None,
    ) -> None:
        """Prepare.

        Args:
            twitch: Account to share.
            every: Settings of all sources of the daemon.
            incoming: Messages from the broker, for sources of type mqtt.
            parse_order: Reads commands from there.
        """
        self._twitch = twitch
        self._logins = {
            source.channel.removeprefix("#").lower()
            for source in every
            if isinstance(source, TwitchEventsubSettings)
        }
        self._runtime_channels: list[RuntimeChannels] = []
        self._mqtt = (incoming, parse_order)
        self._rooms = TwitchRooms()

    def create_all(
        self,
        settings: Iterable[SourceSettings],
        channel: str,
        remembered: MutableMapping[str, str],
        asked: Asked = NOTHING,
    ) -> list[Source]:
        """Return the sources of `channel`, and what joins Twitch channels at run time.

        The latter comes with an account: the first source with one is its model. `remembered` are
        the logins that were joined before; it is kept up to date. `asked` is what they ask
        besides, where they can.
        """
        settings = list(settings)
        sources = [self.create(each, channel, asked) for each in settings]
        models = [each for each in settings if isinstance(each, TwitchEventsubSettings)]
        if models:
            from bot.sources.twitch_eventsub.channels import RuntimeChannels  # noqa: PLC0415 - below

            added = RuntimeChannels(
                models[0],
                channel,
                self._connection,
                configured=self._logins,
                remembered=remembered,
                asked=asked,
                rooms=self._rooms,
            )
            self._runtime_channels.append(added)
            sources.append(added)
        return sources

    def create(self, settings: SourceSettings, channel: str, asked: Asked = NOTHING) -> Source:
        """Return a source; see the function `create`."""
        if settings.type == "mqtt":
            return create(settings, channel, *self._mqtt)
        if settings.type == "twitch_irc":
            return create(settings, channel, self._rooms)
        if settings.type == "twitch_eventsub":
            from bot.sources.twitch_eventsub.source import (  # noqa: PLC0415 - see below
                TwitchEventsubSource,
            )

            return TwitchEventsubSource(
                settings, channel, self._connection, asked=asked, rooms=self._rooms
            )
        return create(settings, channel)

    @property
    def routes(self) -> list[web.RouteDef]:
        """Routes that join and leave channels; none where no account reads Twitch."""
        if not self._runtime_channels:
            return []
        from bot.sources.twitch_eventsub.channels import Joining  # noqa: PLC0415 - see below

        return Joining(self._runtime_channels).routes

    @cached_property
    def _connection(self) -> "TwitchConnection":
        # Imported here: the other sources have no use for twitchio.
        from bot.sources.twitch_eventsub.connection import TwitchConnection  # noqa: PLC0415

        return TwitchConnection(self._twitch)
