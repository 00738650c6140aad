"""Sources bring chat in: they connect, reconnect, parse and de-duplicate.

What may be spoken is none of their business: everything that a source reads it delivers.

A new source is a module with a class that follows `Source` and is built from its settings and the
name of its channel, a settings class in `bot.config.sources`, and a line in `SOURCES`.
"""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Protocol, TypeAlias

from bot.config.sources import SourceSettings
from bot.messages import SourceItem

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


SOURCES: Mapping[str, str] = {
    "console": "bot.sources.console:ConsoleSource",
    "ingest": "bot.sources.ingest:IngestSource",
    "replay": "bot.sources.replay:ReplaySource",
    "twitch_irc": "bot.sources.twitch_irc:TwitchIrcSource",
}
"""Where each source's class stands, by its `type` in the configuration."""


def create(settings: SourceSettings, channel: str) -> Source:
    """Return the source that `settings` describe, for the configured channel `channel`.

    Nothing is held open before `run`.

    Raises:
        StartError: it can never work: a recording that cannot be read.
    """
    module_name, _, class_name = SOURCES[settings.type].partition(":")
    source: Source = getattr(import_module(module_name), class_name)(settings, channel)
    return source
