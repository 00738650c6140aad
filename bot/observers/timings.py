"""Timings of messages, put together from their outcomes."""

from collections import OrderedDict
from typing import NamedTuple

from bot.outcomes import FINAL, Accepted, Outcome, Started

_MAX_PENDING = 10_000
"""Accepted messages that are remembered: more than any backlog holds."""


class Timing(NamedTuple):
    """Time from a message to the first of its sound, by stage, in seconds."""

    policy_s: float
    """From the message to its acceptance."""
    queue_s: float
    """From there until an engine was asked: the wait in the backlog, less what was made ahead."""
    engine_s: float
    """From there to the engine's first audio."""
    output_s: float
    """From there until an output took the first sample; what was made ahead waits here."""

    @property
    def ttfa_s(self) -> float:
        """Time to first audio: from the message to the first sample."""
        return sum(self)


class Timings:
    """Memory of when messages were accepted, until they end."""

    def __init__(self) -> None:
        self._accepted: OrderedDict[tuple[str, str], Accepted] = OrderedDict()

    def observe(self, outcome: Outcome) -> Timing | None:
        """Take note; return the timing of a message whose speech starts with `outcome`."""
        key = outcome.channel, outcome.id
        if isinstance(outcome, Accepted):
            self._accepted[key] = outcome
            if len(self._accepted) > _MAX_PENDING:
                self._accepted.popitem(last=False)
        elif isinstance(outcome, FINAL):
            self._accepted.pop(key, None)
        elif isinstance(outcome, Started) and (accepted := self._accepted.get(key)):
            return Timing(
                policy_s=accepted.at - accepted.received_at,
                queue_s=max(outcome.requested_at - accepted.at, 0.0),
                engine_s=outcome.first_chunk_at - outcome.requested_at,
                output_s=outcome.at - outcome.first_chunk_at,
            )
        return None
