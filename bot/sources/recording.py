"""Recording of chat, in the form that `bot.sources.replay` reads."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import structlog

from bot.errors import StartError
from bot.messages import Command, SourceItem
from bot.runtime.clock import now
from bot.sources.chat_json import dump_item

log = structlog.get_logger(__name__)


class Recorder(AbstractContextManager["Recorder"]):
    """JSON Lines file, one line an item, complete up to the last one."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = now) -> None:
        """Append to the file at `path`; `at` counts from here.

        Raises:
            StartError: the file cannot be written.
        """
        try:
            self._file = path.open("a", encoding="utf-8", newline="\n", buffering=1)
        except OSError as error:
            raise StartError(
                f"The recording {path} cannot be written: {error.strerror or error}.",
                remedy="Give --record the path of a file in a folder that exists.",
            ) from error
        self._path = path
        self._clock = clock
        self._started_at = clock()

    def write(self, item: SourceItem) -> None:
        """Write `item`; when the disk is full, log that once and write no more.

        A command that did not come from chat is left out.
        """
        if self._file.closed or isinstance(item, Command):
            return
        try:
            self._file.write(dump_item(item, self._clock() - self._started_at) + "\n")
        except OSError as error:
            log.error("recording stopped", file=str(self._path), reason=error.strerror)  # noqa: TRY400 - a full disk needs no traceback
            self.close()

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # of what could not be written before
            self._file.close()

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()
