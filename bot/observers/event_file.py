"""Outcomes in a file as JSON Lines, one object a line: `run --events FILE`."""

from contextlib import AbstractContextManager
from pathlib import Path

from bot.errors import StartError
from bot.outcomes import Outcome
from bot.runtime.files.line_file import LineFile


class EventFile(AbstractContextManager["EventFile"]):
    """Observer that appends every outcome; a slow disk holds up nothing."""

    def __init__(self, path: Path) -> None:
        """Open `path` for appending.

        Raises:
            StartError: it cannot be written.
        """
        try:
            self._file = LineFile(path)
        except OSError as error:
            raise StartError(
                f"The event file {path} cannot be written: {error.strerror}.",
                remedy="Give --events another path, or start what reads the pipe first.",
            ) from error

    @property
    def lost(self) -> int:
        """Outcomes that were not written."""
        return self._file.lost

    def __exit__(self, *_: object) -> None:
        """Write what still waits and close the file."""
        self._file.close()

    def observe(self, outcome: Outcome) -> None:
        """Queue the outcome; it is dropped when the disk is too far behind."""
        self._file.write(outcome.encoded())
