"""A tiny model with random weights, on the CPU."""

from collections.abc import Iterator

import pytest

from bot.config.sections.engine import F5Settings
from bot.speedcheck.results import Hardware
from tests.bench.f5.model_under_test import ModelUnderTest, prepared
from tests.bench.f5.results import Case, Model, Results, Times


@pytest.fixture(scope="module")
def tiny() -> Iterator[ModelUnderTest]:
    with prepared(F5Settings(), "tiny", "cpu") as made:
        yield made


def make_results(**cases_ms: float) -> Results:
    """Results of a GPU with random weights; our median in ms by workload, 10 ms an anchor."""
    results = Results(
        ishowtts="1",
        date="2026-01-02T03:04:05+00:00",
        mode="quick",
        hardware=Hardware(
            key="a GPU", processor="a CPU", cores=8, threads=8, memory_gb=64, gpu="a GPU"
        ),
        versions={"torch": "2.11"},
        model=Model(name="m", weights="random", parameters=9, device="cuda", dtype="float16"),
    )
    for workload, ms in cases_ms.items():
        results.put("ours", workload, make_case(ms))
    return results


def make_case(ms: float, anchor_ms: float = 10) -> Case:
    times = Times(p50_ms=ms, p95_ms=ms, std_over_mean=0.01, runs=20, anchor_ms=anchor_ms)
    return Case(times=times, speech_s=1, rtf=ms / 1e3, nfe=7)
