"""Loudness that can be changed while it is in use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Gain:
    """A linear factor from 0 to 1, and those who want to hear of its changes."""

    def __init__(self, value: float) -> None:
        self._value = value
        self._watchers: list[Callable[[float], None]] = []

    @property
    def value(self) -> float:
        """Linear factor, 0 to 1."""
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        self._value = min(max(value, 0.0), 1.0)
        for watcher in tuple(self._watchers):
            watcher(self._value)

    @contextmanager
    def watched(self, watcher: Callable[[float], None]) -> Iterator[None]:
        """Call `watcher` with the present value, then with every new one."""
        self._watchers.append(watcher)
        watcher(self._value)
        try:
            yield
        finally:
            self._watchers.remove(watcher)
