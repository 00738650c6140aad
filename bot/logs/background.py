"""Log handler that writes in a thread: a terminal that stands still, or a pipe, holds up nobody."""

import logging
import os
import queue
import sys
from logging.handlers import QueueHandler
from threading import Thread

import structlog

log = structlog.get_logger(__name__)

_MAX_WAITING = 10_000
"""Lines that may wait."""
_CLOSE_S = 2.0
"""How long the lines that wait may take at the end, in seconds."""


class StandardError:
    """Standard error without a buffer.

    A thread that stands still in `sys.stderr` holds its lock, for which the interpreter waits at
    its end.
    """

    def __init__(self) -> None:
        """Take over where `sys.stderr` writes."""
        self._descriptor = sys.stderr.fileno()

    def write(self, text: str) -> None:
        """Write `text`, and wait until all of it is taken."""
        rest = memoryview(text.encode(errors="backslashreplace"))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def flush(self) -> None:
        """Hold nothing back."""


class Background(QueueHandler):
    """Handler that lets another one write; lines that do not fit are dropped, counted and told."""

    def __init__(self, handler: logging.Handler) -> None:
        """Own `handler`; its formatter is used before a line waits, since values may change."""
        waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(_MAX_WAITING)
        super().__init__(waiting)
        self._waiting = waiting
        self.setFormatter(handler.formatter)
        handler.setFormatter(None)
        self._handler = handler
        self._dropped = 0
        self._thread = Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def enqueue(self, record: logging.LogRecord) -> None:
        """Let `record` wait, or count it."""
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            self._dropped += 1

    def _write_all(self) -> None:
        told = 0
        while (record := self._waiting.get()) is not None:
            self._handler.handle(record)
            if self._dropped > told and self._waiting.empty():
                count, told = self._dropped - told, self._dropped
                log.warning("log lines dropped", count=count)
        self._handler.close()

    def close(self) -> None:
        """Write what waits, as far as that takes no more than a moment."""
        if self._thread.is_alive():
            try:
                self._waiting.put(None, timeout=_CLOSE_S)
            except queue.Full:
                pass  # nobody takes the lines: the thread ends with the program
            else:
                self._thread.join(_CLOSE_S)
        super().close()
