"""Approval: utterances that wait until a moderator lets them speak."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

from bot.messages import Lane, Utterance
from bot.outcomes import Dropped, DropReason, Held, Outcome
from bot.runtime.clock import now

_LOOK_AGAIN_S = 1.0
"""How often it is looked for what has waited too long: no timer goes off while a machine sleeps."""


class Approvals:
    """Utterances of one channel that nobody has looked at, the oldest first.

    Each one that is put in comes out once: through `release`, or as a `Dropped` outcome.
    """

    def __init__(
        self,
        emit: Callable[[Outcome], None],
        *,
        expires_s: float,
        max_waiting: int,
        clock: Callable[[], float] = now,
    ) -> None:
        self._emit = emit
        self.follow(expires_s=expires_s, max_waiting=max_waiting)
        self._clock = clock
        self._waiting: dict[str, tuple[Utterance, float]] = {}
        self._expiry: asyncio.TimerHandle | None = None

    def follow(self, *, expires_s: float, max_waiting: int) -> None:
        """Let so many wait for so long from now on."""
        self._expires_s = expires_s
        self._max_waiting = max_waiting

    def __len__(self) -> int:
        """Return how many utterances wait."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[Utterance]:
        """Iterate over what waits, the oldest first."""
        return (utterance for utterance, _ in self._waiting.values())

    def put(self, utterance: Utterance) -> None:
        """Let `utterance` wait; drops one where too many do, unless it was paid for.

        That is the newest one of the chatter with the most of them.
        """
        self._waiting[utterance.id] = utterance, self._clock()
        unpaid = sum(other.lane is not Lane.PAID for other in self)
        if utterance.lane is not Lane.PAID and unpaid > self._max_waiting:
            victim = self._least_important(utterance)
            del self._waiting[victim.id]
            detail = f"{unpaid - 1} wait for approval already"
            self._emit(Dropped.of(victim, reason=DropReason.FULL, detail=detail))
            if victim is utterance:
                return
        text = utterance.prefix + utterance.body
        self._emit(Held.of(utterance, text=text, waiting=len(self)))
        self._watch()

    def release(self, matches: Callable[[Utterance], bool]) -> list[Utterance]:
        """Take out and return every utterance that `matches`, the oldest first."""
        found = [utterance for utterance in self if matches(utterance)]
        for utterance in found:
            del self._waiting[utterance.id]
        return found

    def remove(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> int:
        """Drop every utterance that `matches`; return how many there were."""
        gone = self.release(matches)
        for utterance in gone:
            self._emit(Dropped.of(utterance, reason=reason))
        return len(gone)

    def _least_important(self, newcomer: Utterance) -> Utterance:
        of_each: dict[str, list[Utterance]] = {}
        for utterance in self:
            if utterance.lane is not Lane.PAID:
                of_each.setdefault(utterance.chatter.id, []).append(utterance)

        def weight(of_one: list[Utterance]) -> tuple[int, bool, float]:
            return len(of_one), of_one[-1] is newcomer, of_one[-1].received_at

        return max(of_each.values(), key=weight)[-1]

    def _watch(self) -> None:
        if self._expiry is None and self._waiting:
            self._expiry = asyncio.get_running_loop().call_later(_LOOK_AGAIN_S, self._expire)

    def _expire(self) -> None:
        self._expiry = None
        limit = self._clock() - self._expires_s
        old = _older(self._waiting, limit)
        self.remove(DropReason.EXPIRED, lambda utterance: utterance.id in old)
        self._watch()


def _older(waiting: Mapping[str, tuple[Utterance, float]], limit: float) -> set[str]:
    return {
        identifier
        for identifier, (utterance, since) in waiting.items()
        if since <= limit and utterance.lane is not Lane.PAID
    }
