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
from bot.runtime.clock import awake

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


class Pending(NamedTuple):
    """Request under way, as far as its duration is concerned."""

    number: int
    letters: int
    nfe: int
    due_at: float
    asked_at: float


class _Sums(NamedTuple):
    """Sums over the requests so far, s being the seconds that one took for each evaluation.

    They are those of the normal equations of `1 = fixed / s + each * letters / s`.
    """

    ones: float = 0.0
    """Of 1 / s**2."""
    letters: float = 0.0
    """Of letters / s**2."""
    squares: float = 0.0
    """Of letters**2 / s**2."""
    fixed: float = 0.0
    """Of 1 / s."""
    each: float = 0.0
    """Of letters / s."""

    def plus(self, letters: int, each_nfe_s: float) -> "_Sums":
        """Return them with another request, after which the older ones count less."""
        part, square = 1 / each_nfe_s, each_nfe_s**-2
        new = (square, letters * square, letters**2 * square, part, letters * part)
        return _Sums(*(_FORGET * old + added for old, added in zip(self, new, strict=True)))

    def solved(self) -> tuple[float, float]:
        """Return the fixed part and that of each letter, drawn to the ratio assumed before."""
        # The prior: `weight * (fixed - _PRIOR_LETTERS * each)**2`, on the scale of the others.
        prior = _PRIOR_WEIGHT * (1 - _FORGET) * self.ones
        aa = self.ones + prior
        ab = self.letters - prior * _PRIOR_LETTERS
        bb = self.squares + prior * _PRIOR_LETTERS**2
        determinant = aa * bb - ab * ab
        fixed = (self.fixed * bb - self.each * ab) / determinant
        each = (self.each * aa - self.fixed * ab) / determinant
        if each < 0:
            return self.fixed / self.ones, 0.0
        if fixed < 0:
            return 0.0, self.each / self.squares if self.squares else 0.0
        return fixed, each


class Forecast:
    """Durations of one engine's requests, learned from those that were answered."""

    def __init__(self) -> None:
        self._sums = _Sums()
        self._fit: tuple[float, float] | None = None
        """Seconds for each evaluation: of any request, and of each letter."""
        self._loads: deque[float] = deque(maxlen=_LATEST)
        self._numbers = itertools.count(1)
        self._under_way: dict[int, Pending] = {}
        self._free_at = 0.0
        """When the engine ended what it computed last."""
        self.at_once = 1
        """Limit of requests under way at a time, none of which waits for another."""

    @property
    def is_known(self) -> bool:
        """Whether a request was ever measured."""
        return self._fit is not None

    @property
    def load(self) -> float:
        """How much slower than usual the engine is now, as a factor."""
        return median(self._loads) if self._loads else 1.0

    def begin(self, request: SpeechRequest) -> Pending:
        """Note that the engine was asked; end it with `answered` or `given_up`."""
        asked_at = awake()
        task = Pending(
            number=next(self._numbers),
            letters=len(request.text),
            nfe=max(request.nfe, 1),
            due_at=asked_at + request.due_s,
            asked_at=asked_at,
        )
        self._under_way[task.number] = task
        return task

    @property
    def is_asked(self) -> bool:
        """Whether a request is under way."""
        return bool(self._under_way)

    def answered(self, task: Pending, took_s: float) -> None:
        """Note that the engine answered, and how long it computed; 0 tells nothing."""
        del self._under_way[task.number]
        self._free_at = awake()
        if took_s > 0:
            each_nfe_s = took_s / task.nfe
            self._sums = self._sums.plus(task.letters, each_nfe_s)
            self._fit = self._sums.solved()
            self._loads.append(self._load_of(task.letters, each_nfe_s))

    def given_up(self, task: Pending) -> None:
        """Note that nobody waits for it any more; it tells how long it takes at least.

        Such a bound tells of the load alone: it is no measurement to fit.
        """
        was_at_work = self._at_work() is task
        took_s = awake() - max(task.asked_at, self._free_at)
        del self._under_way[task.number]
        if not was_at_work:
            return  # it waited, so what the engine computes goes on
        self._free_at = awake()
        if self._fit is not None and took_s > self.service_s(task.letters, task.nfe):
            self._loads.append(self._load_of(task.letters, took_s / task.nfe))

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
        if at_work is None or len(self._under_way) < self.at_once:
            return 0.0
        since_s = awake() - max(at_work.asked_at, self._free_at)
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
        return _MARGIN * (self.wait_s(awake() + due_s) + alone_s) + _HANDOVER_S

    def _at_work(self) -> Pending | None:
        """Return the request that the engine is computing, as far as can be told from here."""
        waiting = self._under_way.values()
        # Of those that waited when it became free the most urgent, else the first that came.
        there = [task for task in waiting if task.asked_at <= self._free_at]
        if there:
            return min(there, key=lambda task: (task.due_at, task.number))
        return min(waiting, key=lambda task: task.number, default=None)

    def _load_of(self, letters: int, each_nfe_s: float) -> float:
        assert self._fit is not None
        fixed, each = self._fit
        return each_nfe_s / (fixed + each * letters)
