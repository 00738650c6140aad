"""Channel-point redeems: the message of each, and its settlement with Twitch.

A redeem with text comes twice, in either order: as a chat message, which moderators can delete and
AutoMod can hold back, and as a redemption, which can be settled. The message is what is spoken; one
that never comes was held back or is lost, so the points go back.
Only the application that made a reward may settle its redemptions:
https://dev.twitch.tv/docs/api/reference/#update-redemption-status.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import structlog

from bot.config.sources import RewardSettings
from bot.errors import LogInError, TransientError
from bot.messages import ChatMessage
from bot.sources.sanitize import Recent, RecentIds
from bot.sources.twitch_eventsub.client import EventClient, Settlement
from bot.sources.twitch_eventsub.faults import RefusedError
from bot.sources.twitch_eventsub.payloads import Redemption

log = structlog.get_logger(__name__)

UNWRITTEN_S = 330.0
"""Seconds that a redemption waits for its message: AutoMod asks a moderator for five minutes."""
_REMEMBERED = 500
_RETRY_S = 1.0

_Text = tuple[str, str]
"""Chatter id and text: all that message and redemption have in common."""


class Redeems:
    """Redeems of one channel that are not settled yet."""

    def __init__(
        self,
        settings: RewardSettings,
        settle: Callable[[Settlement], None],
        call_later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        """Give `settle` the end of each; `call_later` runs a function after that many seconds."""
        self._settings = settings
        self._settle = settle
        self._call_later = call_later
        self.reward_id: str | None = None
        """Our reward, once it is known."""
        self._known = RecentIds()
        self._has_recovered = False
        self._unwritten = Recent[_Text, list[Redemption]](_REMEMBERED)
        self._unredeemed = Recent[_Text, list[str]](_REMEMBERED)
        self._by_message = Recent[str, Redemption](_REMEMBERED)
        self._unlinked = RecentIds(_REMEMBERED)
        """Ids of messages whose redemption is not known yet."""
        self._ends = Recent[str, bool](_REMEMBERED)
        """Whether each of those was spoken, where it has ended."""

    def redeemed(self, redemption: Redemption) -> None:
        """Take a redemption, of our reward or another one."""
        if redemption.reward_id == self.reward_id and self._known.add(redemption.id):
            self._match(redemption)

    def recover(self, waiting: Iterable[Redemption]) -> None:
        """Take the redeems that nobody settled yet, each time that the account has reconnected.

        Those that waited before this run are left to the streamer, except where an earlier run of
        the daemon left their message to be spoken.
        """
        for redemption in waiting:
            if not self._known.add(redemption.id):
                continue
            is_left = redemption.id in self._unlinked or _key(redemption) in self._unredeemed
            if self._has_recovered or is_left:
                self._match(redemption)
        self._has_recovered = True

    def _match(self, redemption: Redemption) -> None:
        text = _key(redemption)
        if not text[1] or redemption.id in self._unlinked:
            self._link(redemption.id, redemption)  # not shown in chat: the message is our own
        elif (message_id := _take(self._unredeemed, text)) is not None:
            self._link(message_id, redemption)
        else:
            _keep(self._unwritten, text, redemption)
            self._call_later(UNWRITTEN_S, lambda: self._give_up(redemption))

    def _give_up(self, redemption: Redemption) -> None:
        """Refund the points: the chat never showed the message."""
        text = _key(redemption)
        waiting = self._unwritten.get(text, [])
        if redemption not in waiting:
            return
        waiting.remove(redemption)
        if not waiting:
            del self._unwritten[text]
        refunds = self._settings.refund
        log.warning("redeem without chat message", redemption_id=redemption.id, refunded=refunds)
        if refunds:
            self._settle(Settlement(redemption.id, redemption.reward_id, is_fulfilled=False))

    def written(self, message: ChatMessage) -> None:
        """Take the message of a redeem; an earlier run may have left it."""
        if self._settings.title is None:
            return
        text = _text(message.chatter.id, message.text)
        if (redemption := _take(self._unwritten, text)) is not None:
            self._link(message.id, redemption)
        else:
            self._unlinked.add(message.id)
            if message.text:
                _keep(self._unredeemed, text, message.id)

    def ended(self, message_id: str, *, is_spoken: bool) -> None:
        """Settle the redemption of this message, now or when it is known."""
        redemption = self._by_message.pop(message_id, None)
        if redemption is None:
            if message_id in self._unlinked:
                self._ends[message_id] = is_spoken
        elif self._settings.fulfill if is_spoken else self._settings.refund:
            self._settle(Settlement(redemption.id, redemption.reward_id, is_spoken))

    def _link(self, message_id: str, redemption: Redemption) -> None:
        self._by_message[message_id] = redemption
        if (is_spoken := self._ends.pop(message_id, None)) is not None:
            self.ended(message_id, is_spoken=is_spoken)


class Settler:
    """Queue of settlements for all channels; it outlives the clients.

    Settlements that wait when the daemon ends stay unsettled.
    """

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
        """Settle a redeem of this channel as soon as Twitch can be asked."""
        self._queue.put_nowait((channel_id, settlement))

    async def run(self) -> None:
        """Settle until cancelled."""
        while True:
            channel_id, settlement = await self._queue.get()
            while not await self._settle(channel_id, settlement):
                await self._sleep(_RETRY_S)

    async def _settle(self, channel_id: str, settlement: Settlement) -> bool:
        """Return whether this is done with, in success or for good."""
        client = await self._ready_client()
        try:
            await client.settle(settlement, channel_id=channel_id)
        except TransientError as error:
            log.info("redeem settlement postponed", channel_id=channel_id, reason=str(error))
            return False
        except (RefusedError, LogInError) as error:
            log.warning("redeem not settled", channel_id=channel_id, reason=str(error))
        return True


_V = TypeVar("_V")


def _text(user_id: str, text: str) -> _Text:
    return user_id, " ".join(text.split())


def _key(redemption: Redemption) -> _Text:
    return _text(redemption.user_id, redemption.text)


def _keep(waiting: Recent[_Text, list[_V]], text: _Text, value: _V) -> None:
    waiting[text] = [*waiting.get(text, ()), value]


def _take(waiting: Recent[_Text, list[_V]], text: _Text) -> _V | None:
    values = waiting.get(text)
    if not values:
        return None
    value = values.pop(0)
    if not values:
        del waiting[text]
    return value
