"""Times of cards that the simulation of a pool takes: measured on an H100, counted for others.

The measured ones are those of tests/bench/results, the counted ones of `tests.bench.f5.predict`.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tests.bench.f5 import predict
from tests.bench.f5.results import OURS, load
from tests.bench.f5.workload import Load, batch, single
from tests.bench.report import RESULTS

_BUNDLED = RESULTS / "bundled_gpu_h100.json"
_TOGETHER = 16
_LENGTHS_S = (1.0, 3.0, 5.0, 10.0)

Points = Sequence[tuple[float, float]]
"""Pairs of where and what, in order of the first."""


class Card(NamedTuple):
    """Times of a model on a GPU."""

    name: str
    alone: Points
    """Length of speech, and how long one such request takes, both in seconds."""
    together: Points
    """Number of requests that are spoken together, and their share of one after the other."""
    is_measured: bool
    """Whether these were measured; else they are counted."""
    source: str

    def alone_s(self, speech_s: float) -> float:
        """Return how long one request of so much speech takes, in seconds."""
        return between(self.alone, speech_s)

    def share(self, count: int) -> float:
        """Return which part of one after the other `count` requests take together."""
        first, *_, last = self.together
        return between(self.together, min(max(count, first[0]), last[0]))


def between(points: Points, at: float) -> float:
    """Return the value at `at`: straight lines through the points, and on beyond them."""
    number = min(max(bisect_left([where for where, _ in points], at), 1), len(points) - 1)
    (x0, y0), (x1, y1) = points[number - 1], points[number]
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)


def cards() -> Iterator[Card]:
    """Yield what there are times of."""
    yield _official_h100()
    yield _bundled_h100()
    shares = predict.measured_shares(load(predict.RESULTS))
    yield _counted(predict.MACHINES["orin-64"], shares, predict.bundled())


def _official_h100() -> Card:
    cases = load(predict.RESULTS).cases[OURS]
    ms = {name: case.times.p50_ms for name, case in cases.items()}
    alone = [(length, ms[f"{length:g} s"] / 1e3) for length in _LENGTHS_S]
    counts = (4, _TOGETHER)
    together = [(count, ms[f"{count} x 3 s"] / (count * ms["3 s"])) for count in counts]
    return Card(
        "H100, official model",
        alone,
        [(1, 1.0), *together],
        is_measured=True,
        source=f"results/{predict.RESULTS.name}",
    )


def _bundled_h100() -> Card:
    measured: dict[str, Any] = json.loads(_BUNDLED.read_text(encoding="utf-8"))
    # Three voices said four texts each: the mean of each text, in the order of their lengths.
    each = sorted((said["speech_s"], said["ms"] / 1e3) for said in measured["messages"])
    groups = [each[number : number + 3] for number in range(0, len(each), 3)]
    alone = [(sum(s for s, _ in group) / 3, sum(t for _, t in group) / 3) for group in groups]
    one_s = between(alone, 3.27)
    share = measured["sixteen_of_3_27_s_together_ms"] / 1e3 / (_TOGETHER * one_s)
    together = [(1, 1.0), (_TOGETHER, share)]
    return Card(
        "H100, bundled model",
        alone,
        together,
        is_measured=True,
        source=f"results/{_BUNDLED.name}",
    )


def _counted(machine: predict.Machine, shares: predict.Shares, shape: predict.Shape) -> Card:
    def seconds(asked: Load) -> float:
        return predict.estimate(machine, shares, shape, asked).ms / 1e3

    alone = [(length, seconds(single(length))) for length in _LENGTHS_S]
    together = []
    for count in (4, _TOGETHER):
        share = seconds(batch(count, 3.0)) / (count * seconds(single(3.0)))
        together.append((count, min(share, 1.0)))
    model = "bundled" if shape.name == "bundled" else "official"
    return Card(
        f"{machine.title}, {model} model",
        alone,
        [(1, 1.0), *together],
        is_measured=False,
        source="tests.bench.f5.predict",
    )
