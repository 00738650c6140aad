"""A circuit breaker: what fails again and again is left alone for a while, then tried in quiet.

The pattern is Michael Nygard's (Release It!).
"""

_THRESHOLD = 3
_PAUSES_S = (0.0, 0.0, 5.0, 15.0, 60.0, 300.0)
"""Before the next try, by the number of failures in a row."""


class Breaker:
    """Counts failures in a row."""

    def __init__(self) -> None:
        self._failures = 0

    @property
    def is_open(self) -> bool:
        """Whether it has failed so often that it must prove itself before it is used."""
        return self._failures >= _THRESHOLD

    @property
    def pause_s(self) -> float:
        """How long to leave it alone before the next try."""
        return _PAUSES_S[min(self._failures, len(_PAUSES_S)) - 1] if self._failures else 0.0

    def fail(self) -> None:
        """Count a failure."""
        self._failures += 1

    def prove(self) -> None:
        """Take it back on trial: the next failure opens it again."""
        self._failures = min(self._failures, _THRESHOLD - 1)

    def succeed(self) -> None:
        """Forget all failures: it has done its work."""
        self._failures = 0
