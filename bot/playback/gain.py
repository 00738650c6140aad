"""Gain: loudness that can be changed while it is in use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Gain:
    """Linear factor from 0 to 1, with callbacks for its changes."""

    def __init__(self, value: float) -> None:
        self._value = value
        self._callbacks: list[Callable[[float], None]] = []

    @property
    def value(self) -> float:
        """Linear factor, 0 to 1."""
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        self._value = min(max(value, 0.0), 1.0)
        for callback in tuple(self._callbacks):
            callback(self._value)

    @contextmanager
    def watched(self, callback: Callable[[float], None]) -> Iterator[None]:
        """Call `callback` with the present value, then with every new one."""
        self._callbacks.append(callback)
        callback(self._value)
        try:
            yield
        finally:
            self._callbacks.remove(callback)
