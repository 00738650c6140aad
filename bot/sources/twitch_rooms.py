"""Channels of Twitch that are read, by configured channel.

A shared chat shows each message in all its channels, in those of others as a copy with an id of its
own. Where both are read for one voice, the copy would be said too, and a command done twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from bot.runtime.recent import Recent

_COPIES = 10_000


class Copy(NamedTuple):
    """Copy of a message, in another channel of a shared chat than the one it was written in."""

    room_id: str
    """Channel that shows it."""
    source_room_id: str
    source_id: str
    """Id of the message itself; empty if that is not told."""
    is_order: bool = False
    """Whether it may be a command of somebody who moderates here, and not where it was written."""


class Reader(Protocol):
    """Source that reads one channel of Twitch."""

    @property
    def room_id(self) -> str:
        """User id of the streamer; empty while it is not known."""

    @property
    def is_connected(self) -> bool:
        """Whether its chat comes in now."""


class TwitchRooms:
    """The readers that run."""

    def __init__(self) -> None:
        self._readers: list[tuple[str, Reader]] = []
        self._shown: Recent[tuple[str, str], str] = Recent(_COPIES)
        """Room whose copy came first, by configured channel and message."""

    @contextmanager
    def reading(self, channel: str, reader: Reader) -> Iterator[None]:
        """Count `reader` in, which reads for the configured channel `channel`."""
        entry = (channel, reader)
        self._readers.append(entry)
        try:
            yield
        finally:
            self._readers.remove(entry)

    def is_known(self, channel: str, copy: Copy | None) -> bool:
        """Tell whether the message comes to `channel` itself, or came as a copy of another room.

        Its writer counts as who they are where they wrote, but for commands of a moderator here.
        """
        if copy is None or copy.is_order:
            return False
        for name, reader in self._readers:
            if name == channel and reader.room_id == copy.source_room_id and reader.is_connected:
                return True
        if not copy.source_id:
            return False
        key = channel, copy.source_id
        if key not in self._shown:
            self._shown[key] = copy.room_id
        return self._shown[key] != copy.room_id
