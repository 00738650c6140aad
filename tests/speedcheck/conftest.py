"""Results as a run leaves them."""

from bot.speedcheck.results import Case, Hardware, Model, Results, Times


def make_results(**cases_ms: float) -> Results:
    """Results of a GPU; the median in ms by workload, 10 ms an anchor."""
    return Results(
        ishowtts="1",
        date="2026-01-02T03:04:05+00:00",
        mode="quick",
        hardware=Hardware(key="a GPU", processor="a CPU", cores=8, memory_gb=64, gpu="a GPU"),
        versions={"torch": "2.11"},
        model=Model(name="m", device="cuda", nfe=7, cfg_strength="auto"),
        cases={workload: make_case(ms) for workload, ms in cases_ms.items()},
    )


def make_case(ms: float, anchor_ms: float = 10, spread: float = 0.01) -> Case:
    times = Times(p50_ms=ms, p95_ms=ms, std_over_mean=spread, runs=20, anchor_ms=anchor_ms)
    return Case(times=times, ttfa=times, speech_s=1, rtf=ms / 1e3, nfe=7)
