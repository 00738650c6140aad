"""Messages from the broker: handed to the sources, or refused with a reason."""

from collections.abc import Callable
from math import inf
from time import monotonic

import msgspec
import structlog

from bot.mqtt.connection import Connection, Received
from bot.mqtt.payloads import Refusal

log = structlog.get_logger(__name__)

_TELL_S = 0.2
"""Between two refusals that are published."""
_LOG_S = 10.0
"""Between two that are logged."""


class Incoming:
    """Messages from one broker, for the sources of all channels."""

    def __init__(self, connection: Connection, *, clock: Callable[[], float] = monotonic) -> None:
        self._connection = connection
        self.loop = connection.loop
        """State of the connection."""
        self._clock = clock
        self._told_at = self._logged_at = -inf
        self._untold = self._unlogged = 0
        self.refused = 0
        """Number of messages that were refused."""

    def listen(self, channel: str, what: str, handler: Callable[[Received], None]) -> None:
        """Hand what comes for a channel on the topic `what` to `handler`, which never waits."""
        self._connection.listen(self._connection.topics.of(channel, what), handler)

    def refuse(self, channel: str, what: str, reason: str) -> None:
        """Publish and log why a message was not taken; a flood is answered now and then."""
        topics = self._connection.topics
        self.refused += 1
        at = self._clock()
        if at - self._told_at >= _TELL_S:
            refusal = Refusal(topic=topics.of(channel, what), reason=reason, untold=self._untold)
            self._connection.outbox.put(topics.of(channel, "refused"), msgspec.json.encode(refusal))
            self._told_at, self._untold = at, 0
        else:
            self._untold += 1
        if at - self._logged_at >= _LOG_S:
            log.warning(
                "MQTT message refused", channel=channel, reason=reason, unlogged=self._unlogged
            )
            self._logged_at, self._unlogged = at, 0
        else:
            self._unlogged += 1
