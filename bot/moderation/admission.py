"""Admission: whether an utterance speaks at once, after some seconds, or after approval."""

from collections.abc import MutableMapping

from msgspec.structs import replace

from bot.backlog import Backlog
from bot.config.chat.moderation import ModerationSettings
from bot.messages import Chatter, Utterance
from bot.moderation.approval import Approvals
from bot.policy.chatters import Chatters
from bot.runtime.clock import now


class Admission:
    """Gate of one channel between policy and the backlog."""

    def __init__(
        self,
        settings: ModerationSettings,
        *,
        chatters: Chatters,
        approvals: Approvals,
        backlog: Backlog,
        approved: MutableMapping[str, str],
    ) -> None:
        """Join the stages of one channel.

        `approved` counts the approvals of chatters by their ids; changed in place.
        """
        self.follow(settings)
        self._chatters = chatters
        self._approvals = approvals
        self._backlog = backlog
        self._approved = approved

    def follow(self, settings: ModerationSettings) -> None:
        """Do as `settings` say from now on; what waits goes on waiting."""
        self._grace, self._approval = settings.grace, settings.approval

    def __call__(self, utterance: Utterance) -> None:
        """Let `utterance` wait for approval, for its seconds, or for its turn alone."""
        if self._needs_approval(utterance.chatter):
            self._approvals.put(utterance)
        else:
            self._backlog.put(utterance, not_before=self._earliest(utterance))

    def approve(self, utterance: Utterance) -> bool:
        """Let `utterance` speak, which a moderator has seen; tell whether there is room for it.

        It is as new as its approval: it waited for that, not for its turn.
        """
        identifier = utterance.chatter.id
        self._approved[identifier] = str(self._count(identifier) + 1)
        return self._backlog.put(replace(utterance, received_at=now()), is_wanted=True)

    def _needs_approval(self, chatter: Chatter) -> bool:
        settings = self._approval
        return (
            settings.enabled
            and not chatter.has_rank(settings.exempt)
            and not (settings.exempt_regulars and self._chatters.is_regular(chatter))
            and not (settings.after and self._count(chatter.id) >= settings.after)
        )

    def _earliest(self, utterance: Utterance) -> float:
        settings, chatter = self._grace, utterance.chatter
        if (
            not settings.seconds
            or chatter.has_rank(settings.exempt)
            or (settings.exempt_regulars and self._chatters.is_regular(chatter))
        ):
            return 0.0
        return utterance.received_at + settings.seconds

    def _count(self, identifier: str) -> int:
        count = self._approved.get(identifier, "")
        return int(count) if count.isdecimal() else 0
