"""Iteration over what may block, in a thread: a terminal, a pipe, a slow disk."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from threading import Semaphore, Thread
from typing import TypeVar

_AHEAD = 64
"""Items that wait to be taken."""

_T = TypeVar("_T")


async def iterate_aside(make: Callable[[], Iterable[_T]], name: str) -> AsyncIterator[_T]:
    """Yield what the iterable that `make` returns gives; both run in a thread.

    It is a thread of our own that nobody joins: a read that blocks cannot be interrupted, and the
    threads of an executor would keep the process from exiting. It stops a few items after the last
    one that was taken. What `make` or the iterable raises is raised here.
    """
    loop = asyncio.get_running_loop()
    items: asyncio.Queue[tuple[_T] | BaseException | None] = asyncio.Queue()
    room = Semaphore(_AHEAD)

    def put(item: tuple[_T] | BaseException | None) -> None:
        loop.call_soon_threadsafe(items.put_nowait, item)

    def pump() -> None:
        if sys.platform != "win32":
            # A daemon that was sent to the background (`ishowtts run &`) would be stopped for
            # reading the terminal; this way the read fails instead.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN})
        try:
            try:
                for item in make():
                    room.acquire()
                    put((item,))
            except Exception as error:  # noqa: BLE001 - whoever iterates is told
                put(error)
            put(None)
        except RuntimeError:  # the event loop is closed: nobody is left to be told
            return

    Thread(target=pump, name=name, daemon=True).start()
    while (item := await items.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        room.release()
        yield item[0]
