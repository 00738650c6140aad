"""Scheduler of requests: the most urgent first, the others together."""

from collections.abc import Iterator
from typing import NamedTuple

from bot.messages import SpeechRequest

_URGENT_S = 0.25
"""Urgent is what is needed within this time: a batch takes about as long."""


class Job(NamedTuple):
    """Request that waits."""

    number: int
    request: SpeechRequest
    tokens: int
    """Cost in a batch, as the engine counts it."""
    due_at: float
    """When the speech is needed."""


class Scheduler:
    """Decides the order and the batches; runs nothing and waits for nothing."""

    def __init__(self, budget_tokens: int) -> None:
        """Let batches cost at most `budget_tokens`, a lone request as much as it does."""
        self._budget_tokens = budget_tokens
        self._waiting: dict[int, Job] = {}

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self._waiting)

    def put(self, job: Job) -> None:
        """Add a request that waits."""
        self._waiting[job.number] = job

    def remove(self, number: int) -> bool:
        """Forget a request that nobody wants any more; tell whether it waited."""
        return self._waiting.pop(number, None) is not None

    def take(self, at: float, *, alone: bool = False) -> list[Job]:
        """Return what to work on at the time `at`, the most urgent first; at least one if any.

        With `alone` it is no more than one: of many that come at once, one is heard at once.
        An urgent head is joined by those alone that are urgent too: the batch never delays it for
        something that can wait. All of a batch is sampled alike.
        """
        in_order = sorted(self._waiting.values(), key=lambda job: (job.due_at, job.number))
        batch = in_order[:1] if alone else list(self._fitting(in_order, at))
        for job in batch:
            del self._waiting[job.number]
        return batch

    def _fitting(self, in_order: list[Job], at: float) -> Iterator[Job]:
        tokens = 0
        for job in in_order:
            head = in_order[0]
            if job is not head and (
                job.request.nfe != head.request.nfe
                or tokens + job.tokens > self._budget_tokens
                or (_is_urgent(head, at) and not _is_urgent(job, at))
            ):
                continue
            tokens += job.tokens
            yield job


def _is_urgent(job: Job, at: float) -> bool:
    return job.due_at <= at + _URGENT_S
