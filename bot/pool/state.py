"""Store of a streamer's daemons: who speaks, and what was paid for and not spoken yet."""

from contextlib import suppress

from nats.aio.client import Client
from nats.js.api import KeyValueConfig
from nats.js.errors import BadRequestError

_LASTS_S = 2 * 86_400.0
"""Time after which an entry is forgotten: no message is kept for longer."""
_MOST_BYTES = 16 << 20
"""Several times what the thousand messages take that a journal holds. The server reserves it."""


def bucket_of_state(root: str, streamer: str) -> str:
    """Return the name of the bucket."""
    return f"{root.replace('.', '_')}-state-{streamer}"


async def make_state(client: Client, bucket: str) -> None:
    """Make the bucket, if it is not there.

    Raises:
        NatsError: JetStream refuses.
    """
    config = KeyValueConfig(bucket=bucket, ttl=_LASTS_S, max_bytes=_MOST_BYTES)
    with suppress(BadRequestError):  # it is there
        await client.jetstream().create_key_value(config)
