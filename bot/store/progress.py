"""Progress of paid messages in the copy: each waits, is in hand, begins, and was heard so far."""

from collections.abc import Set as AbstractSet

from msgspec import structs

from bot.messages import ChatMessage, Utterance
from bot.store.copied import Copy, Kept, Place


class Progress:
    """What the copy has of each message that is not at its end; nothing without a copy."""

    def __init__(self, copy: Copy | None) -> None:
        """Write to `copy`."""
        self._copy = copy
        self._kept: dict[Place, Kept] = {}

    @property
    def places(self) -> AbstractSet[Place]:
        """Where all of them are."""
        return self._kept.keys()

    def adopt(self, kept: Kept) -> None:
        """Go on with a message that the copy has already."""
        self._kept[_place(kept)] = kept

    def put(self, kept: Kept) -> None:
        """Keep a message; never waits."""
        if self._copy is not None:
            self._kept[_place(kept)] = kept
            self._copy.put(kept)

    def count(self, place: Place, change: int) -> None:
        """Count the ends of a daemon with a message in hand, as if this one ended now."""
        if (kept := self._kept.get(place)) is not None:
            self.put(structs.replace(kept, ends=max(kept.ends + change, 0)))

    def end(self, place: Place) -> None:
        """Note that a message came to its end; never waits."""
        if self._copy is not None:
            self._kept.pop(place, None)
            self._copy.end(place)

    def introduced(self, message: ChatMessage | Utterance) -> bool | None:
        """Tell whether its chatter was introduced where it began before; None if it did not."""
        kept = self._kept.get((message.channel, message.id))
        return kept.introduced if kept is not None and kept.heard_s else None

    async def begin(self, message: ChatMessage | Utterance, *, introduced: bool) -> float | None:
        """Return the seconds of a message that were heard before, once only this daemon may go on.

        That is when the copy says so, however long it takes: a daemon that lost its turn meanwhile
        is ended while it waits. None is of a message that is not in the copy: nothing waits for it.
        """
        kept = self._kept.get((message.channel, message.id))
        if kept is None or self._copy is None:
            return None
        self.put(structs.replace(kept, introduced=introduced))
        await self._copy.settled()
        return kept.heard_s

    def heard(self, message: ChatMessage | Utterance, heard_s: float) -> None:
        """Note that a message was heard so far, unless the copy is behind: never waits."""
        kept = self._kept.get((message.channel, message.id))
        if kept is not None and self._copy is not None and self._copy.is_settled:
            self.put(structs.replace(kept, heard_s=round(heard_s, 3)))


def _place(kept: Kept) -> Place:
    return kept.message.channel, kept.message.id
