"""Replay: recorded chat, delivered again for tests, load and bug reports."""

import asyncio
import errno
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from bot.config.sections.sources import ReplaySettings
from bot.errors import StartError
from bot.messages import SourceItem
from bot.runtime.clock import awake
from bot.runtime.concurrency.aside import iterate_aside
from bot.sources import Deliver, Origin
from bot.sources.chat_json import ChatJsonError, loads, read_at, read_channel, read_item
from bot.sources.sanitize import well_formed

log = structlog.get_logger(__name__)

MAX_LINE_BYTES = 262_144
"""Limit of a line; a longer one is logged and skipped."""
_MAX_PARTS = 256
"""Limit of a line that is skipped, in `MAX_LINE_BYTES`."""


class EndlessLineError(Exception):
    """A line that is longer than any recording's."""


class ReplaySource:
    """JSON Lines file in the form of `bot.sources.chat_json`."""

    def __init__(
        self,
        settings: ReplaySettings,
        channel: str,
        *,
        clock: Callable[[], float] = awake,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Lines that name no channel belong to `channel`.

        Raises:
            StartError: the file cannot be read.
        """
        _check(settings.path)
        self.name = f"{settings.type}:{well_formed(settings.path.name)}"
        self._settings = settings
        self._channel = channel
        self._clock = clock
        self._sleep = sleep
        self._line = 0
        self._is_over = False

    @property
    def state(self) -> str:
        """Position in the file, as one clause."""
        return f"ended after line {self._line}" if self._is_over else f"at line {self._line}"

    async def run(self, deliver: Deliver) -> None:
        """Deliver the recording at its speed; return at its end.

        Each item is delivered before the next line is read, so a busy daemon slows it down, also at
        full speed. A malformed line is logged and skipped. Where `at` runs backwards, as in a file
        that was recorded in several runs, the next run follows at once.

        Raises:
            StartError: nothing of the file can be read; one that breaks off is logged, and over.
        """
        try:
            await self._play(deliver)
        except (OSError, EndlessLineError) as error:
            if not self._line:
                raise _unreadable(self._settings.path, error) from error
            log.error(  # noqa: TRY400 - a disk that fails needs no traceback
                "recording broke off", file=self.name, line=self._line, reason=str(error)
            )
        self._is_over = True

    async def _play(self, deliver: Deliver) -> None:
        due_at = self._clock()
        last_at = 0.0
        if self._settings.path.is_fifo():
            log.info("recording is a pipe: waiting for its writer", file=self.name)
        lines = iterate_aside(partial(numbered_lines, self._settings.path), self.name)
        async for self._line, data in lines:
            try:
                value = parse_line(data)
                at = read_at(value)
                if self._settings.speed:
                    due_at += max(0.0, at - last_at) / self._settings.speed
                    last_at = at
                # Also for 0 seconds, so that the rest of the daemon gets to run.
                await self._sleep(max(0.0, due_at - self._clock()))
                item = self._read(value)
            except ChatJsonError as error:
                log.warning(
                    "recording line skipped", file=self.name, line=self._line, reason=str(error)
                )
            else:
                await deliver(item)

    def _read(self, value: dict[str, Any]) -> SourceItem:
        origin = Origin(read_channel(value) or self._channel, self.name, self._clock())
        return read_item(value, origin, new_id=f"{self._channel}/{self.name}/{self._line}")


def _check(path: Path) -> None:
    if path.is_char_device():
        raise _unreadable(path, OSError(errno.EINVAL, "it is no file"))
    try:
        if not path.is_fifo():  # to open and close a pipe would end the program that writes it
            path.open("rb").close()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> StartError:
    reason = error.strerror if isinstance(error, OSError) else None
    return StartError(
        f"The recording {path} cannot be read: {reason or error}.",
        remedy="Give the path of a JSON Lines file.",
    )


def parse_line(line: bytes) -> dict[str, Any]:
    """Return the JSON of a line.

    Raises:
        ChatJsonError: it is too long, or no object.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ChatJsonError(f"is longer than {MAX_LINE_BYTES} bytes")
    return loads(line)


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank with its number, cut just beyond `MAX_LINE_BYTES`.

    Raises:
        EndlessLineError: a line does not end.
    """
    number = 0
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            rest, parts = line, 0
            while rest and not rest.endswith(b"\n"):
                rest, parts = file.readline(MAX_LINE_BYTES), parts + 1
                if parts > _MAX_PARTS:
                    raise EndlessLineError(f"line {number} does not end")
            if not line.isspace():
                yield number, line
