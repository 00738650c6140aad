"""Reconnect loop: connects again after each loss, with waits that grow."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from bot.errors import StartError, TransientError
from bot.runtime.concurrency.backoff import Backoff

log = structlog.get_logger(__name__)


class ReconnectLoop:
    """Loop around one connection, and what `status` shows of it."""

    def __init__(
        self,
        on_loss: Callable[[str, float], None],
        *,
        steady_s: float = 60.0,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; `run` connects.

        Args:
            on_loss: Logs a loss: takes the reason and the seconds until the next attempt.
            steady_s: Seconds that a connection has to last for the back-off to start anew.
            backoff: Waits between attempts.
            sleep: Stand-in for `asyncio.sleep`.
            monotonic: Stand-in for `time.monotonic`, in seconds.
        """
        self._on_loss = on_loss
        self._steady_s = steady_s
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._monotonic = monotonic
        self._connected_at: float | None = None
        self.state = "not started"
        """One clause for `status`."""
        self.reconnects = 0
        """Attempts after the first one."""

    @property
    def is_connected(self) -> bool:
        """Whether the connection is up."""
        return self._connected_at is not None

    def connected(self) -> None:
        """Note that the connection is up; called by what `run` was given."""
        self._connected_at = self._monotonic()
        self.state = "connected"

    def reset(self) -> None:
        """Wait the shortest time after the next loss: its cause is gone."""
        self._backoff.reset()

    async def run(self, connect: Callable[[], Awaitable[None]]) -> NoReturn:
        """Connect again and again until cancelled.

        `connect` holds one connection: it raises TransientError when that is lost, and returns to
        connect again at once. A mistake in it or in a library costs the connection, too.

        Raises:
            StartError: it can never work.
        """
        while True:
            self.state = "connecting"
            try:
                await connect()
            except TransientError as error:
                await self._wait(str(error))
            except StartError:
                raise
            except Exception as error:
                log.exception("connection failed")
                await self._wait(f"a mistake of this program ({type(error).__name__})")
            finally:
                self._connected_at = None

    async def _wait(self, reason: str) -> None:
        up_at, self._connected_at = self._connected_at, None
        if up_at is not None and self._monotonic() - up_at >= self._steady_s:
            self._backoff.reset()
        self.reconnects += 1
        delay_s = self._backoff.next_s()
        self.state = f"reconnecting in {delay_s:.0f} s after: {reason}"
        self._on_loss(reason, round(delay_s, 1))
        await self._sleep(delay_s)
