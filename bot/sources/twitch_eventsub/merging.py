"""Merge of two readers of one chat: the account and the anonymous reader.

Both receive the same messages under the same ids. The account's count; one that it has not received
within a moment of the anonymous reader is lost there, whatever the fault is, and is taken from the
latter. So nothing depends on noticing a fault in time.

The anonymous reader alone is told whether a message is its chatter's first one ever. Where that
counts, a message of the account waits for the other one, as long at most.

Twitch promises the same ids for messages, but not for notices of subs, gifts and raids: those with
the same words about the same chatter within a moment are one, too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from bot.messages import ChatMessage, EventKind, Purge, SourceItem
from bot.runtime.clock import now
from bot.runtime.recent import Recent
from bot.sources.sanitize import RecentIds

GRACE_S = 2.5
"""Seconds that the anonymous reader's messages wait for the account's; Twitch needs far less."""
_SAME_S = 5.0
"""Seconds within which two notices or purges without common id are one."""
_REMEMBERED = 1_000
_NOTICES = frozenset(
    {
        EventKind.SUB,
        EventKind.RESUB,
        EventKind.GIFT,
        EventKind.RAID,
        EventKind.ANNOUNCEMENT,
        EventKind.WATCH_STREAK,
        EventKind.CHARITY,
        EventKind.DONATION,
    }
)


class _Notice(NamedTuple):
    """Notice that one reader received, and the other not yet."""

    content: tuple[EventKind, str, str]
    """Kind, chatter id and text."""
    id: str
    by_account: bool
    at: float


class Merge:
    """Merged chat of one channel, each message once."""

    def __init__(
        self,
        deliver: Callable[[SourceItem], None],
        call_later: Callable[[float, Callable[[], None]], object],
        *,
        asks_first: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = now,
    ) -> None:
        """Give items to `deliver`; `call_later` runs a function after that many seconds.

        `asks_first` tells whether the account's messages wait for what tells of first ones.
        """
        self._deliver = deliver
        self._call_later = call_later
        self._asks_first = asks_first
        self._clock = clock
        self._seen = RecentIds()
        self._held: dict[str, ChatMessage] = {}
        """Messages of the anonymous reader that wait for the account's."""
        self._undecided: dict[str, ChatMessage] = {}
        """Messages of the account of which nobody told yet whether they are first ones."""
        self._deleted = RecentIds(_REMEMBERED)
        self._silenced = Recent[str, datetime](_REMEMBERED)
        """Last timeout of each chatter, by Twitch's clock; `""` is everybody."""
        self._notices: list[_Notice] = []
        self._purges: dict[tuple[str | None, str | None], tuple[bool, float]] = {}
        self.taken_over = 0
        """Messages that only the anonymous reader received."""

    def __contains__(self, message_id: str) -> bool:
        """Tell whether the message was delivered a while ago at most."""
        return message_id in self._seen

    def remember(self, message_id: str) -> None:
        """Take note of a message that was delivered before this began."""
        self._seen.add(message_id)

    def from_account(self, item: SourceItem, sent_at: datetime | None) -> None:
        """Take an item of the account, with the time when Twitch sent it."""
        match item:
            case Purge():
                if sent_at is not None and item.message_id is None:
                    self._silenced[item.chatter_id or ""] = sent_at
                self._purge(item, by_account=True)
            case ChatMessage():
                self._from_account(item, sent_at)
            case _:
                self._deliver(item)

    def from_anonymous(self, item: SourceItem, *, account_hears: bool) -> None:
        """Take an item of the anonymous reader; deliver it at once if the account hears nothing."""
        match item:
            case Purge():
                self._purge(item, by_account=False)
            case ChatMessage(id=key):
                if self._twin(item, by_account=False) is not None:
                    self._seen.add(key)
                elif (waiting := self._undecided.pop(key, None)) is not None:
                    self._pass_on(replace(waiting, is_first=item.is_first))
                elif not account_hears:
                    self._pass_on(item, is_taken_over=True)
                elif key not in self._seen and key not in self._held:
                    self._held[key] = item
                    self._call_later(GRACE_S, lambda: self._release(key))

    def _from_account(self, item: ChatMessage, sent_at: datetime | None) -> None:
        twin = self._twin(item, by_account=True)
        held = self._held.pop(item.id, None)
        if twin is not None:
            self._held.pop(twin.id, None)
            if twin.id in self._seen:
                self._seen.add(item.id)
                return
        if self._is_silenced(item, sent_at):
            return
        if held is not None:
            self._pass_on(replace(item, is_first=held.is_first))
        elif item.id not in self._seen and _may_be_first(item) and self._may_wait(item):
            self._undecided[item.id] = item
            self._call_later(GRACE_S, lambda: self._decide(item.id))
        else:
            self._pass_on(item)

    def _may_wait(self, item: ChatMessage) -> bool:
        """Tell whether the anonymous reader is asked, or what its chatter wrote before waits."""
        waiting = self._undecided.values()
        return self._asks_first() or any(it.chatter.id == item.chatter.id for it in waiting)

    def _decide(self, key: str) -> None:
        """Wait no longer for the anonymous reader's message."""
        item = self._undecided.pop(key, None)
        if item is not None:
            self._pass_on(item)

    def release_all(self) -> None:
        """Wait no longer for the account, nor for what goes with what it brought."""
        for key in list(self._undecided):
            self._decide(key)
        for key in list(self._held):
            self._release(key)

    def _release(self, key: str) -> None:
        item = self._held.pop(key, None)
        if item is not None:
            self._pass_on(item, is_taken_over=True)

    def _pass_on(self, item: ChatMessage, *, is_taken_over: bool = False) -> None:
        if item.id in self._deleted or not self._seen.add(item.id):
            return
        self.taken_over += is_taken_over
        self._deliver(item)

    def _twin(self, item: ChatMessage, *, by_account: bool) -> _Notice | None:
        """Return, once, the other reader's notice of the same event; None if there is none."""
        if item.event is None or item.event.kind not in _NOTICES:
            return None
        at, content = self._clock(), (item.event.kind, item.chatter.id, item.text)
        self._notices = [notice for notice in self._notices if at - notice.at < _SAME_S]
        others = [n for n in self._notices if n.content == content and n.by_account != by_account]
        twin = next((n for n in others if n.id == item.id), others[0] if others else None)
        if twin is not None:
            self._notices.remove(twin)
        elif item.id not in self._seen and item.id not in self._held:
            self._notices.append(_Notice(content, item.id, by_account, at))
        return twin

    def _purge(self, purge: Purge, *, by_account: bool) -> None:
        for waiting in (self._held, self._undecided):
            for key, item in list(waiting.items()):
                if purge.message_id is None and purge.chatter_id in {None, item.chatter.id}:
                    del waiting[key]
                    self._seen.add(key)
        if purge.message_id is not None:
            self._held.pop(purge.message_id, None)
            self._deleted.add(purge.message_id)
        if not self._is_same_purge(purge, by_account=by_account):
            self._deliver(purge)

    def _is_same_purge(self, purge: Purge, *, by_account: bool) -> bool:
        """Tell whether the other reader received it a moment ago."""
        at = self._clock()
        key = (purge.message_id, purge.chatter_id)
        self._purges = {k: v for k, v in self._purges.items() if at - v[1] < _SAME_S}
        before = self._purges.get(key)
        if before is not None and before[0] != by_account:
            del self._purges[key]
            return True
        self._purges[key] = (by_account, at)
        return False

    def _is_silenced(self, item: ChatMessage, sent_at: datetime | None) -> bool:
        """Tell whether a late message was sent before its chatter was timed out."""
        times = (self._silenced.get(item.chatter.id), self._silenced.get(""))
        late = sent_at is not None and any(at is not None and sent_at < at for at in times)
        if late:
            self._seen.add(item.id)
        return late


def _may_be_first(item: ChatMessage) -> bool:
    """Tell whether `item` may be its chatter's first one, and comes by both readers with one id."""
    is_notice = item.event is not None and item.event.kind in _NOTICES
    return bool(item.text) and not is_notice and not item.chatter.has_rank("moderator")
