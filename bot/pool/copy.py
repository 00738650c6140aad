"""Copy of the journal in a bucket of NATS: a key for each message, written in order.

Each write says what it follows, so the server takes none of a daemon that another one came after:
of two that both take themselves for the one that speaks, one learns so at its next write. A write
that is tried again has the same name, so that the server knows it.
"""

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import APIError, NotFoundError

from bot.engine.guests.pool.connection import told
from bot.errors import LeaseLostError
from bot.runtime.processes.packing import decode, encode
from bot.store.copied import Kept, Place

log = structlog.get_logger(__name__)

_AGAIN_S = 0.5
_WAIT_S = 0.8
"""How long the acceptance of a message waits for the copy: then this machine alone has it. Less
than it waits for the disk (`intake`), or nobody would be told."""
_OPERATION = "KV-Operation"
_ANOTHER_CAME_AFTER = {10071, 10164}
"""Codes of JetStream: the key was written since."""
_MOST_ENDED = 10_000
"""Ends of which it is remembered what follows them: a platform may tell a message again."""


class _Write(NamedTuple):
    """Write that waits: a message, or the end of one."""

    key: str
    body: bytes | None
    name: str
    done: "asyncio.Future[None]"


class NatsCopy:
    """What the daemons of one name have in common; `run` writes."""

    def __init__(self, context: JetStreamContext, *, stream: str, name: str) -> None:
        """Use the keys below `name` in the bucket that is that stream."""
        self._context = context
        self._stream = stream
        self._prefix = f"$KV.{stream.removeprefix('KV_')}.{name}.paid."
        self._turn = secrets.token_hex(8)
        self._count = 0
        self._latest: dict[str, int] = {}
        """Number of the write of each key that the next one follows."""
        self._ended: deque[str] = deque()
        self._left: Mapping[str, Kept | None] = {}
        """What was there at the start, by key; None is a message that came to its end."""
        self._waiting: deque[_Write] = deque()
        self._work = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def load(self) -> None:
        """Read what is there.

        Without a consumer, which a streamer may not make: who may could have others hear things.

        It is tried until it succeeds; a server that stays away costs the lease.
        """
        found: dict[str, Kept | None] = {}
        number = 1
        while True:
            try:
                message = await self._context.get_msg(
                    self._stream, seq=number, subject=f"{self._prefix}>", next=True
                )
            except NotFoundError:
                break
            except (TimeoutError, NatsError) as error:
                log.warning("copy of paid messages not read", reason=told(error))
                await asyncio.sleep(_AGAIN_S)
                continue
            assert message.seq is not None
            assert message.subject is not None
            number = message.seq + 1
            key = message.subject
            self._latest[key] = message.seq
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
            if any(write.body is not None for write in self._waiting):
                log.warning("paid message is on this machine alone", waiting=len(self._waiting))

    @property
    def is_settled(self) -> bool:
        """Whether all of this is there."""
        return not self._waiting

    async def settled(self) -> None:
        """Return once all of this is there, however long that takes."""
        if self._waiting:
            await asyncio.shield(self._waiting[-1].done)

    async def run(self) -> None:
        """Write until cancelled.

        Raises:
            LeaseLostError: another daemon wrote what this one speaks.
        """
        while True:
            await self._work.wait()
            self._work.clear()
            while self._waiting:
                if not await self._do(self._waiting[0]):
                    log.warning("lease lost", reason="Another daemon goes on with a message.")
                    raise LeaseLostError("Another daemon goes on with a message.")
                self._take_off()

    async def finish(self) -> None:
        """Write what waits when the turn is over, but nothing over what another daemon wrote."""
        if self._waiting:
            log.info("copy of paid messages is finished", waiting=len(self._waiting))
        while self._waiting:
            await self._do(self._waiting[0])
            self._take_off()

    async def drain(self) -> None:
        """Wait until all is written, but not for long."""
        if (waiting := self.written()) is not None:
            await waiting

    def _take_off(self) -> None:
        done = self._waiting.popleft().done
        if not done.done():
            done.set_result(None)

    async def _do(self, write: _Write) -> bool:
        """Write it, however long that takes; tell whether that was possible."""
        trouble = ""
        headers: dict[str, str] = {
            Header.EXPECTED_LAST_SUBJECT_SEQUENCE: str(self._latest.get(write.key, 0)),
            Header.MSG_ID: write.name,
        }
        if write.body is None:
            headers[_OPERATION] = "DEL"
        while True:
            try:
                done = await self._context.publish(write.key, write.body or b"", headers=headers)
            except (TimeoutError, NatsError) as error:
                if isinstance(error, APIError) and error.err_code in _ANOTHER_CAME_AFTER:
                    if not await self._is_forgotten(write.key):
                        return False
                    if headers[Header.EXPECTED_LAST_SUBJECT_SEQUENCE] != "0":
                        headers[Header.EXPECTED_LAST_SUBJECT_SEQUENCE] = "0"
                        continue
                if told(error) != trouble:
                    trouble = told(error)
                    log.warning("copy of paid messages not written", reason=trouble)
            else:
                self._note(write, done.seq)
                return True
            await asyncio.sleep(_AGAIN_S)

    async def _is_forgotten(self, key: str) -> bool:
        """Tell whether NATS has nothing of a key any more, as after two days (`state`)."""
        while True:
            try:
                await self._context.get_last_msg(self._stream, key)
            except NotFoundError:
                return True
            except (TimeoutError, NatsError):
                await asyncio.sleep(_AGAIN_S)
            else:
                return False

    def _note(self, write: _Write, number: int) -> None:
        self._latest[write.key] = number
        if write.body is None:
            self._ended.append(write.key)
            if len(self._ended) > _MOST_ENDED:
                self._latest.pop(self._ended.popleft(), None)

    def _write(self, place: Place, body: bytes | None) -> None:
        # The daemon is built in a thread.
        self._count += 1
        name = f"{self._turn}-{self._count}"
        self._waiting.append(_Write(self._key(place), body, name, self._loop.create_future()))
        self._loop.call_soon_threadsafe(self._work.set)

    def _key(self, place: Place) -> str:
        return self._prefix + hashlib.sha256("\0".join(place).encode()).hexdigest()[:40]


def _decoded(data: bytes) -> Kept | None:
    try:
        return decode(data, Kept)
    except (msgspec.MsgspecError, ValueError):  # of another version of this program
        return None
