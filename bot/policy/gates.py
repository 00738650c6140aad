"""Gates: what a chatter must show to be read."""

from collections.abc import Callable

from bot.config.chat.limits import GateSettings
from bot.messages import Chatter, Rejection, RejectReason
from bot.policy.draft import Draft, is_paid
from bot.runtime.clock import unix

_MINUTE_S = 60.0
_DAY_S = 86_400.0


class Gates:
    """Filter: lets a message through if its chatter is known well enough."""

    def __init__(
        self, settings: GateSettings, *, is_regular: Callable[[Chatter], bool] = lambda _: False
    ) -> None:
        """Take the settings, and what tells whom a moderator trusts."""
        self._follow_s = settings.follow_minutes * _MINUTE_S
        self._account_s = settings.account_days * _DAY_S
        self._reads_first = settings.first_message
        self._reads_unknown = settings.unknown
        self._exempt = settings.exempt
        self._is_regular = is_regular
        self._are_open = not (self._follow_s or self._account_s) and self._reads_first

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft`, or why its chatter is not read yet."""
        message = draft.message
        chatter = message.chatter
        is_silent = message.event is not None and not message.text
        if self._are_open or is_silent or is_paid(message):
            return draft
        if chatter.has_rank(self._exempt) or self._is_regular(chatter):
            return draft
        if message.is_first and not self._reads_first:
            return Rejection(reason=RejectReason.FIRST_MESSAGE)
        now_s = unix(message.received_at)
        if self._is_too_new(chatter.follows_since, self._follow_s, now_s):
            return Rejection(reason=RejectReason.NOT_FOLLOWING)
        if self._is_too_new(chatter.exists_since, self._account_s, now_s):
            return Rejection(reason=RejectReason.NEW_ACCOUNT)
        return draft

    def _is_too_new(self, since: float | None, least_s: float, now_s: float) -> bool:
        if not least_s:
            return False
        return not self._reads_unknown if since is None else now_s - since < least_s
