"""The clock and its statistics."""

import pytest
import torch

from bot.speedcheck.results import Times
from tests.bench.f5.timing import MIN_RUNS, RUNS, Clock

CLOCK = Clock(torch.device("cpu"), torch.float32)


def test_statistics_are_those_of_the_runs() -> None:
    times = Times.of([n / 1000 for n in range(1, 21)], [0.002])

    assert (times.p50_ms, times.p95_ms, times.runs) == (10.5, 19, 20)
    assert times.std_over_mean == pytest.approx(0.5634, abs=1e-4)
    assert times.anchor_ms == 2


def test_of_few_runs_the_95th_percentile_is_the_slowest() -> None:
    assert Times.of([1, 2, 9]).p95_ms == 9000


def test_a_call_is_repeated_as_often_as_asked_within_the_budget() -> None:
    calls: list[int] = []
    times = CLOCK.measure(lambda: calls.append(1), budget_s=60)

    assert times.runs == RUNS
    assert len(calls) > RUNS  # and some to become warm
    assert times.anchor_ms > 0


def test_a_slow_call_is_still_repeated() -> None:
    assert CLOCK.measure(lambda: None, budget_s=0).runs == MIN_RUNS


def test_what_stands_beside_takes_turns() -> None:
    order: list[str] = []
    times = CLOCK.measure(
        lambda: order.append("call"), budget_s=0, warm=1, beside=lambda: order.append("beside")
    )

    assert order == ["call", *["beside", "call"] * MIN_RUNS]
    assert times.beside_ms > 0
