"""Makes one chat of two: what the account hears, and what the anonymous reader does.

Both hear the same messages under the same ids. The account counts; what it has not heard within a
moment of the anonymous reader is lost there, whatever the fault is, and comes from the latter. So
nothing depends on noticing a fault in time.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from bot.clock import now
from bot.messages import ChatMessage, Purge, SourceItem
from bot.sources.recent import RecentIds

GRACE_S = 2.5
"""How long the anonymous reader's messages wait for the account's; Twitch needs far less."""
_SAME_PURGE_S = 5.0
_REMEMBERED = 1_000


class Merge:
    """Decides for one channel what is delivered, each message once."""

    def __init__(
        self,
        deliver: Callable[[SourceItem], None],
        call_later: Callable[[float, Callable[[], None]], object],
        *,
        clock: Callable[[], float] = now,
    ) -> None:
        """Hand items to `deliver`; `call_later` runs a function after that many seconds."""
        self._deliver = deliver
        self._call_later = call_later
        self._clock = clock
        self._seen = RecentIds()
        self._held: dict[str, ChatMessage] = {}
        self._deleted = RecentIds(_REMEMBERED)
        self._silenced: OrderedDict[str, datetime] = OrderedDict()
        """When each chatter was last timed out, by Twitch's clock; `""` is everybody."""
        self._purges: dict[tuple[str | None, str | None], tuple[bool, float]] = {}
        self.taken_over = 0
        """Messages that only the anonymous reader heard."""

    def __contains__(self, message_id: str) -> bool:
        """Tell whether the message was delivered a while ago at most."""
        return message_id in self._seen

    def from_account(self, item: SourceItem, sent_at: datetime | None) -> None:
        """Take what the account heard, and when Twitch sent it by its own clock."""
        match item:
            case Purge():
                if sent_at is not None and item.message_id is None:
                    self._remember_silenced(item.chatter_id or "", sent_at)
                self._purge(item, by_account=True)
            case ChatMessage():
                self._held.pop(item.id, None)
                if not self._is_silenced(item, sent_at):
                    self._pass_on(item)
            case _:
                self._deliver(item)

    def from_anonymous(self, item: SourceItem, *, account_hears: bool) -> None:
        """Take what the anonymous reader heard; at once if the account is known to hear nothing."""
        match item:
            case Purge():
                self._purge(item, by_account=False)
            case ChatMessage(id=key):
                if not account_hears:
                    self._pass_on(item, is_taken_over=True)
                elif key not in self._seen and key not in self._held:
                    self._held[key] = item
                    self._call_later(GRACE_S, lambda: self._release(key))

    def release_all(self) -> None:
        """Wait no longer for the account."""
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

    def _purge(self, purge: Purge, *, by_account: bool) -> None:
        for key, held in list(self._held.items()):
            if purge.message_id is None and purge.chatter_id in {None, held.chatter.id}:
                del self._held[key]
                self._seen.add(key)
        if purge.message_id is not None:
            self._held.pop(purge.message_id, None)
            self._deleted.add(purge.message_id)
        if not self._is_same_purge(purge, by_account=by_account):
            self._deliver(purge)

    def _is_same_purge(self, purge: Purge, *, by_account: bool) -> bool:
        """Tell whether the other reader brought it a moment ago."""
        at = self._clock()
        key = (purge.message_id, purge.chatter_id)
        self._purges = {k: v for k, v in self._purges.items() if at - v[1] < _SAME_PURGE_S}
        before = self._purges.get(key)
        if before is not None and before[0] != by_account:
            del self._purges[key]
            return True
        self._purges[key] = (by_account, at)
        return False

    def _remember_silenced(self, chatter_id: str, sent_at: datetime) -> None:
        self._silenced[chatter_id] = sent_at
        self._silenced.move_to_end(chatter_id)
        if len(self._silenced) > _REMEMBERED:
            self._silenced.popitem(last=False)

    def _is_silenced(self, item: ChatMessage, sent_at: datetime | None) -> bool:
        """Tell whether a message that comes late was taken back already."""
        times = (self._silenced.get(item.chatter.id), self._silenced.get(""))
        late = sent_at is not None and any(at is not None and sent_at < at for at in times)
        if late:
            self._seen.add(item.id)
        return late
