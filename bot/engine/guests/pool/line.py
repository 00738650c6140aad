"""Line of a daemon's requests that wait for a worker with room: the most urgent is served next."""

import asyncio
import itertools
from bisect import insort
from collections.abc import Iterator
from contextlib import contextmanager


class Ticket:
    """Place in the line."""

    def __init__(self, due_at: float, number: int) -> None:
        self.rank = due_at, number
        self.turn = asyncio.Event()
        """Set when it may have become the first."""


class Line:
    """Requests in the order of when their speech is needed."""

    def __init__(self) -> None:
        self._tickets: list[Ticket] = []
        self._numbers = itertools.count()

    @contextmanager
    def waiting(self, due_at: float) -> Iterator[Ticket]:
        """Yield a place in the line, which is left with the block."""
        ticket = Ticket(due_at, next(self._numbers))
        insort(self._tickets, ticket, key=lambda each: each.rank)
        try:
            yield ticket
        finally:
            self._tickets.remove(ticket)
            if self._tickets:
                self._tickets[0].turn.set()

    def is_first(self, ticket: Ticket) -> bool:
        """Tell whether it is served next."""
        return self._tickets[0] is ticket
