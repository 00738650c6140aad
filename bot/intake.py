"""The front door of one channel: orders go to moderation, chat through policy to the backlog."""

from collections.abc import Callable
from typing import Protocol

import structlog

from bot.backlog import Backlog
from bot.clock import now
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
from bot.outcomes import Accepted, Obeyed, Outcome, Rejected

log = structlog.get_logger(__name__)


class Policy(Protocol):
    """What decides on a message."""

    def __call__(self, message: ChatMessage) -> Utterance | Rejection:
        """Return what may be spoken, or why nothing may."""


class Intake:
    """Takes every item of a channel's sources; never waits, so orders never wait behind speech."""

    def __init__(
        self,
        *,
        parse_command: CommandParser,
        policy: Policy,
        moderation: Moderation,
        backlog: Backlog,
        emit: Callable[[Outcome], None],
        keep: Callable[[ChatMessage], None] = lambda _: None,
    ) -> None:
        """Join the stages of one channel; `keep` takes what was paid for before it is queued."""
        self._parse_command = parse_command
        self._policy = policy
        self._moderation = moderation
        self._backlog = backlog
        self._emit = emit
        self._keep = keep

    def accept(self, item: SourceItem) -> None:
        """Deal with `item` to the end of what can be done at once."""
        if isinstance(item, Purge):
            self._moderation.purge(item)
            return
        if isinstance(item, Command):
            self._obey(item)
            return
        if isinstance(item, StreamStatus):
            event = "the stream is live" if item.is_live else "the stream ended"
            log.info(event, channel=item.channel)
            return
        try:
            verdict = self._parse_command(item) or self._policy(item)
        except Exception:
            # Chat is hostile: a message that breaks a filter is refused, and chat goes on.
            log.exception("a filter raised", id=item.id, channel=item.channel)
            verdict = Rejection(reason=RejectReason.MALFORMED, detail="a filter raised")
        self._settle(item, verdict)

    def _obey(self, command: Command) -> None:
        """Obey what came through a place that is trusted."""
        at = now()
        answer = self._moderation.obey(command)
        self._emit(
            Obeyed(
                id=command.id,
                channel=command.channel,
                chatter=command.issuer,
                at=now(),
                received_at=at,
                verb=command.verb,
                argument=command.argument,
                answer=answer,
            )
        )

    def _settle(self, message: ChatMessage, verdict: Command | Rejection | Utterance) -> None:
        received_at = message.received_at
        match verdict:
            case Command(verb=verb, argument=argument):
                answer = self._moderation.obey(verdict)
                self._emit(
                    Obeyed.of(
                        message,
                        received_at=received_at,
                        verb=verb,
                        argument=argument,
                        answer=answer,
                    )
                )
            case Rejection(reason=reason, detail=detail):
                self._emit(
                    Rejected.of(message, received_at=received_at, reason=reason, detail=detail)
                )
            case Utterance(prefix=prefix, body=body, lane=lane):
                if lane is Lane.PAID:
                    self._keep(message)
                self._emit(Accepted.of(message, received_at=received_at, text=prefix + body))
                self._backlog.put(verdict)
