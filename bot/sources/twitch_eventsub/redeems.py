"""Channel-point redeems: the message of each, and its settlement with Twitch.

A redeem with text comes twice, in either order: as a chat message, which moderators can delete and
AutoMod can hold back, and as a redemption, which can be settled. The message is what is spoken; one
that never comes was held back or is lost, so the points go back.
Only the application that made a reward may settle its redemptions:
https://dev.twitch.tv/docs/api/reference/#update-redemption-status.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple, TypeVar

import structlog

from bot.config.sources import RewardSettings
from bot.errors import LogInError, TransientError
from bot.messages import ChatMessage
from bot.sources.sanitize import Recent, RecentIds
from bot.sources.twitch_eventsub.client import EventClient, WaitingRedemption
from bot.sources.twitch_eventsub.faults import RefusedError
from bot.sources.twitch_eventsub.payloads import Redemption

log = structlog.get_logger(__name__)

UNWRITTEN_S = 330.0
"""Seconds that a redemption waits for its message: AutoMod asks a moderator for five minutes."""
_REMEMBERED = 500
_RETRY_S = 1.0

_Text = tuple[str, str]
"""Chatter id and text: all that message and redemption have in common."""


class Settlement(NamedTuple):
    """End of a redemption, for Twitch."""

    redemption_id: str
    reward_id: str
    is_fulfilled: bool


class _Ours(NamedTuple):
    """Redemption of our reward."""

    id: str
    reward_id: str


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
        self._unwritten = Recent[_Text, list[_Ours]](_REMEMBERED)
        self._unredeemed = Recent[_Text, list[str]](_REMEMBERED)
        self._by_message = Recent[str, _Ours](_REMEMBERED)
        self._unlinked = RecentIds(_REMEMBERED)
        """Ids of messages whose redemption is not known yet."""
        self._ends = Recent[str, bool](_REMEMBERED)
        """Whether each of those was spoken, where it has ended."""

    def redeemed(self, redemption: Redemption) -> ChatMessage | None:
        """Take a redemption; return its message if the chat does not show it."""
        message = redemption.message
        ours = _Ours(redemption.id, redemption.reward_id)
        if redemption.reward_id == self.reward_id and self._known.add(redemption.id):
            self._match(_text(message), ours)
        return None if message.text else message

    def recover(self, waiting: Iterable[WaitingRedemption]) -> None:
        """Take the redeems that nobody settled yet, each time that the account has reconnected.

        Those that waited before this run are left to the streamer, except where an earlier run of
        the daemon left their message to be spoken.
        """
        for redemption in waiting:
            if not self._known.add(redemption.id):
                continue
            text = (redemption.user_id, " ".join(redemption.text.split()))
            ours = _Ours(redemption.id, redemption.reward_id)
            if self._has_recovered or redemption.id in self._unlinked or text in self._unredeemed:
                self._match(text, ours)
        self._has_recovered = True

    def _match(self, text: _Text, ours: _Ours) -> None:
        if not text[1] or ours.id in self._unlinked:
            self._link(ours.id, ours)  # the chat does not show it: its message is our own
        elif (message_id := _take(self._unredeemed, text)) is not None:
            self._link(message_id, ours)
        else:
            _keep(self._unwritten, text, ours)
            self._call_later(UNWRITTEN_S, lambda: self._give_up(text, ours))

    def _give_up(self, text: _Text, ours: _Ours) -> None:
        """Refund the points: the chat never showed the message."""
        waiting = self._unwritten.get(text, [])
        if ours not in waiting:
            return
        waiting.remove(ours)
        if not waiting:
            del self._unwritten[text]
        refunds = self._settings.refund
        log.warning("redeem without chat message", redemption_id=ours.id, refunded=refunds)
        if refunds:
            self._settle(Settlement(ours.id, ours.reward_id, is_fulfilled=False))

    def written(self, message: ChatMessage) -> None:
        """Take the message of a redeem; an earlier run may have left it."""
        if self._settings.title is None:
            return
        if (redemption := _take(self._unwritten, _text(message))) is not None:
            self._link(message.id, redemption)
        else:
            self._unlinked.add(message.id)
            if message.text:
                _keep(self._unredeemed, _text(message), message.id)

    def ended(self, message_id: str, *, is_spoken: bool) -> None:
        """Settle the redemption of this message, now or when it is known."""
        redemption = self._by_message.pop(message_id, None)
        if redemption is None:
            if message_id in self._unlinked:
                self._ends[message_id] = is_spoken
        elif self._settings.fulfill if is_spoken else self._settings.refund:
            self._settle(Settlement(redemption.id, redemption.reward_id, is_spoken))

    def _link(self, message_id: str, ours: _Ours) -> None:
        self._by_message[message_id] = ours
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
            await client.settle(
                settlement.redemption_id,
                reward_id=settlement.reward_id,
                channel_id=channel_id,
                is_fulfilled=settlement.is_fulfilled,
            )
        except TransientError as error:
            log.info("redeem settlement postponed", channel_id=channel_id, reason=str(error))
            return False
        except (RefusedError, LogInError) as error:
            log.warning("redeem not settled", channel_id=channel_id, reason=str(error))
        return True


_V = TypeVar("_V")


def _text(message: ChatMessage) -> _Text:
    return message.chatter.id, " ".join(message.text.split())


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
