"""Access: the switch, muted chatters, bots and roles."""

from bot.config.policy import AccessSettings
from bot.messages import Rejection, RejectReason
from bot.policy.chatters import Chatters
from bot.policy.draft import Draft
from bot.runtime.cleaning import name_key


class Access:
    """Filter: lets a message through if its chatter may be heard now."""

    def __init__(self, settings: AccessSettings, chatters: Chatters | None = None) -> None:
        """Take the settings, and who is muted or wants not to be read."""
        self.is_on = settings.enabled
        """Whether chat is read at all."""
        self.is_panicking = False
        """Whether nothing at all may be heard."""
        self._chatters = chatters or Chatters(muted=settings.muted)
        self._bots = frozenset(map(name_key, settings.bots))
        self._minimum_role = settings.minimum_role

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft`, or why its chatter is not heard."""
        if self.is_panicking:
            return Rejection(reason=RejectReason.PANIC)
        if not self.is_on:
            return Rejection(reason=RejectReason.OFF)
        chatter = draft.message.chatter
        if self._chatters.is_muted(chatter):
            return Rejection(reason=RejectReason.MUTED)
        if self._chatters.has_opted_out(chatter):
            return Rejection(reason=RejectReason.OPTED_OUT)
        if not chatter.keys.isdisjoint(self._bots):
            return Rejection(reason=RejectReason.BOT)
        # A raider or new subscriber says nothing, and has no role in this channel yet.
        is_silent = draft.message.event is not None and not draft.message.text
        if not is_silent and not chatter.has_rank(self._minimum_role):
            return Rejection(reason=RejectReason.ROLE, detail=f"needs {self._minimum_role}")
        return draft
