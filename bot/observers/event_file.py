"""Outcomes in a file as JSON Lines, one object a line: `run --events FILE`."""

import queue
from pathlib import Path
from threading import Thread
from typing import Self

import msgspec
import structlog

from bot.errors import StartError
from bot.outcomes import Outcome

log = structlog.get_logger(__name__)

_MAX_WAITING = 10_000
"""Outcomes that a slow disk may be behind."""


class EventFile:
    """Writer of a file in a thread of its own: a slow disk holds up nothing."""

    def __init__(self, path: Path) -> None:
        """Open `path` for appending.

        Raises:
            StartError: it cannot be written.
        """
        self._path = path
        try:
            # Unbuffered: a line is there for others at once, and closing cannot fail.
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise StartError(
                f"The event file {path} cannot be written: {error.strerror}.",
                remedy="Give --events another path.",
            ) from error
        self._waiting: queue.Queue[Outcome | None] = queue.Queue()
        self._lost = 0
        self._thread = Thread(target=self._write_all, name="event file", daemon=True)

    def __enter__(self) -> Self:
        """Start writing."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write what still waits and close the file."""
        self._waiting.put(None)
        self._thread.join()
        self._file.close()

    def observe(self, outcome: Outcome) -> None:
        """Queue the outcome; drop it when the disk is too far behind."""
        if self._waiting.qsize() >= _MAX_WAITING:
            self._lost += 1
        else:
            self._waiting.put(outcome)

    def _write_all(self) -> None:
        while (outcome := self._waiting.get()) is not None:
            try:
                self._file.write(msgspec.json.encode(outcome) + b"\n")
            except OSError as error:
                self._lost += 1
                log.warning("event not written", path=str(self._path), error=str(error))
            if self._lost and self._waiting.empty():
                log.warning("events lost", path=str(self._path), count=self._lost)
                self._lost = 0
