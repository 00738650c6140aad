"""Frames: messages on a pipe or a socket between the daemon and its child processes.

A frame is the length of its body as 4 bytes, little-endian, then the body, which is MessagePack.
"""

import asyncio
from collections.abc import Iterator
from typing import IO

LENGTH_BYTES = 4
MAX_BODY_BYTES = 1 << 26
"""Longest body; a minute of speech is 6 MB, so more than this is garbage."""


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


async def receive(stream: asyncio.StreamReader, most_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Return the next body, of at most `most_bytes`.

    Raises:
        asyncio.IncompleteReadError: the stream ended.
        FrameError: a length is impossible.
    """
    head = await stream.readexactly(LENGTH_BYTES)
    return await stream.readexactly(_body_length(head, most_bytes))


def _body_length(head: bytes, most_bytes: int = MAX_BODY_BYTES) -> int:
    length = int.from_bytes(head, "little")
    if length > most_bytes:
        raise FrameError(f"A frame of {length} bytes is announced; {head!r} is no length.")
    return length
