"""Reference voices on their way: once to an object store of JetStream, keyed by their content.

A key is the SHA-256 of the three files of a voice. Who fetches one compares it, so nobody can put
another voice under it. Each streamer has a store of its own, made by a worker, since who may make
one could have it keep what others send; and what a worker has is one streamer's too.
"""

import asyncio
import hashlib
import logging
import math
import re
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.js.api import ObjectInfo, ObjectStoreConfig
from nats.js.errors import (
    APIError,
    BadRequestError,
    BucketNotFoundError,
    NotFoundError,
    ObjectNotFoundError,
)
from nats.js.object_store import ObjectStore

from bot.engine.guests.pool.connection import told
from bot.errors import StartError, UtteranceError, raised
from bot.runtime.clock import awake
from bot.runtime.files.folders import read_bounded
from bot.voices.folder import FILES, Signature, find, read_about, read_signature

log = logging.getLogger(__name__)

_MOST_BYTES = 8 << 20
"""Limit of one file: a minute of speech."""
_MOST_PACKED_BYTES = 3 * _MOST_BYTES
"""Limit of a voice."""
_STORE_BYTES = 128 << 20
"""Limit of one streamer's store."""
_FETCH_S = 10.0
"""Limit of one transfer."""
_KEPT_S = 30 * 86_400.0
"""Time after which a voice is forgotten there, and what was left of one that was cut: who still
speaks with it sends it again."""
_LOOK_AGAIN_S = 3_600.0
_FULL = 10_077
"""Code of JetStream: the store holds as much as it may."""
PREFIX = "v"
"""Of keys, and so of folders of voices that were fetched."""
_DIGITS = 40
"""Of the digest, in hexadecimal: no two voices share so many."""
_OF_A_STREAMER = re.compile(f"{PREFIX}[0-9a-f]{{{_DIGITS}}}")


def key_of(packed: bytes) -> str:
    """Return the key of a voice, which may also be the name of its folder."""
    return PREFIX + hashlib.sha256(packed).hexdigest()[:_DIGITS]


def name_at_worker(streamer: str, key: str) -> str:
    """Return the name of a streamer's voice at workers, who take none by such a name."""
    return key_of(f"{streamer} {key}".encode()) if key else ""


def is_of_a_streamer(name: str) -> bool:
    """Tell whether a name at workers is a streamer's voice."""
    return _OF_A_STREAMER.fullmatch(name) is not None


def pack(folder: Path) -> bytes:
    """Return the files of a voice as one; the same files give the same bytes.

    Raises:
        OSError: a file cannot be read, or is too large for a voice.
    """
    present = [name for name in FILES if (folder / name).is_file()]
    files = [(name, read_bounded(folder / name, _MOST_BYTES)) for name in present]
    return msgspec.msgpack.encode(files)


def unpack(packed: bytes, folder: Path) -> None:
    """Write a voice into `folder`, which appears whole or not at all.

    Raises:
        ValueError: `packed` is no voice.
        OSError: the disk refuses.
    """
    try:
        files = msgspec.msgpack.decode(packed, type=list[tuple[str, bytes]])
    except msgspec.MsgspecError as error:
        raise ValueError("what was fetched is no voice") from error
    if any(name not in FILES for name, _ in files):
        raise ValueError("what was fetched is no voice")
    made = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    made.mkdir(parents=True)
    try:
        for name, content in files:
            (made / name).write_bytes(content)
        if not folder.exists():
            made.rename(folder)
    except FileExistsError:
        pass  # somebody else fetched it too
    finally:
        shutil.rmtree(made, ignore_errors=True)


class Store:
    """Object store of one streamer."""

    def __init__(self, client: Client, bucket: str, ask_for_it: str = "") -> None:
        """Use `bucket`; `put` asks for it at the subject `ask_for_it` if it is not there."""
        self._client = client
        self._bucket = bucket
        self._ask_for_it = ask_for_it
        self._there: dict[str, float] = {}
        """When each was seen there."""
        self._sending: dict[str, asyncio.Task[None]] = {}

    def is_there(self, key: str) -> bool:
        """Tell whether a voice was seen there lately."""
        return awake() - self._there.get(key, -math.inf) < _LOOK_AGAIN_S

    async def put(self, key: str, packed: bytes) -> None:
        """Store a voice, unless it is there.

        Raises:
            UtteranceError: JetStream does not take it.
        """
        if self.is_there(key):
            return
        if key not in self._sending:
            task = asyncio.create_task(self._put(key, packed), name=f"send {key}")
            self._sending[key] = task
            task.add_done_callback(partial(self._sent, key))
        try:
            # It goes on behind the limit: a slow line has it there once, and for the next message.
            await asyncio.wait_for(asyncio.shield(self._sending[key]), _FETCH_S)
        except (NatsError, OSError, asyncio.TimeoutError) as error:
            is_full = isinstance(error, APIError) and error.err_code == _FULL
            raise UtteranceError(
                f"The voice cannot go to the pool: {told(error)}.",
                remedy=f"Delete what is old in the bucket {self._bucket}, or all of it."
                if is_full
                else "Turn JetStream on in nats-server, and permit the user its bucket"
                f" {self._bucket}.",
            ) from error

    def _sent(self, key: str, task: "asyncio.Task[None]") -> None:
        self._sending.pop(key, None)
        if not task.cancelled() and task.exception() is None:
            self._there[key] = awake()

    def close(self) -> None:
        """Send nothing more."""
        for task in self._sending.values():
            task.cancel()

    def forget(self, key: str) -> None:
        """Look again whether a voice is there when it is next needed."""
        self._there.pop(key, None)

    async def _put(self, key: str, packed: bytes) -> None:
        context = self._client.jetstream()
        try:
            store = await context.object_store(self._bucket)
        except (BucketNotFoundError, NotFoundError):
            try:
                answer = await self._client.request(self._ask_for_it, timeout=_FETCH_S)
                if answer.data:
                    raise NatsError(answer.data.decode(errors="replace"))
            except NoRespondersError:  # no worker: of one's own server one may make it oneself
                await self.make()
            store = await context.object_store(self._bucket)
        if not await _has(store, key):
            await store.put(key, packed)
            log.info("voice sent to the pool", extra={"key": key, "bytes": len(packed)})

    async def make(self) -> None:
        """Make the store, if it is not there, with room for a few hundred voices of a month.

        Raises:
            NatsError: JetStream refuses.
        """
        with suppress(BadRequestError):  # it is there
            await self._client.jetstream().create_object_store(
                self._bucket, ObjectStoreConfig(max_bytes=_STORE_BYTES, ttl=_KEPT_S)
            )

    async def get(self, key: str) -> bytes:
        """Return a voice.

        Raises:
            UtteranceError: it is not there, or is another one.
        """
        try:
            store = await self._client.jetstream().object_store(self._bucket)
            about = await store.get_info(key)
            _check_size(about.size or 0)
            packed = await asyncio.wait_for(self._read(about), _FETCH_S)
        except (NatsError, OSError, asyncio.TimeoutError) as error:
            raise UtteranceError(f"The voice cannot be fetched: {told(error)}.") from error
        if key_of(packed) != key:
            raise UtteranceError("The voice in the pool's store is another one than was asked for.")
        return packed

    async def _read(self, about: ObjectInfo) -> bytes:
        """Return the parts of an object, one request each.

        `ObjectStore.get` has a consumer send them, which stays, with a subscription and its tasks,
        unless the last part comes.
        """
        packed, number = bytearray(), 1
        for _ in range(about.chunks or 0):
            part = await self._client.jetstream().get_msg(
                f"OBJ_{self._bucket}",
                seq=number,
                subject=f"$O.{self._bucket}.C.{about.nuid}",
                next=True,
            )
            packed += part.data or b""
            _check_size(len(packed))  # whatever the store said before
            number = (part.seq or number) + 1
        return bytes(packed)


def _check_size(size: int) -> None:
    """Raise OSError for more bytes than a voice has: a store may hold anything."""
    if size > _MOST_PACKED_BYTES:
        raise OSError(f"it is larger than {_MOST_PACKED_BYTES >> 20} MiB")


async def _has(store: ObjectStore, key: str) -> bool:
    try:
        await store.get_info(key)
    except ObjectNotFoundError:
        return False
    return True


class Sending:
    """The daemon's voices: keys by name, of folders that may change at any time."""

    def __init__(self, roots: Sequence[Path], *, allow_unlicensed: bool) -> None:
        self._roots = tuple(roots)
        self._allow_unlicensed = allow_unlicensed
        self._known: dict[Path, tuple[Signature, str]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the voices that there are now. Looks at the disk."""
        return tuple(find(self._roots))

    async def key(self, name: str, store: Store) -> str:
        """Return the key of the voice `name`, which is in `store` then; empty if there is none.

        Raises:
            UtteranceError: it may not speak, or cannot be sent.
        """
        folder = await asyncio.to_thread(self._folder, name)
        if folder is None:
            return ""
        signature = read_signature(folder)
        known = self._known.get(folder)
        if known is not None and known[0] == signature and store.is_there(known[1]):
            return known[1]
        try:
            await asyncio.to_thread(read_about, folder, allow_unlicensed=self._allow_unlicensed)
            packed = await asyncio.to_thread(pack, folder)
        except StartError as error:
            raise UtteranceError(error.message, remedy=error.remedy) from error
        except OSError as error:
            raise UtteranceError(f"The voice {name} cannot be read: {raised(error)}.") from error
        key = key_of(packed)
        await store.put(key, packed)
        self._known[folder] = signature, key
        return key

    def forget(self, key: str) -> None:
        """Put this voice into the store again when it is next needed."""
        self._known = {path: known for path, known in self._known.items() if known[1] != key}

    def _folder(self, name: str) -> Path | None:
        return find(self._roots).get(name)
