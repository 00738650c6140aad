"""What is told of a computation's steps."""

import pytest

from bot.engine.process.progress import Progress
from bot.runtime.clock import now


def test_a_step_of_a_larger_computation_may_take_longer() -> None:
    progress = Progress()
    assert progress.step_s == 0
    progress.begin(10)
    progress.step()
    small_s = progress.step_s
    progress.begin(30)

    assert progress.step_s == pytest.approx(3 * small_s)
    assert progress.at <= now()


def test_what_took_long_once_is_forgotten() -> None:
    progress = Progress()
    progress.begin(1)
    progress.at -= 100  # as if it had begun so many seconds ago
    progress.step()
    assert progress.step_s >= 100
    for _ in range(500):
        progress.step()

    assert progress.step_s < 1
