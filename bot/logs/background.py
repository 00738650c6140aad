"""Log handler that writes in a thread: a terminal that stands still, or a pipe, holds up nobody."""

import copy
import logging
import os
import select
import sys
from functools import partial

import structlog

from bot.runtime.concurrency.background import Background

log = structlog.get_logger(__name__)


class StandardError:
    """Standard error without a buffer, for threads.

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
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:  # another program made what it shares with us non-blocking
                select.select([], [self._descriptor], [])

    def flush(self) -> None:
        """Hold nothing back."""


def tell(text: str) -> None:
    """Write `text` to standard error, as far as that takes no more than a moment.

    For what a program says last: it has to end, also where nobody reads that.
    """
    try:
        stream = StandardError()
    except OSError:  # a program that runs us has put something else in its place
        sys.stderr.write(text)
        return
    last = Background("last words")
    last.post(partial(stream.write, text))
    last.close()


class BackgroundHandler(logging.Handler):
    """Handler that lets another one write; lines that do not fit are dropped, counted and told."""

    def __init__(self, handler: logging.Handler) -> None:
        """Own `handler`; its formatter is used before a line waits, since values may change."""
        super().__init__()
        self.setFormatter(handler.formatter)
        handler.setFormatter(None)
        self._handler = handler
        self._background = Background("log")
        self._told = 0
        self.dropped = 0
        """Lines that nobody took."""

    def emit(self, record: logging.LogRecord) -> None:
        """Let `record` wait, or count it."""
        try:
            line = copy.copy(record)
            line.msg = self.format(record)
        except Exception:  # noqa: BLE001 - as every handler does
            self.handleError(record)
            return
        line.args = line.exc_info = line.exc_text = line.stack_info = None
        if self._background.post(partial(self._write, line)):
            return
        self.dropped += 1
        if self.dropped == 1:
            log.warning("log too slow for all lines")  # other handlers may take it

    def _write(self, line: logging.LogRecord) -> None:
        # Without its lock, which `logging.shutdown` takes: this thread may stand still.
        self._handler.emit(line)
        if self.dropped > self._told and not self._background.waiting:
            count, self._told = self.dropped - self._told, self.dropped
            log.warning("log lines dropped", count=count)

    def close(self) -> None:
        """Write what waits, as far as that takes no more than a moment."""
        self._background.close(self._handler.close)
        super().close()
