"""Crowd: what policy lets through and a channel does not take in because so many write."""

from msgspec.structs import replace

from bot.backlog import Backlog
from bot.messages import Rejection, RejectReason, Utterance
from bot.outcomes import DropReason
from bot.overload.ladder import Ladder
from bot.policy.raids import Raids


class Crowd:
    """Gate of one channel between policy and admission."""

    def __init__(self, ladder: Ladder, raids: Raids, backlog: Backlog) -> None:
        """Join the stages of one channel."""
        self._ladder = ladder
        self._raids = raids
        self._backlog = backlog

    def refuse(self, utterance: Utterance) -> Rejection | None:
        """Return why `utterance` is not taken in, if it is not.

        Copies of one line become one that waits, with the number of the others.
        """
        if (rejection := self._ladder.refuse(utterance)) is not None:
            return rejection
        copies = self._raids.take(utterance, self._backlog.find)
        if copies is None:
            return None
        first, *others = copies.waiting or (None,)
        if others:
            self._backlog.remove(DropReason.DUPLICATE, others.__contains__)
        if first is not None:
            merged = self._raids.with_others(copies.messages[first.id], copies.others)
            # It is as new as its last copy: it expires when nobody writes it any more.
            merged = replace(merged, received_at=utterance.received_at)
            self._backlog.replace(first, merged)
        return Rejection(
            reason=RejectReason.DUPLICATE, detail=f"{copies.others} others wrote about the same"
        )
