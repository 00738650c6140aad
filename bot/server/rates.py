"""Rate of requests: how many a caller may send, by token buckets.

A caller that sends more gets its refusal late: with the limit on connections that bounds the work
of a flood, whatever it sends.
"""

import asyncio
from collections import OrderedDict
from typing import Final

import structlog

log = structlog.get_logger(__name__)

HERE: Final = (2000.0, 4000.0)
"""Requests a second, and in one burst, of programs on this machine: no chat is so busy, and what
comes is bounded behind; more is a program that runs wild."""
ELSEWHERE: Final = (50.0, 200.0)
"""Those of one other machine; each for one address, so that no flood of chat holds up a panic."""
WRONG_TOKENS: Final = (0.2, 10.0)
"""Wrong tokens of one other machine."""
LATE_S: Final = 0.25
"""Time after which one too many is refused."""
_MAX_CALLERS = 4096
"""Callers that are remembered; the one that called the longest ago is forgotten."""
_REMIND_S = 60.0


class Rates:
    """Buckets of callers."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._warned_at: OrderedDict[str, float] = OrderedDict()

    def take(self, origin: str, kind: str, rate: tuple[float, float]) -> bool:
        """Tell whether `origin` may do one more of `kind`; `rate` is a second's and a burst's."""
        per_s, burst = rate
        time_s = asyncio.get_running_loop().time()
        key = origin, kind
        left, at = self._buckets.pop(key, (burst, time_s))
        left = min(burst, left + (time_s - at) * per_s)
        is_allowed = left >= 1
        self._buckets[key] = (left - 1 if is_allowed else left, time_s)
        if len(self._buckets) > _MAX_CALLERS:
            self._buckets.popitem(last=False)
        if not is_allowed:
            self._warn(origin, kind, time_s)
        return is_allowed

    def is_spent(self, origin: str, kind: str, rate: tuple[float, float]) -> bool:
        """Tell whether `origin` has no more of `kind`, without taking one."""
        per_s, burst = rate
        left, at = self._buckets.get((origin, kind), (burst, 0.0))
        return left + (asyncio.get_running_loop().time() - at) * per_s < 1

    def _warn(self, origin: str, kind: str, time_s: float) -> None:
        if time_s - self._warned_at.get(origin, -_REMIND_S) < _REMIND_S:
            return
        self._warned_at[origin] = time_s
        if len(self._warned_at) > _MAX_CALLERS:
            self._warned_at.popitem(last=False)
        log.warning("too many requests", source=origin or "loopback", kind=kind)
