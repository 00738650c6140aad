"""Access to NATS as the configuration says it."""

from bot.config.sections.guests import PoolSettings
from bot.engine.guests.pool import wire
from bot.engine.guests.pool.connection import Access
from bot.wiring.engines import pool_password


def access(pool: PoolSettings) -> Access:
    """Return where the servers are, and who we are there.

    Raises:
        StartError: the file of the password cannot be read.
    """
    files = (None if path is None else str(path) for path in (pool.ca, pool.certificate, pool.key))
    return Access(pool.servers, pool.user, pool_password(pool), *files)


def streamer(pool: PoolSettings) -> str:
    """Return our name in subjects."""
    return wire.checked_token(pool.streamer or pool.user or "main", "engine.pool.streamer")
