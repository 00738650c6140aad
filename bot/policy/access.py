"""Access: the switch, muted chatters, bots and roles."""

from collections.abc import MutableMapping

from bot.config.policy import AccessSettings
from bot.messages import Rejection, RejectReason, name_key
from bot.policy.draft import Draft


class Access:
    """Filter: lets a message through if its chatter may be heard now."""

    def __init__(
        self, settings: AccessSettings, muted: MutableMapping[str, str] | None = None
    ) -> None:
        """Take the settings, and the names of muted chatters by `name_key`; changed in place."""
        self.is_on = settings.enabled
        """Whether chat is read at all."""
        self._bots = frozenset(map(name_key, settings.bots))
        self._listed = set(map(name_key, settings.muted))
        self._muted = {} if muted is None else muted
        self._minimum_role = settings.minimum_role

    def mute(self, name: str) -> None:
        """Read no more of the chatter `name`."""
        self._muted[name_key(name)] = name.strip().removeprefix("@")

    def unmute(self, name: str) -> bool:
        """Read the chatter `name` again; tell whether it was muted."""
        key = name_key(name)
        was_muted = key in self._muted or key in self._listed
        self._muted.pop(key, None)
        self._listed.discard(key)
        return was_muted

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft`, or why its chatter is not heard."""
        if not self.is_on:
            return Rejection(reason=RejectReason.OFF)
        chatter = draft.message.chatter
        names = {name_key(name) for name in (chatter.name, chatter.login) if name}
        if any(name in self._muted or name in self._listed for name in names):
            return Rejection(reason=RejectReason.MUTED)
        if not names.isdisjoint(self._bots):
            return Rejection(reason=RejectReason.BOT)
        # A raider or new subscriber says nothing, and has no role in this channel yet.
        is_silent = draft.message.event is not None and not draft.message.text
        if not is_silent and not chatter.has_rank(self._minimum_role):
            return Rejection(reason=RejectReason.ROLE, detail=f"needs {self._minimum_role}")
        return draft
