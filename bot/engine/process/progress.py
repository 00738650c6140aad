"""Progress of a long computation: written by the thread that computes, read by another one.

The child process imports it, so it runs on Python 3.10.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bot.runtime.clock import awake

_P = ParamSpec("_P")
_R = TypeVar("_R")
_FORGET = 0.99
"""Factor on the slowest pace at each step: a model takes a hundred for a sentence."""


class Progress:
    """Latest step, and how long such a step took at the slowest lately.

    Each attribute is written by one thread and read by another, which sees it a moment late.
    """

    def __init__(self) -> None:
        self.at = 0.0
        """Time of the latest step, in seconds of `bot.runtime.clock`."""
        self._size = 1
        self._pace_s = 0.0

    def begin(self, size: int) -> None:
        """Note that a computation begins; its steps take time in proportion to `size`."""
        self._size = max(size, 1)
        self.at = awake()

    def step(self) -> None:
        """Note that another step is made; costs less than a microsecond."""
        at = awake()
        self._pace_s = max((at - self.at) / self._size, _FORGET * self._pace_s)
        self.at = at

    @property
    def step_s(self) -> float:
        """Seconds that a step of this size took at the slowest lately; 0 while unknown."""
        return self._pace_s * self._size


def watched(function: Callable[_P, _R], on_call: Callable[[], None]) -> Callable[_P, _R]:
    """Return the same function with a call of `on_call` before each of its own."""

    def tell(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        on_call()
        return function(*args, **kwargs)

    return tell
