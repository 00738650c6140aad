"""Waiting for sockets on behalf of aiomqtt, in a thread, where the event loop cannot: on Windows.

There the event loop that has child processes is one of completions, not of readiness, and lacks
`add_reader`: https://docs.python.org/3/library/asyncio-platforms.html#windows.
"""

import asyncio
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Lock, Thread
from typing import Any

_METHODS = ("add_reader", "remove_reader", "add_writer", "remove_writer")


@contextmanager
def sockets_watched() -> Iterator[None]:
    """Give the running event loop the methods to wait for sockets, if it lacks them."""
    loop = asyncio.get_running_loop()
    if type(loop).add_reader is not asyncio.AbstractEventLoop.add_reader:
        yield
        return
    watcher = Watcher(loop)
    for name in _METHODS:
        setattr(loop, name, getattr(watcher, name))
    try:
        yield
    finally:
        for name in _METHODS:
            delattr(loop, name)
        watcher.close()


class Watcher:
    """Thread that waits for sockets and has callbacks run in the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the thread."""
        self._loop = loop
        self._readers: dict[int, Callable[[], object]] = {}
        self._writers: dict[int, Callable[[], object]] = {}
        self._lock = Lock()
        self._waker, self._woken = socket.socketpair()
        self._waker.settimeout(0)
        self._woken.settimeout(0)
        self._is_closed = False
        self._thread = Thread(target=self._watch, name="sockets of MQTT", daemon=True)
        self._thread.start()

    def add_reader(self, fd: int, callback: Callable[..., object], *args: Any) -> None:  # noqa: ANN401 - as asyncio has it
        """Call `callback` whenever there is something to read; replaces the one before."""
        with self._lock:
            self._readers[fd] = partial(callback, *args)
        self._wake()

    def add_writer(self, fd: int, callback: Callable[..., object], *args: Any) -> None:  # noqa: ANN401 - as asyncio has it
        """Call `callback` whenever there is room to write; replaces the one before."""
        with self._lock:
            self._writers[fd] = partial(callback, *args)
        self._wake()

    def remove_reader(self, fd: int) -> bool:
        """Return whether there was one."""
        return self._remove(self._readers, fd)

    def remove_writer(self, fd: int) -> bool:
        """Return whether there was one."""
        return self._remove(self._writers, fd)

    def close(self) -> None:
        """Return when the thread has ended; call it in the event loop."""
        self._is_closed = True
        self._wake()
        self._thread.join()
        self._waker.close()
        self._woken.close()

    def _remove(self, callbacks: dict[int, Callable[[], object]], fd: int) -> bool:
        with self._lock:
            found = callbacks.pop(fd, None)
        self._wake()
        return found is not None

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # then it is about to wake
            self._waker.send(b"!")

    def _watch(self) -> None:
        while not self._is_closed:
            with self._lock:
                reading, writing = list(self._readers), list(self._writers)
            woken = self._woken.fileno()
            try:
                # The third is where Windows tells of a connection that failed.
                ready = select.select([woken, *reading], writing, writing)
            except (OSError, ValueError):  # one was closed; whoever closed it removes it
                ready = select.select([woken], [], [])
            with suppress(BlockingIOError):
                self._woken.recv(4096)
            readable = [fd for fd in ready[0] if fd != woken]
            writable = list({*ready[1], *ready[2]})
            if readable or writable:
                self._run(readable, writable)

    def _run(self, readable: list[int], writable: list[int]) -> None:
        """Have the callbacks called, and wait for that: until then the sockets stay ready."""
        is_done = Event()
        try:
            self._loop.call_soon_threadsafe(self._call, readable, writable, is_done)
        except RuntimeError:  # the event loop is closed
            self._is_closed = True
            return
        while not is_done.wait(1) and not self._is_closed:
            pass

    def _call(self, readable: list[int], writable: list[int], is_done: Event) -> None:
        try:
            for callbacks, ready in ((self._readers, readable), (self._writers, writable)):
                for fd in ready:
                    if callback := callbacks.get(fd):  # an earlier one may have removed it
                        callback()
        finally:
            is_done.set()
