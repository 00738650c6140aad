"""Targets for F5's speed: what is asked, whether it was reached, and the bottleneck where not."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.bench.f5.results import OURS, Case, Results, Target
from tests.bench.f5.upstream.requests import UPSTREAM
from tests.bench.f5.workload import LONG, batch, single

_SLOW_NFE = 32
SLOW_UPSTREAM = f"{UPSTREAM} NFE {_SLOW_NFE}"
"""Contender: upstream at its default number of function evaluations."""
_GPU_SHAPE = (1024, 22)
_CPU_SHAPE = "small"


class _Ratio(NamedTuple):
    workload: str
    contender: str
    times: float


GPU_RATIOS = (
    _Ratio(single(1).name, UPSTREAM, 12),
    _Ratio(single(3).name, UPSTREAM, 10),
    _Ratio(single(5).name, UPSTREAM, 9),
    _Ratio(single(10).name, UPSTREAM, 6),
    _Ratio(LONG.name, UPSTREAM, 10),
    _Ratio(single(5).name, SLOW_UPSTREAM, 30),
)
"""For F5TTS_v1_Base on an H100 or what is as fast."""
CPU_RATIOS = (_Ratio(single(3).name, UPSTREAM, 1.5),)
"""For the shape "small" on two cores."""
BIG_BATCH = batch(16, 3.0)
_DIT_SHARE = 0.5
_MAX_SPREAD = 0.05
_GRAPHS_MB = 2000
_COLD_S, _WARM_S = 60.0, 15.0


def ratios(results: Results) -> dict[str, dict[str, float]]:
    """Return by how much each contender takes longer than ours, by workload."""
    ours = results.cases.get(OURS, {})
    return {
        contender: {
            workload: round(
                case.times.p50_ms / (case.times.beside_ms or ours[_own(workload)].times.p50_ms), 2
            )
            for workload, case in cases.items()
            if _own(workload) in ours
        }
        for contender, cases in results.cases.items()
        if contender != OURS
    }


def _own(workload: str) -> str:
    """Return our workload that `workload` is compared with."""
    return workload.partition(", in turn")[0]


def targets(results: Results, *, is_base: bool) -> list[Target]:
    """Return the targets that this run has figures for; `is_base`: F5TTS_v1_Base's shape."""
    found: list[Target] = []
    on_gpu = bool(results.hardware.gpu)
    if on_gpu and is_base:
        found += _ratio_targets(results, GPU_RATIOS)
        found += _batch_targets(results)
        found += _other_targets(results)
    elif not on_gpu and results.model.name == _CPU_SHAPE:
        found += _ratio_targets(results, CPU_RATIOS)
    return found


def _ratio_targets(results: Results, asked: tuple[_Ratio, ...]) -> Iterator[Target]:
    for workload, contender, times in asked:
        reached = results.ratios.get(contender, {}).get(workload)
        if reached is None:
            continue
        case = results.cases[OURS][workload]
        theirs = results.cases[contender][workload].times
        ours_ms = theirs.beside_ms or case.times.p50_ms
        is_met = reached >= times
        yield Target(
            what=f"{workload} against {contender}",
            asked=f"{times:g}x",
            reached=f"{reached:.1f}x",
            is_met=is_met,
            bound="" if is_met else _bound(case, ours_ms, theirs.p50_ms / times),
        )


def _bound(case: Case, took: float, asked_ms: float) -> str:
    """Return where the time of a case goes that took `took` and should take `asked_ms`."""
    parts = [f"takes {took:.1f} ms, asked {asked_ms:.1f} ms"]
    if case.graph is not None:
        parts.append(f"GPU {case.graph.p50_ms:.1f} ms, host {took - case.graph.p50_ms:.1f} ms")
    if case.roofline is not None:
        line = case.roofline
        parts.append(
            f"{line.bound} bound: {line.compute_ms:.1f} ms of products at the ceiling, "
            f"{line.memory_ms:.1f} ms of memory, {line.share:.0%} of it reached"
        )
    return "; ".join(parts)


def _batch_targets(results: Results) -> Iterator[Target]:
    case = results.cases.get(OURS, {}).get(BIG_BATCH.name)
    if case is not None and case.graph_dit_share is not None:
        is_met = case.graph_dit_share >= _DIT_SHARE
        yield Target(
            what=f"{BIG_BATCH.name}: DiT of the GEMM ceiling",
            asked=f"{_DIT_SHARE:.0%}",
            reached=f"{case.graph_dit_share:.1%}",
            is_met=is_met,
            bound="" if is_met else "see --profile",
        )


def _other_targets(results: Results) -> Iterator[Target]:
    cases = results.cases.get(OURS, {})
    spreads = {name: case.times.std_over_mean for name, case in cases.items()}
    if spreads:
        worst = max(spreads, key=spreads.__getitem__)
        yield Target(
            what="standard deviation / mean, the worst",
            asked=f"under {_MAX_SPREAD:.0%}",
            reached=f"{spreads[worst]:.1%}",
            is_met=spreads[worst] < _MAX_SPREAD,
            bound="" if spreads[worst] < _MAX_SPREAD else f"at {worst}",
        )
    if results.memory is not None:
        yield Target(
            what="GPU memory of all graphs up to 30 s",
            asked=f"under {_GRAPHS_MB} MB",
            reached=f"{results.memory.graphs_mb:.0f} MB",
            is_met=results.memory.graphs_mb < _GRAPHS_MB,
        )
    for name, limit_s in (("cold", _COLD_S), ("warm", _WARM_S)):
        if name in results.start:
            start = results.start[name]
            is_met = start.first_audio_s < limit_s
            yield Target(
                what=f"process start to first audio, {name}",
                asked=f"under {limit_s:.0f} s",
                reached=f"{start.first_audio_s:.1f} s",
                is_met=is_met,
                bound="" if is_met else f"warm after {start.warm_s:.1f} s",
            )


def is_base_shape(width: int, depth: int) -> bool:
    """Tell whether a transformer has F5TTS_v1_Base's size."""
    return (width, depth) == _GPU_SHAPE
