"""Work that may block, in a thread of its own: a disk, a pipe or a terminal holds up nobody."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

_ROOM = 10_000
"""Pieces of work that may wait: lines of a file, for instance."""
_CLOSE_S = 2.0
"""How long they may take at the end, in seconds."""

_T = TypeVar("_T")


class Background:
    """Thread that does what it is given in order.

    Nobody joins it for longer than a moment: a write that blocks cannot be interrupted, and the
    threads of an executor would keep the process from exiting.
    """

    def __init__(self, name: str) -> None:
        """Start the thread `name`."""
        self._waiting: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._is_closed = False
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Pieces of work that have not begun."""
        return self._waiting.qsize()

    def post(self, work: Callable[[], object]) -> bool:
        """Do `work`, which must not raise, soon; return False if there is no room. Never waits."""
        if self._is_closed or self._waiting.qsize() >= _ROOM:
            return False
        self._waiting.put(work)
        return True

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do `work`, and return or raise what it does; what has begun goes on when cancelled."""
        done: Future[_T] = Future()
        self._waiting.put(partial(_do, work, done))
        return await asyncio.wrap_future(done)

    def close(self, last: Callable[[], object] = lambda: None) -> bool:
        """Do what still waits, and `last`; return whether that took no more than a moment.

        What is closed already is not waited for again.
        """
        if not self._is_closed:
            self._is_closed = True
            self._waiting.put(last)
            self._waiting.put(None)
            self._thread.join(_CLOSE_S)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (work := self._waiting.get()) is not None:
            work()


def _do(work: Callable[[], _T], done: "Future[_T]") -> None:
    if not done.set_running_or_notify_cancel():
        return
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whoever waits is told
        done.set_exception(error)
