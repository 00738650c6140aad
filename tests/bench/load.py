"""Programs that keep cores busy, as a game or a compiler does beside the daemon."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CORES = os.cpu_count() or 1
_LOOP = """
import os, sys
while os.getppid() == int(sys.argv[1]):  # nobody is left behind who would take a core for ever
    for _ in range(1_000_000):
        pass
"""


class Load:
    """Busy loops, each in a process of its own; they end with the process that started them."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []

    def take(self, cores: int) -> None:
        """Keep so many cores busy from now on, more or fewer than before."""
        while len(self._processes) > cores:
            process = self._processes.pop()
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
        while len(self._processes) < cores:
            command = [sys.executable, "-c", _LOOP, str(os.getpid())]
            self._processes.append(subprocess.Popen(command))


@contextmanager
def taken(cores: int) -> Iterator[None]:
    """Keep so many cores busy while the block runs."""
    load = Load()
    load.take(cores)
    try:
        yield
    finally:
        load.take(0)
