"""Log in files of bounded size and number."""

import sys
from contextlib import suppress
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from bot.errors import StartError
from bot.logs.background import StandardError
from bot.runtime.files.line_file import open_to_append

_MB = 1_000_000
_TRY_AGAIN_AFTER = 1000
"""Records that are left out after a failure before the file is tried again."""


class LogFile(RotatingFileHandler):
    """Log in `path`; older files are `path.1`, `path.2`... readable by their owner alone.

    A disk that is full or gone costs the lines, and is reported once on standard error: the daemon
    speaks on.
    """

    def __init__(self, path: Path, *, max_mb: float, older: int) -> None:
        """Keep at most `max_mb` megabytes in each file, and `older` files before the present one.

        Raises:
            StartError: the file cannot be written.
        """
        self._left_out = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            super().__init__(
                path, maxBytes=round(max_mb * _MB), backupCount=older, encoding="utf-8"
            )
        except OSError as error:
            raise StartError(
                f"The log {path} cannot be written: {error.strerror}.",
                remedy="Set log.file to a file in a folder that can be written to, or to null.",
            ) from error

    def _open(self) -> TextIO:  # type: ignore[override]
        return open(self.baseFilename, "a", encoding="utf-8", opener=_opener)

    def emit(self, record: LogRecord) -> None:
        """Write a line, unless the disk has just refused one."""
        if self._left_out:
            self._left_out = (self._left_out + 1) % _TRY_AGAIN_AFTER
            return
        super().emit(record)

    def close(self) -> None:
        """Close the file; a disk that is full has lost what could not be written already."""
        with suppress(OSError):
            super().close()

    def handleError(self, record: LogRecord) -> None:  # noqa: N802 - of logging
        """Report once that lines are lost; raise nothing, since whoever logs cannot help it."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._left_out = 1
        StandardError().write(
            f"ishowtts: the log {self.baseFilename} cannot be written, lines are lost: "
            f"{error.strerror}\n"
        )


def _opener(path: str, _flags: int) -> int:
    return open_to_append(Path(path))
