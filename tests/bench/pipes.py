"""Pipes that stand still: full, and nobody reads them."""

import os
import select
import threading
import time
from contextlib import suppress
from pathlib import Path

_LOOK_S = 0.1


def fill(descriptor: int) -> None:
    """Leave no room in the pipe that `descriptor` reads: empty lines are put into it."""
    writer = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        with suppress(BlockingIOError):
            while True:
                os.write(writer, b"\n" * 4096)
        with suppress(BlockingIOError):
            while True:
                os.write(writer, b"\n")
    finally:
        os.close(writer)


class Fifo:
    """Named pipe whose reader takes what comes, except where it is told not to."""

    def __init__(self, path: Path) -> None:
        """Make it, and read it until this program ends."""
        os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDWR)  # so it never ends
        self._is_read = threading.Event()
        self._is_read.set()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while self._is_read.wait():
            if select.select([self._descriptor], [], [], _LOOK_S)[0] and self._is_read.is_set():
                os.read(self._descriptor, 65_536)

    def block(self, seconds: float) -> None:
        """Read nothing for so long, and have it full."""
        self._is_read.clear()
        fill(self._descriptor)
        time.sleep(seconds)
        self._is_read.set()
