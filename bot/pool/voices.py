"""Voices of a worker: fetched once, from the store of the streamer who asks."""

from contextlib import suppress
from pathlib import Path

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bot.engine.guests.pool import wire
from bot.engine.guests.pool.connection import Connection, told
from bot.engine.guests.pool.voices import Store, is_of_a_streamer, name_at_worker
from bot.errors import UtteranceError
from bot.pool.fetched import Fetched
from bot.pool.state import bucket_of_state, make_state

log = structlog.get_logger(__name__)

_WARM = 64
"""Voices that are told to be warm."""


class Voices:
    """What is here, and the way to the rest."""

    def __init__(self, connection: Connection, *, root: str, folder: Path | None) -> None:
        """Keep voices in `folder`; None is for an engine that speaks with its own alone."""
        self._connection = connection
        self._root = root
        self._fetched = None if folder is None else Fetched(folder)
        self._used: dict[str, None] = {}
        """Names of those that spoke lately, the latest last."""

    @property
    def is_cloning(self) -> bool:
        """Whether streamers' voices are spoken with."""
        return self._fetched is not None

    @property
    def warm(self) -> tuple[str, ...]:
        """Names of the voices that spoke lately."""
        return tuple(self._used)

    async def here(self, streamer: str, key: str, voice: str) -> str:
        """Return the name of the voice that speaks, once it is here.

        Args:
            streamer: Who asks.
            key: Of its voice; empty if none is needed.
            voice: One of the worker's own, for that case.

        Raises:
            UtteranceError: it cannot be had, or is another streamer's.
        """
        if self._fetched is None or not key:
            if is_of_a_streamer(voice):
                raise UtteranceError("A streamer's voice cannot be asked for by its name.")
            return voice
        name = name_at_worker(streamer, key)
        await self._fetched.fetch(name, key, self._store(streamer))
        self._used.pop(name, None)
        self._used[name] = None
        for old in list(self._used)[:-_WARM]:
            del self._used[old]
        return name

    def _store(self, streamer: str) -> Store:
        return Store(self._connection.client, wire.bucket(self._root, streamer))

    async def make_store(self, message: Msg) -> None:
        """Make the store that a streamer asks for: of voices, or of what its daemons share."""
        streamer = message.subject.rpartition(".")[2]
        if not message.reply.startswith(f"{wire.inbox(streamer)}."):
            return  # nobody is answered for another one
        try:
            if message.data == wire.STATE:
                bucket = bucket_of_state(self._root, streamer)
                await make_state(self._connection.client, bucket)
            else:
                await self._store(streamer).make()
            trouble = ""
        except NatsError as error:
            trouble = told(error)
            log.warning("store not made", streamer=streamer, reason=trouble)
        with suppress(NatsError):  # who asked asks again
            await self._connection.client.publish(message.reply, trouble.encode())
