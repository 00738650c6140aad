"""Sources bring chat in: they connect, reconnect, parse and de-duplicate.

What may be spoken is none of their business: everything that a source reads it delivers.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

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
