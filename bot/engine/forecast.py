"""Forecast of an engine: when speech that it is asked for would be there.

A request takes `nfe * (a + b * letters)` seconds, times the load of the machine. The parts a (of
the reference voice, for instance) and b are fitted by least squares of the relative error, in which
older requests count less and less; the load is the median of the latest three requests over that
fit, so that one slow request changes nothing, and two quick ones bring a starved engine back.

The daemon alone uses it: what is measured are the seconds that the engine's process computed.
"""

import itertools
from collections import deque
from statistics import median
from typing import NamedTuple

from bot.messages import SpeechRequest
from bot.runtime.clock import now

USUAL_LETTERS = 40
"""Letters of a usual chat message, to compare engines by."""
_PRIOR_LETTERS = 40.0
"""What every request is assumed to cost besides its text, in letters."""
_PRIOR_WEIGHT = 0.3
"""Weight of that assumption, in requests."""
_FORGET = 0.9
"""Weight of a request relative to the next one."""
_LATEST = 3
"""Requests that tell the load."""
_MARGIN = 1.15
"""Factor on every prediction: late is worse than early."""
_HANDOVER_S = 0.03
"""What a request takes besides its computation, such as its way through the pipes."""


class Task(NamedTuple):
    """Request under way, as far as its duration is concerned."""

    number: int
    letters: int
    nfe: int
    due_at: float
    asked_at: float


class Forecast:
    """Durations of one engine's requests, learned from those that were answered."""

    def __init__(self) -> None:
        self._fit: tuple[float, float] | None = None
        """Seconds for each NFE: of any request, and of each letter."""
        self._letters = [0.0, 0.0]
        """Decayed sums of the letters and of their squares, each over the square of the seconds."""
        self._inverse = [0.0, 0.0, 0.0]
        """Decayed sums of 1 / s**2, 1 / s and letters / s, s being the seconds for each NFE."""
        self._loads: deque[float] = deque(maxlen=_LATEST)
        self._numbers = itertools.count(1)
        self._under_way: dict[int, Task] = {}
        self._answered_at = 0.0

    @property
    def is_known(self) -> bool:
        """Whether a request was ever measured."""
        return self._fit is not None

    @property
    def load(self) -> float:
        """How much slower than usual the engine is now, as a factor."""
        return median(self._loads) if self._loads else 1.0

    def begin(self, request: SpeechRequest) -> Task:
        """Note that the engine was asked; end it with `answered` or `given_up`."""
        asked_at = now()
        task = Task(
            number=next(self._numbers),
            letters=len(request.text),
            nfe=max(request.nfe, 1),
            due_at=asked_at + request.due_s,
            asked_at=asked_at,
        )
        self._under_way[task.number] = task
        return task

    def answered(self, task: Task, took_s: float) -> None:
        """Note that the engine answered, and how long it computed."""
        self._end(task)
        if took_s > 0:
            self._learn(task.letters, took_s / task.nfe)

    def given_up(self, task: Task) -> None:
        """Note that nobody waits for it any more; it tells how long it takes at least."""
        was_at_work = self._at_work() is task
        took_s = now() - max(task.asked_at, self._answered_at)
        if was_at_work and took_s > self.service_s(task.letters, task.nfe):
            self._learn(task.letters, took_s / task.nfe)
        self._end(task)

    def forget_load(self) -> None:
        """Take the engine for as quick as usual: its process is a new one."""
        self._loads.clear()

    def service_s(self, letters: int, nfe: int) -> float:
        """Return the seconds of computation of a request; 0 while nothing is known."""
        if self._fit is None:
            return 0.0
        fixed, each = self._fit
        return self.load * max(nfe, 1) * (fixed + each * letters)

    def wait_s(self, due_at: float) -> float:
        """Return in how many seconds the engine would begin with what is needed at `due_at`.

        What is needed sooner comes first, and what is under way is not interrupted.
        """
        at_work = self._at_work()
        if at_work is None:
            return 0.0
        since_s = now() - max(at_work.asked_at, self._answered_at)
        left_s = max(self.service_s(at_work.letters, at_work.nfe) - since_s, 0.0)
        before = (
            self.service_s(task.letters, task.nfe)
            for task in self._under_way.values()
            if task is not at_work and task.due_at <= due_at
        )
        return left_s + sum(before)

    def expect_s(self, letters: int, nfe: int, due_s: float = 0.0) -> float:
        """Return in how many seconds speech would be there that is asked for now.

        Args:
            letters: Length of its text.
            nfe: Its number of function evaluations; 0 for an engine that has none.
            due_s: In how many seconds it is needed.
        """
        alone_s = self.service_s(letters, nfe)
        return _MARGIN * (self.wait_s(now() + due_s) + alone_s) + _HANDOVER_S

    def _at_work(self) -> Task | None:
        """Return the request that the engine is computing, as far as can be told from here."""
        waiting = self._under_way.values()
        begun = [task for task in waiting if task.asked_at <= self._answered_at] or waiting
        return min(begun, key=lambda task: (task.due_at, task.number), default=None)

    def _end(self, task: Task) -> None:
        del self._under_way[task.number]
        self._answered_at = now()

    def _learn(self, letters: int, each_nfe_s: float) -> None:
        weight = each_nfe_s**-2
        self._inverse = [
            _FORGET * total + new
            for total, new in zip(
                self._inverse, (weight, 1 / each_nfe_s, letters / each_nfe_s), strict=True
            )
        ]
        self._letters = [
            _FORGET * total + new
            for total, new in zip(
                self._letters, (letters * weight, letters**2 * weight), strict=True
            )
        ]
        self._fit = self._solve()
        fixed, each = self._fit
        self._loads.append(each_nfe_s / (fixed + each * letters))

    def _solve(self) -> tuple[float, float]:
        """Return the fit: weighted least squares, drawn to the prior ratio of its two parts."""
        ones, first, second = self._inverse
        letters, squares = self._letters
        # The prior: `weight * (fixed - _PRIOR_LETTERS * each)**2`, on the scale of the others.
        prior = _PRIOR_WEIGHT * (1 - _FORGET) * ones
        aa = ones + prior
        ab = letters - prior * _PRIOR_LETTERS
        bb = squares + prior * _PRIOR_LETTERS**2
        determinant = aa * bb - ab * ab
        fixed = (first * bb - second * ab) / determinant
        each = (second * aa - first * ab) / determinant
        if each < 0:
            return first / ones, 0.0
        if fixed < 0:
            return 0.0, second / squares if squares else 0.0
        return fixed, each
