"""Copy of the journal in a bucket of NATS: a key for each message, written in order."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from nats.js.kv import KeyValue

from bot.errors import raised
from bot.runtime.packing import decode, encode
from bot.store.copied import Kept, Place

log = structlog.get_logger(__name__)

_AGAIN_S = 0.5
_WAIT_S = 2.0
"""How long the acceptance of a message waits for the copy: then this machine alone has it."""
_OPERATION = "KV-Operation"


class _Write(NamedTuple):
    """Write that waits: a message, or the end of one."""

    key: str
    body: bytes | None
    done: "asyncio.Future[None]"


class NatsCopy:
    """What the daemons of one name have in common; `run` writes."""

    def __init__(
        self, context: JetStreamContext, bucket: KeyValue, *, stream: str, name: str
    ) -> None:
        """Use the keys below `name` in a bucket, which is that stream."""
        self._context = context
        self._bucket = bucket
        self._stream = stream
        self._subject = f"$KV.{stream.removeprefix('KV_')}.{name}.paid.>"
        self._prefix = f"{name}.paid."
        self._left: Mapping[str, Kept | None] = {}
        """What was there at the start, by key; None is a message that came to its end."""
        self._waiting: deque[_Write] = deque()
        self._work = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def load(self) -> None:
        """Read what is there.

        Without a consumer, which a streamer may not make: who may could have others hear things.

        Raises:
            NatsError: it cannot be read.
        """
        found: dict[str, Kept | None] = {}
        number = 1
        while True:
            try:
                message = await self._context.get_msg(
                    self._stream, seq=number, subject=self._subject, next=True
                )
            except NotFoundError:
                break
            assert message.seq is not None
            assert message.subject is not None
            number = message.seq + 1
            key = message.subject.split(".", 2)[2]
            is_end = bool(message.headers and _OPERATION in message.headers)
            kept = None if is_end else _decoded(message.data or b"")
            if is_end or kept is not None:
                found[key] = kept
        self._left = found

    def left(self) -> Sequence[Kept]:
        """Return what the daemon before this one left."""
        return [kept for kept in self._left.values() if kept is not None]

    def is_ended(self, place: Place) -> bool:
        """Tell whether another daemon brought this message to its end."""
        return self._left.get(self._key(place), ...) is None

    def put(self, kept: Kept) -> None:
        """Keep a message; never waits."""
        self._write((kept.message.channel, kept.message.id), encode(kept))

    def end(self, place: Place) -> None:
        """Note that a message came to its end; never waits."""
        self._write(place, None)

    def written(self) -> Awaitable[object] | None:
        """Return what waits until all of this is there, but not for long; None if it is."""
        return self._wait(self._waiting[-1].done) if self._waiting else None

    async def _wait(self, done: "asyncio.Future[None]") -> None:
        try:
            await asyncio.wait_for(asyncio.shield(done), _WAIT_S)
        except TimeoutError:
            log.warning("paid message is on this machine alone", waiting=len(self._waiting))

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._waiting:
                await self._do(self._waiting[0])
                done = self._waiting.popleft().done
                if not done.done():
                    done.set_result(None)

    async def drain(self) -> None:
        """Wait until all is written, but not for long."""
        if (waiting := self.written()) is not None:
            await waiting

    async def _do(self, write: _Write) -> None:
        trouble = ""
        while True:
            try:
                if write.body is None:
                    await self._bucket.delete(write.key)
                else:
                    await self._bucket.put(write.key, write.body)
            except (TimeoutError, NatsError) as error:
                if raised(error) != trouble:
                    trouble = raised(error)
                    log.warning("copy of paid messages not written", reason=trouble)
            else:
                return
            await asyncio.sleep(_AGAIN_S)

    def _write(self, place: Place, body: bytes | None) -> None:
        # The daemon is built in a thread.
        self._waiting.append(_Write(self._key(place), body, self._loop.create_future()))
        self._loop.call_soon_threadsafe(self._work.set)

    def _key(self, place: Place) -> str:
        return self._prefix + hashlib.sha256("\0".join(place).encode()).hexdigest()[:40]


def _decoded(data: bytes) -> Kept | None:
    try:
        return decode(data, Kept)
    except (msgspec.MsgspecError, ValueError):  # of another version of this program
        return None
