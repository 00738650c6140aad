"""The front door of one channel: orders go to moderation, chat through policy to the backlog."""

from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from bot.backlog import Backlog
from bot.commands import CommandParser
from bot.messages import ChatMessage, Command, Purge, Rejection, RejectReason, SourceItem, Utterance
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
    ) -> None:
        self._parse_command = parse_command
        self._policy = policy
        self._moderation = moderation
        self._backlog = backlog
        self._emit = emit

    def accept(self, item: SourceItem) -> None:
        """Deal with `item` to the end of what can be done at once."""
        if isinstance(item, Purge):
            self._moderation.purge(item)
            return
        message = _encodable(item)
        try:
            verdict = self._parse_command(message) or self._policy(message)
        except Exception:
            # Chat is hostile: a message that breaks a filter is refused, and chat goes on.
            log.exception("a filter raised", id=message.id, channel=message.channel)
            verdict = Rejection(reason=RejectReason.MALFORMED, detail="a filter raised")
        self._settle(message, verdict)

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
            case Utterance(prefix=prefix, body=body):
                self._emit(Accepted.of(message, received_at=received_at, text=prefix + body))
                self._backlog.put(verdict)


def _encodable(message: ChatMessage) -> ChatMessage:
    """Return `message` without lone surrogates, which no encoding of an outcome can hold.

    JSON from outside may contain them; every one becomes a question mark, so offsets stay true.
    """
    chatter = message.chatter
    return msgspec.structs.replace(
        message,
        id=_scalar(message.id),
        text=_scalar(message.text),
        chatter=msgspec.structs.replace(
            chatter, id=_scalar(chatter.id), name=_scalar(chatter.name)
        ),
    )


def _scalar(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
