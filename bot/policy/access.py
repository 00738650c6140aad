"""Access: the switch, muted chatters, bots and roles."""

from bot.config.chat.policy import AccessSettings
from bot.messages import Chatter, Rejection, RejectReason
from bot.policy.chatters import Chatters, Remembered
from bot.policy.draft import Draft
from bot.runtime.text.cleaning import name_key

_PANIC, _ON = "panic", "on"


class Access:
    """Filter: lets a message through if its chatter may be heard now."""

    def __init__(
        self,
        settings: AccessSettings,
        chatters: Chatters | None = None,
        *,
        remembered: Remembered = lambda _: {},
    ) -> None:
        """Take the settings, who is muted or wants not to be read, and whether there is panic."""
        self.is_on = settings.enabled
        """Whether chat is read at all."""
        self._switches = remembered("switch")
        self._chatters = chatters or Chatters(muted=settings.muted)
        self.follow(settings)

    def follow(self, settings: AccessSettings) -> None:
        """Do as `settings` say from now on, but for whether chat is read."""
        self._bots = frozenset(map(name_key, settings.bots))
        self._minimum_role = settings.minimum_role

    @property
    def is_panicking(self) -> bool:
        """Whether nothing at all may be heard, in this run and the next ones."""
        return _PANIC in self._switches

    @is_panicking.setter
    def is_panicking(self, value: bool) -> None:
        if value:
            self._switches[_PANIC] = _ON
        else:
            self._switches.pop(_PANIC, None)

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft`, or why its chatter is not heard."""
        chatter = draft.message.chatter
        if reason := self._silence(chatter):
            return Rejection(reason=reason)
        # A raider or new subscriber says nothing, and has no role in this channel yet.
        is_silent = draft.message.event is not None and not draft.message.text
        if not is_silent and not chatter.has_rank(self._minimum_role):
            return Rejection(reason=RejectReason.ROLE, detail=f"needs {self._minimum_role}")
        return draft

    def _silence(self, chatter: Chatter) -> RejectReason | None:
        """Return why nothing of `chatter` is read; None if it is."""
        conditions = {
            RejectReason.PANIC: self.is_panicking,
            RejectReason.OFF: not self.is_on,
            RejectReason.MUTED: self._chatters.is_muted(chatter),
            RejectReason.OPTED_OUT: self._chatters.has_opted_out(chatter),
            RejectReason.BOT: not chatter.keys.isdisjoint(self._bots),
        }
        return next((reason for reason, is_so in conditions.items() if is_so), None)
