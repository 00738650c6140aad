"""Tells Twitch what became of redeems, one after the other, until it knows."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import LogInError, TransientError
from bot.sources.twitch_eventsub.client import EventClient
from bot.sources.twitch_eventsub.faults import RefusedError
from bot.sources.twitch_eventsub.redeems import Settlement

log = structlog.get_logger(__name__)

_RETRY_S = 1.0


class Settler:
    """A queue that outlives the clients; what is in it when the daemon ends stays unsettled."""

    def __init__(
        self,
        ready_client: Callable[[], Awaitable[EventClient]],
        *,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Use the client that `ready_client` waits for."""
        self._ready_client = ready_client
        self._sleep = sleep
        self._queue: asyncio.Queue[tuple[str, Settlement]] = asyncio.Queue()

    def put(self, channel_id: str, settlement: Settlement) -> None:
        """Tell Twitch about a redeem in this channel, when it can be told."""
        self._queue.put_nowait((channel_id, settlement))

    async def run(self) -> None:
        """Settle until cancelled."""
        while True:
            channel_id, settlement = await self._queue.get()
            while not await self._settle(channel_id, settlement):
                await self._sleep(_RETRY_S)

    async def _settle(self, channel_id: str, settlement: Settlement) -> bool:
        """Tell whether Twitch need not be told any more."""
        client = await self._ready_client()
        try:
            await client.settle(
                settlement.redemption_id,
                reward_id=settlement.reward_id,
                channel_id=channel_id,
                is_fulfilled=settlement.is_fulfilled,
            )
        except TransientError as error:
            log.info("a redeem waits to be settled", channel_id=channel_id, reason=str(error))
            return False
        except (RefusedError, LogInError) as error:
            log.warning("a redeem was not settled", channel_id=channel_id, reason=str(error))
        return True
