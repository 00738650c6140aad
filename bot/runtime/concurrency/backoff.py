"""Back-off: how long to wait before the next attempt."""

import random
from collections.abc import Callable


class Backoff:
    """Exponential back-off with equal jitter: half of each step is fixed, half is random.

    The jitter keeps daemons that lost the same server from coming back in the same instant; see
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
    """

    def __init__(
        self,
        *,
        shortest_s: float = 1.0,
        longest_s: float = 60.0,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Wait between `shortest_s` and `longest_s`; `draw` gives the jitter, 0 to 1."""
        self._shortest_s = shortest_s
        self._longest_s = longest_s
        self._draw = draw
        self.reset()

    def reset(self) -> None:
        """Start again with the shortest wait: the last try went well."""
        self._step_s = 2 * self._shortest_s

    def next_s(self) -> float:
        """Return the seconds to wait now; about double of the last ones."""
        step_s = min(self._step_s, self._longest_s)
        self._step_s = 2 * step_s
        return step_s / 2 * (1 + self._draw())
