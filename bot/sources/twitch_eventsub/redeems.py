"""Channel-point redeems: which message each belongs to, and how each ends.

A redeem with text comes twice, in either order: as a chat message, which moderators can delete and
AutoMod can hold back, and as a redemption, which can be settled. The message is what is spoken; one
that never comes was held back or is lost, so the points go back.
Only the application that made a reward may settle its redemptions:
https://dev.twitch.tv/docs/api/reference/#update-redemption-status.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

import structlog

from bot.config.sources import RewardSettings
from bot.messages import ChatMessage
from bot.sources.recent import RecentIds
from bot.sources.twitch_eventsub.client import WaitingRedemption
from bot.sources.twitch_eventsub.payloads import Redemption

log = structlog.get_logger(__name__)

UNWRITTEN_S = 330.0
"""How long a redemption waits for its message: AutoMod asks a moderator for five minutes."""
_REMEMBERED = 500

_Text = tuple[str, str]
"""Who wrote what: all that message and redemption have in common."""


class Settlement(NamedTuple):
    """What Twitch is to be told."""

    redemption_id: str
    reward_id: str
    is_fulfilled: bool


class _Ours(NamedTuple):
    """A redemption of our reward."""

    id: str
    reward_id: str


class Redeems:
    """Keeps the redeems of one channel until they are settled."""

    def __init__(
        self,
        settings: RewardSettings,
        settle: Callable[[Settlement], None],
        call_later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        """Tell `settle` what became of a redeem of our reward.

        `call_later` runs a function after that many seconds.
        """
        self._settings = settings
        self._settle = settle
        self._call_later = call_later
        self.reward_id: str | None = None
        """Our reward, once it is known."""
        self._known = RecentIds()
        self._has_looked = False
        self._unwritten: OrderedDict[_Text, list[_Ours]] = OrderedDict()
        self._unredeemed: OrderedDict[_Text, list[str]] = OrderedDict()
        self._by_message: OrderedDict[str, _Ours] = OrderedDict()
        self._unlinked = RecentIds(_REMEMBERED)
        """Messages of redeems whose redemption is not known yet."""
        self._ends: OrderedDict[str, bool] = OrderedDict()
        """How those of them ended that did."""

    def redeemed(self, redemption: Redemption) -> ChatMessage | None:
        """Take a redemption; return its message where the chat does not show it."""
        message = redemption.message
        ours = _Ours(redemption.id, redemption.reward_id)
        if redemption.reward_id == self.reward_id and self._known.add(redemption.id):
            self._match(_text(message), ours)
        return None if message.text else message

    def recover(self, waiting: Iterable[WaitingRedemption]) -> None:
        """Take the redeems that nobody settled yet, each time that the account is back.

        What waited already when this began is left to the streamer, but for what an earlier run of
        the daemon left to be spoken.
        """
        for redemption in waiting:
            if not self._known.add(redemption.id):
                continue
            text = (redemption.user_id, " ".join(redemption.text.split()))
            ours = _Ours(redemption.id, redemption.reward_id)
            if self._has_looked or redemption.id in self._unlinked or text in self._unredeemed:
                self._match(text, ours)
        self._has_looked = True

    def _match(self, text: _Text, ours: _Ours) -> None:
        if not text[1] or ours.id in self._unlinked:
            self._link(ours.id, ours)  # the chat does not show it: its message is our own
        elif (message_id := _take(self._unredeemed, text)) is not None:
            self._link(message_id, ours)
        else:
            _keep(self._unwritten, text, ours)
            self._call_later(UNWRITTEN_S, lambda: self._give_up(text, ours))

    def _give_up(self, text: _Text, ours: _Ours) -> None:
        """Give the points back: the chat never showed the message."""
        waiting = self._unwritten.get(text, [])
        if ours not in waiting:
            return
        waiting.remove(ours)
        if not waiting:
            del self._unwritten[text]
        log.warning("a redeem never came to chat", redemption_id=ours.id, refunded=self._refunds)
        if self._refunds:
            self._settle(Settlement(ours.id, ours.reward_id, is_fulfilled=False))

    @property
    def _refunds(self) -> bool:
        return self._settings.refund

    def written(self, message: ChatMessage) -> None:
        """Take the message of a redeem, which may be one that an earlier run left."""
        if self._settings.title is None:
            return
        if (redemption := _take(self._unwritten, _text(message))) is not None:
            self._link(message.id, redemption)
        else:
            self._unlinked.add(message.id)
            if message.text:
                _keep(self._unredeemed, _text(message), message.id)

    def ended(self, message_id: str, *, is_spoken: bool) -> None:
        """Settle what belongs to this message, now or when it is known."""
        redemption = self._by_message.pop(message_id, None)
        if redemption is None:
            if message_id in self._unlinked:
                self._ends[message_id] = is_spoken
                _bound(self._ends)
        elif self._settings.fulfill if is_spoken else self._settings.refund:
            self._settle(Settlement(redemption.id, redemption.reward_id, is_spoken))

    def _link(self, message_id: str, ours: _Ours) -> None:
        self._by_message[message_id] = ours
        _bound(self._by_message)
        if (is_spoken := self._ends.pop(message_id, None)) is not None:
            self.ended(message_id, is_spoken=is_spoken)


_K = TypeVar("_K")
_V = TypeVar("_V")


def _text(message: ChatMessage) -> _Text:
    return message.chatter.id, " ".join(message.text.split())


def _keep(waiting: OrderedDict[_Text, list[_V]], text: _Text, value: _V) -> None:
    waiting.setdefault(text, []).append(value)
    _bound(waiting)


def _take(waiting: OrderedDict[_Text, list[_V]], text: _Text) -> _V | None:
    values = waiting.get(text)
    if not values:
        return None
    value = values.pop(0)
    if not values:
        del waiting[text]
    return value


def _bound(entries: OrderedDict[_K, _V]) -> None:
    if len(entries) > _REMEMBERED:
        entries.popitem(last=False)
