"""Load of a worker: how soon it would speak, and what it takes."""

import math
from collections.abc import Sized
from typing import NamedTuple

from bot.engine.forecast import USUAL_LETTERS
from bot.engine.process.supervisor import Supervisor
from bot.messages import SpeechRequest
from bot.pool.queue import FairQueue
from bot.runtime.clock import awake

_DOUBT_S = 0.7
"""Time without any progress after which the engine seems to hang."""
_FIRST = 3
"""Factor on how long the first request of a streamer may wait."""
_EVER_S = 1e6
"""Later than anything is needed."""


class Limits(NamedTuple):
    """What a worker takes."""

    at_once: int = 4
    """Requests that the engine is given at a time, of which it may speak several together."""
    wait_s: float = 2.0
    """Longest that a request may wait here, in seconds; another worker may be free sooner."""
    most: int = 64
    """Requests that may wait."""
    most_each: int = 16
    """Those of one streamer."""


class Load:
    """What the engine has and is to have, in seconds."""

    def __init__(
        self, supervisor: Supervisor, queue: FairQueue, jobs: Sized, limits: Limits
    ) -> None:
        """Watch an engine, what waits for it, and what it has under way."""
        self._supervisor = supervisor
        self._queue = queue
        self._jobs = jobs
        self._limits = limits
        self.is_draining = False
        """Whether nothing more is taken."""

    @property
    def is_stuck(self) -> bool:
        """Whether the engine seems to hang."""
        return self._supervisor.doubts(_DOUBT_S)

    @property
    def is_open(self) -> bool:
        """Whether requests are taken."""
        return self._supervisor.is_ready and not self.is_stuck and not self.is_draining

    def takes(self, streamer: str) -> bool:
        """Tell whether a request of this streamer is taken now.

        The first one of each streamer may wait longer: then they take turns, whoever is quick.
        """
        longest_s = self._limits.wait_s * (1 if self._queue.has(streamer) else _FIRST)
        return self.is_open and self.wait_s <= longest_s

    @property
    def excess_s(self) -> float:
        """In how many seconds there may be room."""
        return max(self.wait_s - self._limits.wait_s, 0.0)

    @property
    def room(self) -> int:
        """Requests of usual length that would be taken now."""
        left_s = self._limits.wait_s - self.wait_s
        by_time = math.ceil(left_s / self.usual_s) if self.usual_s else self._limits.at_once
        return max(min(by_time, self._limits.most - len(self._queue)), 0)

    @property
    def usual_s(self) -> float:
        """Seconds that a usual message takes; 0 while unknown."""
        return self._supervisor.forecast.service_s(USUAL_LETTERS, self._nfe)

    @property
    def _nfe(self) -> int:
        return next(iter(self._supervisor.nfe_choices), 0)

    def service_s(self, request: SpeechRequest) -> float:
        """Return the seconds that a request takes; 0 while unknown."""
        forecast = self._supervisor.forecast
        return forecast.service_s(len(request.text), request.nfe or self._nfe)

    @property
    def wait_s(self) -> float:
        """In how many seconds a request that comes now would begin, as far as is known."""
        forecast = self._supervisor.forecast
        under_way_s = forecast.wait_s(awake() + _EVER_S) if self._jobs else 0.0
        return under_way_s + sum(self.service_s(each.ask.request) for each in self._queue)
