"""Recording of chat, in the form that `bot.sources.replay` reads."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from bot.errors import StartError
from bot.messages import BlockedTerms, Command, SourceItem
from bot.runtime.clock import awake
from bot.runtime.files.line_file import LineFile
from bot.sources.chat_json import dump_item


class Recorder(AbstractContextManager["Recorder"]):
    """JSON Lines file, one line an item; a slow disk holds up nothing."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = awake) -> None:
        """Append to the file at `path`; `at` counts from here.

        Raises:
            StartError: the file cannot be written.
        """
        try:
            self._file = LineFile(path)
        except OSError as error:
            raise StartError(
                f"The recording {path} cannot be written: {error.strerror or error}.",
                remedy="Give --record a file in a folder that exists, or start what reads the pipe"
                " first.",
            ) from error
        self._clock = clock
        self._started_at = clock()

    def write(self, item: SourceItem) -> None:
        """Write `item`, unless the disk is too far behind.

        A command that did not come from chat is left out, and what the channel's owner blocks.
        """
        if not isinstance(item, Command | BlockedTerms):
            line = dump_item(item, self._clock() - self._started_at)
            self._file.write(line.encode())

    @property
    def lost(self) -> int:
        """Items that were not written."""
        return self._file.lost

    def close(self) -> None:
        """Write what still waits and close the file."""
        self._file.close()

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()
