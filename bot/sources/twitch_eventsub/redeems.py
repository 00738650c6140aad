"""Channel-point redeems: the message of each, and its settlement with Twitch.

A redeem with text comes twice, in either order: as a chat message, which moderators can delete and
AutoMod can hold back, and as a redemption, which can be settled. The message is what is spoken; one
that never comes was held back or is lost, so the points go back.
Only the application that made a reward may settle its redemptions:
https://dev.twitch.tv/docs/api/reference/#update-redemption-status.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from math import inf
from typing import NamedTuple

import structlog

from bot.config.sections.sources import RewardSettings
from bot.errors import LogInError, TransientError
from bot.messages import ChatMessage
from bot.runtime.clock import now
from bot.runtime.concurrency.backoff import Backoff
from bot.runtime.recent import Recent
from bot.sources.sanitize import RecentIds
from bot.sources.twitch_eventsub.client import EventClient, Settlement
from bot.sources.twitch_eventsub.faults import RefusedError
from bot.sources.twitch_eventsub.payloads import Redemption

log = structlog.get_logger(__name__)

UNWRITTEN_S = 330.0
"""Seconds that a redemption waits for its message: AutoMod asks a moderator for five minutes."""
_REMEMBERED = 10_000
_TRIES = 16
"""Attempts to settle a redemption, in about half an hour."""


class _Words(NamedTuple):
    """All that message and redemption have in common."""

    reward_id: str
    chatter_id: str
    text: str


class _Unlinked(NamedTuple):
    """Message whose redemption is not known yet."""

    words: _Words
    written_at: float


class Redeems:
    """Redeems of one channel that are not settled yet."""

    def __init__(
        self,
        settings: RewardSettings,
        settle: Callable[[Settlement], None],
        call_later: Callable[[float, Callable[[], None]], object],
        *,
        clock: Callable[[], float] = now,
    ) -> None:
        """Give `settle` the end of each; `call_later` runs a function after that many seconds."""
        self._settings = settings
        self._settle = settle
        self._call_later = call_later
        self._clock = clock
        self.reward_id: str | None = None
        """Our reward, once it is known."""
        self._known = RecentIds()
        self._has_recovered = False
        self._unwritten: dict[_Words, list[Redemption]] = {}
        """Redemptions without message, each for `UNWRITTEN_S` at most."""
        self._unlinked = Recent[str, _Unlinked](_REMEMBERED)
        """Messages without redemption, by their ids."""
        self._by_message: dict[str, Redemption] = {}
        """Redemptions of messages that have not ended."""
        self._ends = Recent[str, bool](_REMEMBERED)
        """Whether messages without redemption were spoken, where they have ended."""

    def redeemed(self, redemption: Redemption) -> None:
        """Take a redemption, of our reward or another one."""
        if redemption.reward_id == self.reward_id and self._known.add(redemption.id):
            # An older message with these words lost its redemption: its end is not this one's.
            self._match(redemption, written_since=self._clock() - UNWRITTEN_S)

    def recover(self, waiting: Iterable[Redemption]) -> None:
        """Take the redeems that nobody settled yet, each time that the account has reconnected.

        Those that waited before this run are left to the streamer, except where an earlier run of
        the daemon left their message to be spoken.
        """
        for redemption in waiting:
            if not self._known.add(redemption.id):
                continue
            words = _words(redemption)
            is_left = redemption.id in self._unlinked or self._newest(words) is not None
            if self._has_recovered or is_left:
                self._match(redemption)
        self._has_recovered = True

    def _match(self, redemption: Redemption, *, written_since: float = -inf) -> None:
        words = _words(redemption)
        if not words.text or redemption.id in self._unlinked:
            self._link(redemption.id, redemption)  # not shown in chat: the message is our own
        elif (message_id := self._newest(words, written_since)) is not None:
            self._link(message_id, redemption)
        else:
            self._unwritten.setdefault(words, []).append(redemption)
            self._call_later(UNWRITTEN_S, lambda: self._give_up(redemption))

    def _newest(self, words: _Words, written_since: float = -inf) -> str | None:
        """Return the id of the newest message with these words whose redemption is not known."""
        for message_id, message in reversed(self._unlinked.items()):
            if message.words == words and message.written_at >= written_since:
                return message_id
        return None

    def _give_up(self, redemption: Redemption) -> None:
        """Refund the points: the chat never showed the message."""
        if not self._forget_unwritten(redemption):
            return
        refunds = self._settings.refund
        log.warning("redeem without chat message", redemption_id=redemption.id, refunded=refunds)
        if refunds:
            self._settle(Settlement(redemption.id, redemption.reward_id, is_fulfilled=False))

    def written(self, message: ChatMessage) -> None:
        """Take the message of a redeem; an earlier run may have left it."""
        reward_id = message.event.reward if message.event is not None else ""
        if self._settings.title is None or (self.reward_id or reward_id) != reward_id:
            return  # of a reward that is not ours
        words = _Words(reward_id, message.chatter.id, _plain(message.text))
        self._unlinked[message.id] = _Unlinked(words, self._clock())
        if waiting := self._unwritten.get(words):
            redemption = waiting[0]
            self._forget_unwritten(redemption)
            self._link(message.id, redemption)

    def ended(self, message_id: str, *, is_spoken: bool) -> None:
        """Settle the redemption of this message, now or when it is known."""
        redemption = self._by_message.pop(message_id, None)
        if redemption is None:
            if message_id in self._unlinked:
                self._ends[message_id] = is_spoken
        elif self._settings.fulfill if is_spoken else self._settings.refund:
            self._settle(Settlement(redemption.id, redemption.reward_id, is_spoken))

    def _forget_unwritten(self, redemption: Redemption) -> bool:
        """Let `redemption` wait no longer for its message; tell whether it did."""
        words = _words(redemption)
        waiting = self._unwritten.get(words, [])
        if redemption not in waiting:
            return False
        waiting.remove(redemption)
        if not waiting:
            del self._unwritten[words]
        return True

    def _link(self, message_id: str, redemption: Redemption) -> None:
        self._unlinked.pop(message_id, None)
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
        """Settle until cancelled; one that has to be tried again holds up no other."""
        async with asyncio.TaskGroup() as group:
            while True:
                channel_id, settlement = await self._queue.get()
                group.create_task(
                    self._settle(channel_id, settlement), name=f"redeem {settlement.redemption_id}"
                )

    async def _settle(self, channel_id: str, settlement: Settlement) -> None:
        backoff = Backoff(shortest_s=0.5, longest_s=300.0)
        reason = ""
        for _ in range(_TRIES):
            client = await self._ready_client()
            try:
                await client.settle(settlement, channel_id=channel_id)
            except RefusedError as error:
                reason = str(error)
                break
            except (TransientError, LogInError) as error:  # somebody may log in again
                reason = str(error)
                log.info("redeem settlement postponed", channel_id=channel_id, reason=reason)
                await self._sleep(backoff.next_s())
            else:
                return
        log.warning(
            "redeem not settled",
            channel_id=channel_id,
            redemption_id=settlement.redemption_id,
            reason=reason,
            remedy="It waits in the streamer's queue of requests: mark it as done, or refund it.",
        )


def _words(redemption: Redemption) -> _Words:
    return _Words(redemption.reward_id, redemption.user_id, _plain(redemption.text))


def _plain(text: str) -> str:
    return " ".join(text.split())
