"""Circuit breaker: an engine that fails again and again is left alone for a while, then probed.

The pattern is Michael Nygard's (Release It!).
"""

_THRESHOLD = 3
"""Failures in a row that open the breaker."""
_PAUSES_S = (0.0, 0.0, 5.0, 15.0, 60.0, 300.0)
"""Pause before the next try, by the number of failures in a row."""


class Breaker:
    """Counter of failures in a row."""

    def __init__(self, longest_s: float = _PAUSES_S[-1]) -> None:
        """Pause for `longest_s` at most."""
        self._failures = 0
        self._longest_s = longest_s

    @property
    def is_open(self) -> bool:
        """Whether the engine must pass a probe before it is used."""
        return self._failures >= _THRESHOLD

    @property
    def pause_s(self) -> float:
        """Seconds to wait before the next try."""
        if not self._failures:
            return 0.0
        return min(_PAUSES_S[min(self._failures, len(_PAUSES_S)) - 1], self._longest_s)

    def fail(self) -> None:
        """Count a failure."""
        self._failures += 1

    def prove(self) -> None:
        """Close the breaker on trial: the next failure opens it again."""
        self._failures = min(self._failures, _THRESHOLD - 1)

    def succeed(self) -> None:
        """Forget all failures: the engine spoke."""
        self._failures = 0
