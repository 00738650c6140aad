"""Intake of one channel: commands go to moderation, chat through policy to the backlog."""

from collections.abc import Callable
from typing import Protocol

import structlog

from bot.backlog import Backlog
from bot.commands import CommandParser
from bot.messages import (
    ChatMessage,
    Command,
    Lane,
    Purge,
    Rejection,
    RejectReason,
    SourceItem,
    StreamStatus,
    Utterance,
)
from bot.moderation import Moderation
from bot.outcomes import Accepted, Applied, Outcome, Rejected
from bot.runtime.clock import now

log = structlog.get_logger(__name__)


class Policy(Protocol):
    """Decision on a message."""

    def __call__(self, message: ChatMessage) -> Utterance | Rejection:
        """Return what may be spoken, or why nothing may."""


class Intake:
    """Takes what a channel's sources deliver; never waits, so no command waits behind speech."""

    def __init__(
        self,
        *,
        parse_command: CommandParser,
        policy: Policy,
        moderation: Moderation,
        backlog: Backlog,
        emit: Callable[[Outcome], None],
        keep: Callable[[ChatMessage], None] = lambda _: None,
        rouse: Callable[[], None] = lambda: None,
    ) -> None:
        """Join the stages of one channel.

        `keep` takes what was paid for before it is queued; `rouse` is called for every message,
        whatever becomes of it: an idle engine needs seconds to be warm.
        """
        self._parse_command = parse_command
        self._policy = policy
        self._moderation = moderation
        self._backlog = backlog
        self._emit = emit
        self._keep = keep
        self._rouse = rouse

    def accept(self, item: SourceItem) -> None:
        """Deal with `item` to the end of what can be done at once."""
        match item:
            case ChatMessage():
                self._take(item)
            case Command():  # it came through a place that is trusted
                self._apply(item, received_at=now())
            case Purge():
                self._moderation.purge(item)
            case StreamStatus(is_live=is_live):
                event = "the stream is live" if is_live else "the stream ended"
                log.info(event, channel=item.channel)

    def _take(self, message: ChatMessage) -> None:
        self._rouse()
        try:
            verdict = self._parse_command(message) or self._policy(message)
        except Exception:
            # Chat is hostile: a message that breaks a filter is refused, and chat goes on.
            log.exception("a filter raised", id=message.id, channel=message.channel)
            verdict = Rejection(reason=RejectReason.MALFORMED, detail="a filter raised")
        match verdict:
            case Command() as command:
                self._apply(command, received_at=message.received_at)
            case Rejection(reason=reason, detail=detail):
                self._emit(
                    Rejected.of(
                        message, received_at=message.received_at, reason=reason, detail=detail
                    )
                )
            case Utterance() as utterance:
                if utterance.lane is Lane.PAID:
                    self._keep(message)
                text = utterance.prefix + utterance.body
                self._emit(Accepted.of(message, received_at=message.received_at, text=text))
                self._backlog.put(utterance)

    def _apply(self, command: Command, *, received_at: float) -> None:
        answer = self._moderation.apply(command)
        self._emit(
            Applied(
                id=command.id,
                channel=command.channel,
                chatter=command.issuer,
                at=now(),
                received_at=received_at,
                verb=command.verb,
                argument=command.argument,
                answer=answer,
            )
        )
