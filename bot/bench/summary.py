"""Repetitions of one thing in a few numbers."""

import math
import statistics
from collections.abc import Sequence

from bot.bench.results import Times


def summarize(
    times_s: Sequence[float], anchors_s: Sequence[float] = (), beside_s: Sequence[float] = ()
) -> Times:
    """Return median, 95th percentile and spread of two times or more."""
    ordered = sorted(times_s)
    return Times(
        p50_ms=round(statistics.median(ordered) * 1e3, 4),
        p95_ms=round(ordered[math.ceil(0.95 * len(ordered)) - 1] * 1e3, 4),
        std_over_mean=round(statistics.stdev(ordered) / statistics.mean(ordered), 4),
        runs=len(ordered),
        anchor_ms=_median_ms(anchors_s),
        beside_ms=_median_ms(beside_s),
    )


def _median_ms(times_s: Sequence[float]) -> float:
    return round(statistics.median(times_s) * 1e3, 4) if times_s else 0.0
