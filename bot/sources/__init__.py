"""Sources bring chat in: they connect, reconnect, parse and de-duplicate.

What may be spoken is none of their business: everything that a source reads it delivers.

A new source is a module with a class that follows `Source` and is built from its settings and the
name of its channel, a settings class in `bot.config.sources`, and a line in `SOURCES`.
"""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from bot.config.sources import SourceSettings
from bot.config.twitch import TwitchSettings
from bot.messages import ChatMessage, SourceItem

if TYPE_CHECKING:
    from bot.sources.twitch_eventsub.connection import TwitchConnection

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


SOURCES: Mapping[str, str] = {
    "console": "bot.sources.console:ConsoleSource",
    "ingest": "bot.sources.ingest:IngestSource",
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

    def __init__(self, twitch: TwitchSettings) -> None:
        self._twitch = twitch
        self._connection: TwitchConnection | None = None

    def create(self, settings: SourceSettings, channel: str) -> Source:
        """Return a source; see the function `create`."""
        if settings.type != "twitch_eventsub":
            return create(settings, channel)
        if self._connection is None:
            # Imported here: twitchio is nothing that the other sources should load.
            from bot.sources.twitch_eventsub.connection import TwitchConnection  # noqa: PLC0415

            self._connection = TwitchConnection(self._twitch)
        return create(settings, channel, self._connection)
