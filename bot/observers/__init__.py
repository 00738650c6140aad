"""Observers watch outcomes; a slow one drops, and never holds up speech."""

from typing import Protocol, runtime_checkable

from bot.outcomes import Outcome


@runtime_checkable
class Observer(Protocol):
    """Somebody who is told every outcome, in order."""

    def observe(self, outcome: Outcome) -> None:
        """Take note, at once: anything slow goes into a bounded queue of the observer's own."""
