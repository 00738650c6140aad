"""Parts of one channel that its commands steer."""

from collections.abc import Callable, MutableMapping
from typing import NamedTuple, Protocol, TypeAlias

from bot.backlog import Backlog
from bot.config.chat.moderation import ModerationSettings
from bot.messages import Answer, Command, Utterance
from bot.moderation.admission import Admission
from bot.moderation.approval import Approvals
from bot.moderation.history import History
from bot.moderation.presence import Presence
from bot.moderation.undo import Done, Undo
from bot.outcomes import DropReason, Outcome
from bot.policy import Policy

Handler: TypeAlias = Callable[[Command], Answer]
"""Applies a command of one kind and returns the answer."""


class SpeechControl(Protocol):
    """What moderation may do to speech under way."""

    volume: float
    """0 to 1."""

    @property
    def current(self) -> Utterance | None:
        """The utterance being spoken."""

    def cut(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> bool:
        """Fall silent at once if the utterance being spoken matches; tell whether it did."""


class Parts(NamedTuple):
    """What the commands of one channel act upon."""

    policy: Policy
    backlog: Backlog
    speech: SpeechControl
    approvals: Approvals
    admission: Admission
    history: History
    presence: Presence
    undo: Undo
    emit: Callable[[Outcome], None]
    """Takes the outcomes."""
    trigger: str
    """Word before a command."""

    @classmethod
    def join(
        cls,
        settings: ModerationSettings,
        *,
        policy: Policy,
        backlog: Backlog,
        speech: SpeechControl,
        history: History,
        emit: Callable[[Outcome], None],
        tell: Callable[[Answer], None],
        approved: MutableMapping[str, str],
        trigger: str,
    ) -> "Parts":
        """Return the stages of one channel with what stands between them.

        Args:
            settings: Time and people between a message and the voice.
            policy: Decides what may be spoken.
            backlog: What waits.
            speech: Speech under way.
            history: What was said.
            emit: Takes the outcomes.
            tell: Tells everybody in chat.
            approved: Counts of approvals by the chatters' ids; changed in place.
            trigger: Word before a command.
        """
        approvals = Approvals(
            emit,
            expires_s=settings.approval.expires_s,
            max_waiting=settings.approval.max_waiting,
        )
        admission = Admission(
            settings,
            chatters=policy.chatters,
            approvals=approvals,
            backlog=backlog,
            approved=approved,
        )
        presence = Presence(settings.away, backlog, tell)
        return cls(
            *(policy, backlog, speech, approvals, admission, history, presence),
            undo=Undo(),
            emit=emit,
            trigger=trigger,
        )

    def follow(self, settings: ModerationSettings) -> None:
        """Do as `settings` say from now on."""
        approval = settings.approval
        self.admission.follow(settings)
        self.approvals.follow(expires_s=approval.expires_s, max_waiting=approval.max_waiting)
        self.presence.follow(settings.away)

    def drop(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> int:
        """Drop what `matches` wherever it is, also while it is heard; return how many there were.

        Where it waits first: else the next one of the same kind would start at once.
        """
        count = self.approvals.remove(reason, matches) + self.backlog.remove(reason, matches)
        return count + self.speech.cut(reason, matches)

    def done(self, command: Command, revert: Callable[[], object]) -> None:
        """Note that `command` can be taken back by `revert`."""
        text = f"{command.order.verb.value} {command.order.argument}".rstrip()
        self.undo.add(Done(command.id, text, command.order.verb, revert))


def anyone(_: Utterance) -> bool:
    """Match every utterance."""
    return True
