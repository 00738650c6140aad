"""Copy of the journal on another machine, where a daemon's standby finds it."""

from collections.abc import Awaitable, Sequence
from typing import Protocol, TypeAlias

import msgspec

from bot.messages import ChatMessage

Place: TypeAlias = tuple[str, str]
"""Channel and id of a message."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Message that was paid for and not spoken yet, as the copy holds it."""

    message: ChatMessage
    received_at: float
    """Unix seconds by the wall clock of who received it; 0 where that may be wrong."""
    ends: int = 0
    """Ends of a daemon that had it in hand."""
    heard_s: float = 0.0
    """Seconds of its speech that were heard for certain."""
    introduced: bool = True
    """Whether these begin with who wrote it."""


class Copy(Protocol):
    """What a daemon writes for the next one, wherever that runs."""

    def left(self) -> Sequence[Kept]:
        """Return what the daemon before this one left."""

    def is_ended(self, place: Place) -> bool:
        """Tell whether another daemon brought this message to its end."""

    def put(self, kept: Kept) -> None:
        """Keep a message; never waits."""

    def end(self, place: Place) -> None:
        """Note that a message came to its end; never waits."""

    def written(self) -> Awaitable[object] | None:
        """Return what waits until all of this is there, but not for long; None if it is."""

    @property
    def is_settled(self) -> bool:
        """Whether all of this is there."""

    async def settled(self) -> None:
        """Return once all of this is there, however long that takes."""
