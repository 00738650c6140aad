"""Channels of Twitch that are read, by configured channel.

A shared chat shows each message in all its channels, in those of others as a copy with an id of its
own. Where both are read for one voice, the copy would be said too, and a command done twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


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

    @contextmanager
    def reading(self, channel: str, reader: Reader) -> Iterator[None]:
        """Count `reader` in, which reads for the configured channel `channel`."""
        entry = (channel, reader)
        self._readers.append(entry)
        try:
            yield
        finally:
            self._readers.remove(entry)

    def reads(self, channel: str, room_id: str) -> bool:
        """Tell whether messages of the room come to `channel` now, so that copies need not."""
        return bool(room_id) and any(
            name == channel and reader.room_id == room_id and reader.is_connected
            for name, reader in self._readers
        )
