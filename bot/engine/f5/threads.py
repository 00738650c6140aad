"""Threads of the computation on a CPU: as many as have a core to themselves now.

A matrix product is shared by threads that wait for each other at its end, some thousand times for a
sentence. A thread without a core of its own makes the others wait for its turn: beside a program
that keeps one of two cores busy, two threads take five times as long as one.
"""

import time
from collections.abc import Callable

import torch

from bot.hardware import host
from bot.runtime.clock import awake

_WINDOW_S = 0.04
"""Time over which the share of the cores is taken: a game's frame or two are within it."""
_LEAST_SHARE = 0.8
"""Share of their time that threads get on cores of their own; 0.97 on a quiet machine."""
_FREE = 0.7
"""Idle share of a core that counts as free."""
_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.2, 30.0
"""Pause before more threads are tried: twice as long each time that they were too many at once."""
_AT_ONCE_S = 1.0

Clock = Callable[[], float]


class Threads:
    """Chooser of the number of torch's threads; all of it runs in the thread that computes.

    The number changes between two steps of a computation, and with it the rounding of its sums.
    """

    def __init__(
        self,
        fixed: int | None = None,
        *,
        wall_s: Clock = awake,
        cpu_s: Clock = time.process_time,
        idle_s: Callable[[], float | None] = host.idle_s,
        apply: Callable[[int], None] = torch.set_num_threads,
    ) -> None:
        """Keep `fixed` threads; None chooses by what is free.

        Args:
            fixed: Number of threads.
            wall_s: Time.
            cpu_s: CPU time of this process.
            idle_s: Time that all cores together were idle; None where the system does not tell.
            apply: Sets the number, for the thread that calls it.
        """
        self._fixed = fixed
        self._wall_s, self._cpu_s, self._idle_s, self._apply = wall_s, cpu_s, idle_s, apply
        self.most = 1
        """Limit, once `start` was called."""
        self._count = 1
        self._is_started = False
        self._looked_at = self._cpu_at = 0.0
        self._idle_at: float | None = None
        self._raised_at = self._raise_from = 0.0
        self._pause_s = _LEAST_PAUSE_S

    def start(self, most: int) -> None:
        """Begin with all of `most` threads."""
        self.most = self._fixed or max(most, 1)
        self._is_started = True
        self.use(self.most)

    def prepare(self, speak: Callable[[], object]) -> None:
        """Let libraries prepare for the likely numbers: one beside a game, all on a quiet machine.

        `speak` computes something; on a GPU, where `start` was not called, once is enough.
        """
        for count in sorted({1, self.most}) if self._fixed is None else (self.most,):
            self.use(count)
            speak()

    def use(self, count: int) -> None:
        """Compute with `count` threads from now on."""
        self._count = count
        if self._is_started:
            self._apply(count)
        self._look()

    def begin(self) -> None:
        """Note that a computation begins: what was idle since the last look may be taken."""
        if self._fixed is None and self._count < self.most:
            self._try_more()
        self._look()

    def step(self) -> None:
        """Note a step of the computation; costs a microsecond, and more every 40 ms."""
        if self._fixed is not None or self.most == 1:
            return
        elapsed_s = self._wall_s() - self._looked_at
        if elapsed_s < _WINDOW_S:
            return
        share = (self._cpu_s() - self._cpu_at) / elapsed_s / self._count
        if self._count > 1 and share < _LEAST_SHARE:
            self._lower(max(int(share * self._count), 1))
        elif self._count < self.most:
            self._try_more()
        else:
            self._look()

    def _lower(self, count: int) -> None:
        at = self._wall_s()
        was_too_many = at - self._raised_at < _AT_ONCE_S
        self._pause_s = min(2 * self._pause_s, _MOST_PAUSE_S) if was_too_many else _LEAST_PAUSE_S
        self._raise_from = at + self._pause_s
        self.use(count)

    def _try_more(self) -> None:
        at = self._wall_s()
        if at < max(self._raise_from, self._looked_at + _WINDOW_S):
            return
        idle_at = self._idle_s()
        count = self._count + 1
        if idle_at is not None and self._idle_at is not None:
            # What nobody used, and what this process had. The last look may be minutes ago.
            ours_s = idle_at - self._idle_at + self._cpu_s() - self._cpu_at
            count = int(ours_s / (at - self._looked_at) + 1 - _FREE)
        if count > self._count:
            self._raised_at = at
            self.use(min(count, self.most))
        else:
            self._look()

    def _look(self) -> None:
        self._looked_at, self._cpu_at = self._wall_s(), self._cpu_s()
        self._idle_at = self._idle_s() if self._count < self.most else None
