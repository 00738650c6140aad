"""Who is heard: the switch, muted chatters, bots and roles."""

from bot.config.policy import AccessSettings
from bot.messages import Chatter, Rejection, RejectReason, Role, name_key
from bot.policy.draft import Draft

_LADDER = (Role.SUBSCRIBER, Role.VIP, Role.MODERATOR, Role.BROADCASTER)


class Access:
    """Filter: lets a message through if its chatter may be heard now."""

    def __init__(self, settings: AccessSettings) -> None:
        self.is_on = settings.enabled
        """Whether anybody is heard."""
        self._bots = frozenset(map(name_key, settings.bots))
        self._muted = {name_key(name): name for name in settings.muted}
        self._minimum_role = settings.minimum_role
        levels = [role.value for role in _LADDER]
        enough = levels[levels.index(self._minimum_role) :] if self._minimum_role in levels else []
        self._roles = frozenset(map(Role, enough))

    @property
    def muted(self) -> tuple[str, ...]:
        """Names of the chatters who are not heard, as they were given, in alphabetical order."""
        return tuple(self._muted[key] for key in sorted(self._muted))

    def mute(self, name: str) -> None:
        """Hear no more of the chatter `name`."""
        self._muted[name_key(name)] = name.strip().removeprefix("@")

    def unmute(self, name: str) -> bool:
        """Hear the chatter `name` again; tell whether it was muted."""
        return self._muted.pop(name_key(name), None) is not None

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft`, or why its chatter is not heard."""
        if not self.is_on:
            return Rejection(reason=RejectReason.OFF)
        chatter = draft.message.chatter
        names = _names(chatter)
        if not names.isdisjoint(self._muted):
            return Rejection(reason=RejectReason.MUTED)
        if not names.isdisjoint(self._bots):
            return Rejection(reason=RejectReason.BOT)
        if self._roles and self._roles.isdisjoint(chatter.roles):
            return Rejection(reason=RejectReason.ROLE, detail=f"needs {self._minimum_role}")
        return draft


def _names(chatter: Chatter) -> set[str]:
    names = {name_key(chatter.name)}
    if chatter.login:
        names.add(name_key(chatter.login))
    return names
