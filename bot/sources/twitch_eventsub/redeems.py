"""Channel-point redeems: which message each belongs to, and how each ends.

A redeem with text comes twice, in either order: as a chat message, which moderators can delete and
AutoMod can hold back, and as a redemption, which can be settled. The message is what is spoken.
Only the application that made a reward may settle its redemptions:
https://dev.twitch.tv/docs/api/reference/#update-redemption-status.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from bot.config.sources import RewardSettings
from bot.messages import ChatMessage
from bot.sources.recent import RecentIds
from bot.sources.twitch_eventsub.client import WaitingRedemption
from bot.sources.twitch_eventsub.payloads import Redemption

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

    def __init__(self, settings: RewardSettings, settle: Callable[[Settlement], None]) -> None:
        """Tell `settle` what became of a redeem of our reward."""
        self._settings = settings
        self._settle = settle
        self.reward_id: str | None = None
        """Our reward, once it is known."""
        self._known = RecentIds()
        self._has_looked = False
        self._unwritten: OrderedDict[_Text, list[_Ours]] = OrderedDict()
        self._unredeemed: OrderedDict[_Text, list[str]] = OrderedDict()
        self._by_message: OrderedDict[str, _Ours] = OrderedDict()
        self._ends: OrderedDict[str, bool] = OrderedDict()

    def redeemed(self, redemption: Redemption) -> ChatMessage | None:
        """Take a redemption; return its message where the chat does not show it."""
        message = redemption.message
        ours = _Ours(redemption.id, redemption.reward_id)
        if redemption.reward_id == self.reward_id and self._known.add(redemption.id):
            if message.text:
                self._match(_text(message), ours)
            else:
                self._link(message.id, ours)
        return None if message.text else message

    def recover(self, waiting: Iterable[WaitingRedemption]) -> None:
        """Take the redeems that nobody settled yet, each time that the account is back.

        What waited already when this began was redeemed before, and is left to the streamer.
        """
        for redemption in waiting:
            if self._known.add(redemption.id) and self._has_looked:
                text = (redemption.user_id, " ".join(redemption.text.split()))
                self._match(text, _Ours(redemption.id, redemption.reward_id))
        self._has_looked = True

    def _match(self, text: _Text, ours: _Ours) -> None:
        if (message_id := _take(self._unredeemed, text)) is not None:
            self._link(message_id, ours)
        else:
            _keep(self._unwritten, text, ours)

    def written(self, message: ChatMessage) -> None:
        """Take the chat message of a redeem."""
        if self.reward_id is None:
            return
        if (redemption := _take(self._unwritten, _text(message))) is not None:
            self._link(message.id, redemption)
        else:
            _keep(self._unredeemed, _text(message), message.id)

    def ended(self, message_id: str, *, is_spoken: bool) -> None:
        """Settle what belongs to this message, now or when it is known."""
        if self.reward_id is None:
            return
        redemption = self._by_message.pop(message_id, None)
        if redemption is None:
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
