"""Threads of the computation: fewer where others have the cores, more when they are gone."""

from collections.abc import Callable

from bot.engine.f5.threads import Threads


class Machine:
    """Cores of which some are taken by others; threads take turns with those."""

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.taken = 0
        self.tells_idle = True
        self.count = 0
        self._wall_s = self._cpu_s = self._idle_s = 0.0

    def threads(self, fixed: int | None = None) -> Threads:
        threads = Threads(
            fixed,
            wall_s=lambda: self._wall_s,
            cpu_s=lambda: self._cpu_s,
            idle_s=lambda: self._idle_s if self.tells_idle else None,
            apply=self._apply,
        )
        threads.start(self.cores)
        return threads

    def compute(self, s: float, step: Callable[[], None]) -> None:
        """Let steps of 10 ms pass."""
        for _ in range(round(s * 100)):
            own = min(self.count, self.cores - self.taken)
            shared = self.count - own
            self._pass(cpu=own + shared / 2, busy=self.taken + own)
            step()

    def rest(self, s: float) -> None:
        self._pass(cpu=0, busy=self.taken, s=s)

    def _pass(self, *, cpu: float, busy: int, s: float = 0.01) -> None:
        self._wall_s += s
        self._cpu_s += cpu * s
        self._idle_s += max(self.cores - busy, 0) * s

    def _apply(self, count: int) -> None:
        self.count = count


def test_a_thread_without_a_core_of_its_own_is_given_up_within_a_sentence() -> None:
    machine = Machine(cores=2)
    threads = machine.threads()
    machine.compute(0.2, threads.step)
    quiet = machine.count
    machine.taken = 1
    machine.compute(0.2, threads.step)

    assert (quiet, machine.count) == (2, 1)


def test_cores_that_are_free_again_are_taken() -> None:
    machine = Machine(cores=4)
    threads = machine.threads()
    machine.taken = 3
    machine.compute(0.2, threads.step)
    beside_a_game = machine.count
    machine.taken = 0
    machine.compute(1.0, threads.step)

    assert (beside_a_game, machine.count) == (1, 4)


def test_what_was_idle_meanwhile_counts_as_a_computation_begins() -> None:
    machine = Machine(cores=2)
    threads = machine.threads()
    machine.taken = 1
    machine.compute(0.2, threads.step)
    machine.rest(60)
    threads.begin()
    beside_a_game = machine.count
    machine.taken = 0
    machine.rest(60)
    threads.begin()

    assert (beside_a_game, machine.count) == (1, 2)


def test_where_idle_time_is_not_told_more_threads_are_tried_ever_less_often() -> None:
    machine = Machine(cores=2)
    machine.tells_idle = False
    threads = machine.threads()
    machine.taken = 1
    counts = list[int]()

    def step() -> None:
        threads.step()
        counts.append(machine.count)

    machine.compute(60, step)
    early, late = counts[:1_000], counts[-1_000:]

    assert 0 < late.count(2) < early.count(2) < 250


def test_a_number_that_is_asked_for_stays() -> None:
    machine = Machine(cores=4)
    threads = machine.threads(fixed=3)
    machine.taken = 4
    machine.compute(1.0, threads.step)
    threads.begin()

    assert machine.count == 3
