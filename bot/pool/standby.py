"""Standby: of several daemons of one name one speaks, with what was paid for kept for the next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.errors import BucketNotFoundError, NotFoundError, ServiceUnavailableError
from nats.js.kv import KeyValue

from bot.config import Settings
from bot.engine.guests.pool import wire
from bot.engine.guests.pool.connection import Connection, told
from bot.errors import LeaseLostError, StartError
from bot.observers.notify import Notify
from bot.pool.access import access, streamer
from bot.pool.copy import NatsCopy
from bot.pool.lease import Lease
from bot.pool.state import bucket_of_state, make_state
from bot.runtime.clock import awake
from bot.runtime.concurrency.tasks import running

log = structlog.get_logger(__name__)

_TIMEOUT_S = 1.0
"""Limit of one call: several fit into the time that a lease lasts."""
_ASK_S = 10.0
_STORE_S = 10.0
"""How long a store that does not answer is waited for: a cluster may be electing its leader."""
_AGAIN_S = 0.5
_MAY_PASS = (NatsTimeoutError, NoRespondersError, ServiceUnavailableError)


@asynccontextmanager
async def leading(settings: Settings) -> AsyncIterator[NatsCopy]:
    """Wait until this daemon is the one that speaks; yield the copy of what was paid for.

    Raises:
        StartError: NATS refuses us, or has no JetStream for us.
        ExceptionGroup: of LeaseLostError, out of the block: another daemon may speak now.
    """
    pool, standby = settings.engine.pool, settings.standby
    name = streamer(pool)
    connection = Connection(access(pool), name=f"ishowtts {name}", inbox=wire.inbox(name))
    systemd = Notify(lambda: "standby: another daemon speaks", ())
    try:
        async with running({"systemd": systemd.run}):
            await connection.open(within_s=None)
            context = connection.client.jetstream(timeout=_TIMEOUT_S)
            bucket = await _open(connection.client, context, pool.subject, name)
            lease = Lease(bucket, standby.name, last_s=standby.lease_s)
            log.info("standing by", name=standby.name)
            systemd.ready()
            await lease.take()
        log.info("no other daemon speaks", name=standby.name)
        stream = f"KV_{bucket_of_state(pool.subject, name)}"
        copy = NatsCopy(context, stream=stream, name=standby.name)
        try:
            async with running({"copy": copy.run}):
                async with running({"lease": lease.keep}):
                    await copy.load()
                    yield copy
                await copy.drain()
                await lease.give_back()
        except* LeaseLostError:
            # What came to its end meanwhile must not be spoken again by the next one.
            async with running({"systemd": systemd.run}):
                await copy.finish()
            raise
    finally:
        await connection.close()


async def _open(client: Client, context: JetStreamContext, root: str, name: str) -> KeyValue:
    bucket = bucket_of_state(root, name)
    until = awake() + _STORE_S
    while True:
        try:
            try:
                return await context.key_value(bucket)
            except (BucketNotFoundError, NotFoundError):
                await _have_made(client, root, name)
                return await context.key_value(bucket)
        except NatsError as error:
            if isinstance(error, _MAY_PASS) and awake() < until:
                log.warning("store of the standby does not answer", reason=told(error))
                await asyncio.sleep(_AGAIN_S)
                continue
            raise StartError(
                f"The standby has no store at NATS: {told(error)}.",
                remedy="Turn JetStream on in nats-server, and permit the user its bucket"
                f" {bucket}.",
            ) from error


async def _have_made(client: Client, root: str, name: str) -> None:
    """Have a worker make the store; without any, make it ourselves, where that is permitted."""
    try:
        store = wire.Subjects(root).store(name)
        answer = await client.request(store, wire.STATE, timeout=_ASK_S)
        if answer.data:
            raise NatsError(answer.data.decode(errors="replace"))
    except NoRespondersError:
        await make_state(client, bucket_of_state(root, name))
