"""Frames: messages on a pipe or a socket between the daemon and its child processes.

A frame is the length of its body as 4 bytes, little-endian, then the body, which is MessagePack.
"""

import asyncio
from collections.abc import Iterator
from typing import IO

from bot.errors import shown

LENGTH_BYTES = 4
MAX_BODY_BYTES = 1 << 26
"""Longest body; a minute of speech is 6 MB, so more than this is garbage."""
MOST_FRAMES_PER_S = 2_000
"""Limit of frames that a child process sends; the busiest sends a hundred."""
MOST_BYTES_PER_S = 1 << 28
"""Limit of their bytes: an hour of speech is 350 MB."""
_FRAMES_IN_A_ROW = 50


class FrameError(ValueError):
    """Bytes that are no frame."""


def frame(body: bytes) -> bytes:
    """Return `body` with its length in front."""
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


def read(pipe: IO[bytes]) -> Iterator[bytes]:
    """Yield each body until the pipe ends; one that the end cuts off is left out.

    Raises:
        FrameError: a length is impossible.
    """
    while len(head := pipe.read(LENGTH_BYTES)) == LENGTH_BYTES:
        length = _body_length(head)
        body = pipe.read(length)
        if len(body) < length:
            return  # the other end died in the middle
        yield body


class Receiver:
    """Receives the frames of one stream; a flood of them is as bad as garbage."""

    def __init__(self, stream: asyncio.StreamReader, most_bytes: int = MAX_BODY_BYTES) -> None:
        """Receive bodies of at most `most_bytes`."""
        self._stream = stream
        self._most_bytes = most_bytes
        self._frames = 0
        self._bytes = 0
        self._since = 0.0

    async def next(self) -> bytes:
        """Return the next body.

        Raises:
            asyncio.IncompleteReadError: the stream ended.
            FrameError: a length is impossible, or the frames come too fast.
        """
        if not self._frames % _FRAMES_IN_A_ROW:
            await asyncio.sleep(0)  # what is buffered must not hold up everything else
        length = _body_length(await self._stream.readexactly(LENGTH_BYTES), self._most_bytes)
        self._count(length)
        return await self._stream.readexactly(length)

    def _count(self, length: int) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._since >= 1:
            self._since, self._frames, self._bytes = now, 0, 0
        self._frames += 1
        self._bytes += length
        if self._frames > MOST_FRAMES_PER_S:
            raise FrameError(f"More than {MOST_FRAMES_PER_S} frames came within a second.")
        if self._bytes > MOST_BYTES_PER_S:
            raise FrameError(f"More than {MOST_BYTES_PER_S >> 20} MiB came within a second.")


def _body_length(head: bytes, most_bytes: int = MAX_BODY_BYTES) -> int:
    length = int.from_bytes(head, "little")
    if length > most_bytes:
        raise FrameError(f"A frame of {length} bytes is announced; {shown(head)} is no length.")
    return length
