"""Idleness of an engine: how long nobody has used it, and waking it again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.runtime.clock import awake
from bot.runtime.concurrency.waiting import Changes


class Idleness:
    """Watch over the use of one engine, which sleeps after a time without any."""

    def __init__(self, limit_s: float | None) -> None:
        """Let it sleep after `limit_s` seconds without use; None never does."""
        self.is_asleep = False
        """Whether it is to have no process until it is roused."""
        self._limit_s = limit_s
        self._used_at = awake()
        self._under_way = 0
        self._changes = Changes()

    def rouse(self) -> None:
        """Note that the engine is used, or will be soon."""
        self._used_at = awake()
        if self.is_asleep:
            self.is_asleep = False
            self._changes.tell()

    @contextmanager
    def using(self) -> Iterator[None]:
        """Keep the engine awake while the block runs."""
        self.rouse()
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self.rouse()

    async def fall_asleep(self) -> None:
        """Return when it was unused for the whole limit, counted from this call at the earliest."""
        if self._limit_s is None:
            await asyncio.Event().wait()
            return
        self.rouse()
        while True:
            left_s = self._limit_s if self._under_way else self._used_at + self._limit_s - awake()
            if left_s <= 0:
                break
            await asyncio.sleep(left_s)
        self.is_asleep = True

    async def wait_roused(self) -> None:
        """Return when it is awake."""
        while self.is_asleep:
            await self._changes.wait()
