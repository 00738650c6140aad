"""Moderation: applies commands and purges to one channel, without waiting behind speech."""

import math
from collections.abc import Callable, Iterable, Mapping

import structlog

from bot.messages import Answer, Chatter, Command, Purge, Utterance, Verb
from bot.moderation.chatter_commands import ChatterCommands
from bot.moderation.parts import Handler, Parts, SpeechControl
from bot.moderation.speech_commands import SpeechCommands
from bot.moderation.undo import Done
from bot.outcomes import DropReason
from bot.runtime.clock import now
from bot.runtime.recent import Recent

log = structlog.get_logger(__name__)

__all__ = ["Moderation", "Parts", "SpeechControl"]

_DELETED = 2_000
"""Messages that were deleted last, should they come after their deletion."""
_TIMED_OUT = 1_000
"""Chatters who were timed out last."""


class Moderation:
    """The commands of one channel."""

    def __init__(self, parts: Parts) -> None:
        """Steer these parts of the channel."""
        self._parts = parts
        self._verbs: Mapping[Verb, Handler] = {
            **SpeechCommands(parts).handlers,
            **ChatterCommands(parts).handlers,
        }
        self._deleted: Recent[str, None] = Recent(_DELETED)
        self._timed_out: Recent[str, float] = Recent(_TIMED_OUT)
        self._cleared_at = -math.inf
        self._undone = ""

    def apply(self, command: Command, may: Callable[[Verb], bool] = lambda _: True) -> Answer:
        """Apply `command` at once; return the answer for who gave it.

        `may` tells which commands they may give: they take back no other.
        """
        self._undone = ""
        self._parts.presence.see(command.chatter)
        if command.order.verb is Verb.UNDO:
            return self._undo(command.order.name.removeprefix("#"), may)
        return self._verbs[command.order.verb](command)

    @property
    def undone(self) -> str:
        """Id of the command that the latest one took back; empty if it took none back."""
        return self._undone

    def purge(self, purge: Purge) -> int:
        """Drop what the platform took back, also while it is heard; return how many utterances.

        It is not said again either.
        """
        reason, matches = _taken_back(purge)
        if purge.message_id is not None:
            self._deleted[purge.message_id] = None
        elif purge.chatter_id is not None:
            self._timed_out[purge.chatter_id] = now()
        else:
            self._cleared_at = now()
        count = self._parts.drop(reason, matches)
        self._parts.history.forget(matches)
        return count

    def is_deleted(self, message_id: str) -> bool:
        """Tell whether the message was deleted before it came."""
        return message_id in self._deleted

    def taken_back(self, utterance: Utterance) -> DropReason | None:
        """Return why `utterance` may not speak any more, since policy let it through."""
        access, chatter = self._parts.policy.access, utterance.chatter
        conditions = {
            DropReason.DELETED: utterance.id in self._deleted,
            DropReason.TIMED_OUT: self._timed_out.get(chatter.id, -math.inf)
            > utterance.received_at,
            DropReason.CLEARED: self._cleared_at > utterance.received_at,
            DropReason.PANIC: access.is_panicking,
            DropReason.OFF: not access.is_on,
            DropReason.MUTED: self._parts.policy.chatters.is_muted(chatter),
        }
        return next((reason for reason, is_so in conditions.items() if is_so), None)

    def see(self, chatter: Chatter) -> None:
        """Note that `chatter` wrote."""
        self._parts.policy.chatters.see(chatter)
        self._parts.presence.see(chatter)

    def set_live(self, *, is_live: bool) -> None:
        """Note whether the stream is live."""
        self._parts.presence.set_live(is_live=is_live)

    def block(self, terms: Iterable[str]) -> None:
        """Read nothing with these words: those that the platform blocks; takes a moment."""
        self._parts.policy.block(terms)

    def mute(self, chatter: Chatter) -> None:
        """Read nothing of `chatter` any more, and drop what there is of it."""
        self._parts.policy.chatters.mute(chatter)
        count = self._parts.drop(DropReason.MUTED, lambda u: u.chatter.id == chatter.id)
        log.warning("chatter muted for a blocked word", chatter=chatter.name, dropped=count)

    def _undo(self, identifier: str, may: Callable[[Verb], bool]) -> Answer:
        done: Done | None = self._parts.undo.take(may, identifier)
        if done is None:
            return Answer.of("nothing_to_undo")
        self._undone = done.id
        return Answer.of("undone", command=done.text)


def _taken_back(purge: Purge) -> tuple[DropReason, Callable[[Utterance], bool]]:
    if purge.message_id is not None:
        return DropReason.DELETED, lambda u: purge.message_id in (u.id, u.repeats)
    if purge.chatter_id is not None:
        return DropReason.TIMED_OUT, lambda u: u.chatter.id == purge.chatter_id
    return DropReason.CLEARED, lambda _: True
