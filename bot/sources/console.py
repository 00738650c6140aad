"""Console: lines typed in the terminal."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Protocol
from uuid import uuid4

from bot.config.sections.sources import ConsoleSettings
from bot.messages import ChatMessage, Chatter, Role
from bot.runtime.clock import now
from bot.runtime.concurrency.aside import iterate_aside
from bot.sources import Deliver

MAX_LINE_BYTES = 4096
"""Limit of a line; the rest of a longer one is dropped."""

_READ_BYTES = 65_536
_CHATTER = Chatter(id="console", name="console", roles=frozenset({Role.BROADCASTER}))


class RawStream(Protocol):
    """An unbuffered stream, such as `io.FileIO`."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most `size` bytes, b"" at the end, None if there is nothing yet."""


class ConsoleSource:
    """Messages of the broadcaster, one a line of the terminal."""

    def __init__(
        self, settings: ConsoleSettings, channel: str, *, stream: RawStream | None = None
    ) -> None:
        """Read `stream`, standard input unless given."""
        self.name: str = settings.type
        self._channel = channel
        self._stream = stream
        self._is_open = True

    @property
    def state(self) -> str:
        """Whether more can come, in a word."""
        return "open" if self._is_open else "closed"

    async def run(self, deliver: Deliver) -> None:
        """Deliver each line that is not blank; return when the input is closed."""
        stream = self._stream or _standard_input()
        async for line in iterate_aside(partial(_lines, stream), self.name):
            if line.strip():
                await deliver(self._message(line))
        self._is_open = False

    def _message(self, line: str) -> ChatMessage:
        return ChatMessage(
            id=uuid4().hex,
            channel=self._channel,
            source=self.name,
            chatter=_CHATTER,
            text=line,
            received_at=now(),
        )


def split_lines(stream: RawStream) -> Iterator[str]:
    """Yield the lines of `stream` without their ends, each cut at `MAX_LINE_BYTES`."""
    pending = b""
    while chunk := stream.read(_READ_BYTES):
        *complete, rest = (pending + chunk).split(b"\n")
        yield from map(_decode, complete)
        pending = rest[:MAX_LINE_BYTES]
    if pending:
        yield _decode(pending)


def _decode(line: bytes) -> str:
    return line.removesuffix(b"\r")[:MAX_LINE_BYTES].decode(errors="replace")


def _lines(stream: RawStream | None) -> Iterator[str]:
    with suppress(OSError, ValueError):  # the terminal is gone: nothing more will come
        yield from split_lines(stream) if stream else ()


def _standard_input() -> RawStream | None:
    # The raw stream, because a daemon thread inside BufferedReader.readline holds its lock, and
    # then the interpreter aborts at exit ("could not acquire lock for BufferedReader").
    buffer = getattr(sys.stdin, "buffer", None)
    raw: RawStream | None = getattr(buffer, "raw", None)
    return raw
