"""The inbox: what sources deliver, on its way into the channels that it is for."""

import asyncio
from collections.abc import Callable, Mapping

from bot.channel import Channel
from bot.messages import ChatMessage, SourceItem
from bot.outcomes import Outcome
from bot.policy.draft import is_paid
from bot.sources.supervision import keep_reading
from bot.store import Journal

_SIZE = 256
"""Items that wait to be taken in."""


class Inbox:
    """Items of every source; `take_in` hands them to their channels, one after the other."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        journal: Journal,
        *,
        emit: Callable[[Outcome], None],
        waits_for_room: bool,
        seen: Callable[[SourceItem], None] = lambda _: None,
    ) -> None:
        """Deliver to `channels`.

        Args:
            channels: Channels by their names.
            journal: What was paid for and not spoken in earlier runs.
            emit: Is told how that ended of which nothing will be heard.
            waits_for_room: Whether a message waits until its backlog has room for it.
            seen: Is told every item.
        """
        self._channels = channels
        self._first = next(iter(channels.values()))
        self._journal = journal
        self._emit = emit
        self._waits_for_room = waits_for_room
        self._seen = seen
        self._items: asyncio.Queue[SourceItem] = asyncio.Queue(_SIZE)

    async def take_in(self) -> None:
        """Hand items to their channels until cancelled."""
        while True:
            item = await self._items.get()
            self._channel(item).intake.accept(item)
            self._items.task_done()

    async def read(self) -> None:
        """Let every source deliver; return when none of them has any more, and all is taken in."""
        async with asyncio.TaskGroup() as reading:
            for name, channel in self._channels.items():
                for source in channel.sources:
                    reading.create_task(
                        keep_reading(source, self._deliver), name=f"{source.name} of {name}"
                    )
        await self._items.join()

    async def resume(self) -> None:
        """Take in what was paid for and not spoken in earlier runs."""
        self._end_given_up()
        unspoken = self._journal.unspoken(self._channels)
        for message in (*unspoken, *self._journal.undated(self._channels)):
            self._channels[message.channel].resume(message)
        for message in unspoken:
            await self._items.put(message)
        await self._items.join()

    async def resume_undated(self) -> None:
        """Take in what of it has an age that is known only later."""
        young = await self._journal.date(self._channels)
        self._end_given_up()
        for message in young:
            await self._items.put(message)

    def _end_given_up(self) -> None:
        for message, end in self._journal.given_up(self._channels):
            # Sources settle what was paid for it.
            self._channels[message.channel].resume(message)
            self._emit(end)

    async def _deliver(self, item: SourceItem) -> None:
        self._seen(item)
        if self._waits_for_room and isinstance(item, ChatMessage):
            await self._items.join()
            await self._channel(item).wait_room()
        await self._items.put(item)
        if isinstance(item, ChatMessage) and is_paid(item):
            # Who delivered it takes it for accepted, and may tell whoever paid.
            await self._items.join()
            await self._channel(item).intake.wait_written()

    def _channel(self, item: SourceItem) -> Channel:
        # A replay may come from another configuration with other channels.
        return self._channels.get(item.channel, self._first)
