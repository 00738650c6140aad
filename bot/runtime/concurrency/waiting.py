"""Waiting: for the first of several to end, and for a change that happens again and again.

The engine's process imports this too, so it runs on Python 3.10.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

_AGAIN_S = 5.0
"""How long a cancelled task may clean up before it is cancelled again, in seconds."""


async def first_to_end(*work: Awaitable[object]) -> None:
    """Run `work` at the same time until one of it ends; cancel the others, and await their end.

    Raises:
        BaseException: whatever the one that ended first raised.
    """
    tasks = [asyncio.ensure_future(part) for part in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await cancel(*tasks)


async def cancel(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel `tasks` and return when all have ended; what they raise is dropped.

    A task that goes on is cancelled again: before Python 3.12 `asyncio.wait_for`, which libraries
    use, loses a cancellation that comes as its result does (python/cpython#86296).
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)  # takes note of what they raised


class Changes:
    """Changes of something: each wakes all who have begun to wait since the one before."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def tell(self) -> None:
        """Wake everybody who waits."""
        self._next.set()
        self._next = asyncio.Event()

    def wait(self) -> Coroutine[Any, Any, object]:
        """Return what waits for the next change.

        It counts from this call, not from when it is awaited: no change is missed in between.
        """
        return self._next.wait()
