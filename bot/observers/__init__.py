"""Observers watch outcomes and the state; a slow one drops, and never holds up speech."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from bot.outcomes import Outcome


@runtime_checkable
class Observer(Protocol):
    """Observer of every outcome, in order."""

    def observe(self, outcome: Outcome) -> None:
        """Take note without waiting: what is slow goes into a bounded queue of its own."""


class LivenessCheck(NamedTuple):
    """Something that goes on as long as the daemon is alive."""

    stalled_s: Callable[[], float]
    """Returns for how many seconds it has not gone on, though it should have."""
    reason: str
    """Clause for people and the log, of what is wrong then."""
    limit_s: float | None = None
    """Longest stall; None leaves the limit to the observer."""
