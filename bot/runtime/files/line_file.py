"""File of lines, written in a thread of its own: a disk or a pipe that is slow holds up nobody."""

import errno
import os
import stat
import sys
from functools import partial
from pathlib import Path

import structlog

from bot.runtime.concurrency.background import Background

log = structlog.get_logger(__name__)


def open_to_append(path: Path) -> int:
    """Return a descriptor of the file, which its owner alone can read if it is new.

    Raises:
        OSError: it cannot be written, or is a pipe that nobody reads.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads this pipe", str(path)) from error
        raise
    if sys.platform != "win32" and not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.set_blocking(descriptor, True)  # a thread waits for room: of a pipe, or a terminal
    return descriptor


class LineFile:
    """Lines that are appended in order; those that do not fit are dropped, counted and told."""

    def __init__(self, path: Path) -> None:
        """Open `path`.

        Raises:
            OSError: it cannot be written.
        """
        self._path = path
        # Unbuffered: a line is there for others at once.
        self._file = os.fdopen(open_to_append(path), "wb", buffering=0)
        self._is_torn = False
        """Whether the last line was written in part."""
        self._failure = ""
        """Why the last line was not written."""
        self._dropped = self._failed = self._told = 0
        self._background = Background(f"write {path.name}")

    @property
    def lost(self) -> int:
        """Lines that were not written."""
        return self._dropped + self._failed

    def write(self, line: bytes) -> None:
        """Write `line`, which has no end yet, soon; never waits."""
        if not self._background.post(partial(self._write, line + b"\n")):
            if not self._dropped:
                log.warning("too slow for all lines", path=str(self._path))
            self._dropped += 1

    def close(self) -> None:
        """Write what still waits, as far as that takes no more than a moment."""
        if self._background.close(self._file.close):
            self._tell_lost()
        else:
            count = self.lost + self._background.waiting - self._told
            log.warning("lines lost", path=str(self._path), count=count, reason="nobody takes them")

    def _write(self, line: bytes) -> None:
        try:
            self._write_whole(line)
        except OSError as error:
            self._failed += 1
            reason = error.strerror or str(error)
            if reason != self._failure:
                log.warning("line not written", path=str(self._path), reason=reason)
            self._failure = reason
        else:
            self._failure = ""
        if not self._background.waiting:
            self._tell_lost()

    def _tell_lost(self) -> None:
        count, self._told = self.lost - self._told, self.lost
        if count:
            log.warning("lines lost", path=str(self._path), count=count)

    def _write_whole(self, line: bytes) -> None:
        rest = memoryview(b"\n" + line if self._is_torn else line)
        while rest:
            written = self._file.write(rest)
            rest = rest[written:]  # a full disk takes a part, then refuses
            self._is_torn = bool(rest) and (self._is_torn or written > 0)
