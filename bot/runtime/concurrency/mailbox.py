"""Mailbox: what waits for somebody whom nobody waits for."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Mailbox(Generic[_T]):
    """Messages for one listener; with too many of them it does not keep up, and gets no more."""

    def __init__(self, most: int) -> None:
        """Let at most so many wait."""
        self._most = most
        self.is_behind = False
        """Whether it does not keep up and is to be sent away."""
        self._waiting: deque[_T] = deque()
        self._has_some = asyncio.Event()

    def tell(self, message: _T) -> None:
        """Let a message wait; nobody waits for the listener."""
        if len(self._waiting) >= self._most:
            self.is_behind = True
        if self.is_behind:
            self._waiting.clear()
        else:
            self._waiting.append(message)
        self._has_some.set()

    async def next(self) -> _T | None:
        """Return the next message; None when it does not keep up."""
        while not self._waiting:
            if self.is_behind:
                return None
            self._has_some.clear()
            await self._has_some.wait()
        return self._waiting.popleft()
