"""Queue of a worker: one streamer after the other, so that none waits for another one's flood."""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from bot.engine.guests.pool.wire import Ask


class Waiting(NamedTuple):
    """Request that waits for the engine."""

    streamer: str
    reply: str
    """Inbox of its answers."""
    ask: Ask
    due_at: float
    """When the speech is needed."""
    deadline_at: float
    """When nobody wants it any more."""
    came_at: float


class FairQueue:
    """Decides the order; runs nothing. Streamers take turns by letters (deficit round robin).

    Source: Shreedhar and Varghese, Efficient Fair Queuing Using Deficit Round Robin, 1995.
    """

    def __init__(self, *, most: int, most_each: int, quantum: int = 120) -> None:
        """Hold `most` requests, of one streamer `most_each`; a turn is `quantum` letters."""
        self._most = most
        self._most_each = most_each
        self._quantum = quantum
        self._waiting: dict[str, list[Waiting]] = {}
        self._turns: deque[str] = deque()
        self._credit: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many wait."""
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[Waiting]:
        """Iterate over what waits, in no order."""
        return (each for waiting in self._waiting.values() for each in waiting)

    @property
    def letters(self) -> int:
        """Letters of all that waits."""
        return sum(len(each.ask.request.text) for each in self)

    def has(self, streamer: str) -> bool:
        """Tell whether anything of a streamer waits."""
        return streamer in self._waiting

    def put(self, item: Waiting) -> bool:
        """Add a request; tell whether there is room.

        A streamer of whom nothing waits always has a place: it is the others that are many.
        """
        mine = self._waiting.get(item.streamer, [])
        if len(mine) >= self._most_each or (mine and len(self) >= self._most):
            return False
        if not mine:
            self._waiting[item.streamer] = mine
            self._turns.append(item.streamer)
            self._credit[item.streamer] = 0
        mine.append(item)
        return True

    def holds(self, streamer: str, attempt: str) -> bool:
        """Tell whether this request of a streamer waits."""
        return any(each.ask.attempt == attempt for each in self._waiting.get(streamer, ()))

    def take(self) -> Waiting | None:
        """Return what comes next; None where nothing waits."""
        while self._turns:
            streamer = self._turns[0]
            mine = self._waiting[streamer]
            best = min(mine, key=lambda each: (-each.ask.priority, each.due_at, each.came_at))
            cost = len(best.ask.request.text)
            if self._credit[streamer] < cost:
                self._credit[streamer] += self._quantum
                if self._credit[streamer] < cost or len(self._turns) > 1:
                    self._turns.rotate(-1)
                continue
            self._credit[streamer] -= cost
            self._remove(best)
            return best
        return None

    def cancel(self, streamer: str, attempt: str) -> bool:
        """Forget a request that is not wanted any more; tell whether it waited."""
        for each in self._waiting.get(streamer, []):
            if each.ask.attempt == attempt:
                self._remove(each)
                return True
        return False

    def clear(self) -> list[Waiting]:
        """Return all that waits, and forget it."""
        left = list(self)
        for each in left:
            self._remove(each)
        return left

    def drop_late(self, at: float) -> list[Waiting]:
        """Return what nobody wants any more at the time `at`, and forget it."""
        late = [each for each in self if each.deadline_at <= at]
        for each in late:
            self._remove(each)
        return late

    def _remove(self, item: Waiting) -> None:
        mine = self._waiting[item.streamer]
        mine.remove(item)
        if not mine:
            del self._waiting[item.streamer], self._credit[item.streamer]
            self._turns.remove(item.streamer)
