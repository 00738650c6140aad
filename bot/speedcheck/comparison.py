"""Comparison of a run with an older one, its baseline.

A workload is slower if its median grew by more than 10 % both in milliseconds and in anchors, the
times of a fixed matrix product: a machine that is slow for everything, or whose anchor alone is
fast today, is no drift. Where runs scatter by more than that, within themselves or from one to the
next, the tolerance is wider. Results of other hardware or another model are not compared; those of
other versions are: what these did to the speed is the question.
"""

import math
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

from bot.errors import shown
from bot.speedcheck.quiet import why_busy
from bot.speedcheck.results import Case, Results

TOLERANCE = 0.10
_DEVIATIONS = 3.0
"""Standard deviations between runs that are tolerated."""
_MAX_TOLERANCE = 0.5


class Verdict(Enum):
    """Outcome of a comparison."""

    AS_FAST = "as fast as the baseline"
    SLOWER = "slower than the baseline"
    INCOMPARABLE = "not comparable with the baseline"

    @property
    def exit_code(self) -> int:
        """Return 0, 1 or 2."""
        return list(Verdict).index(self)


class Change(NamedTuple):
    """One workload, now over then."""

    workload: str
    by_time: float
    """Of the medians."""
    by_anchor: float
    """Of the medians in anchors."""
    tolerance: float = TOLERANCE

    @property
    def growth(self) -> float:
        """Return by how much it surely grew: the smaller of both."""
        return min(self.by_time, self.by_anchor)

    @property
    def is_slower(self) -> bool:
        """Tell whether both grew by more than the tolerance."""
        return self.growth > 1 + self.tolerance

    @property
    def is_faster(self) -> bool:
        """Tell whether both shrank by more than the tolerance."""
        return max(self.by_time, self.by_anchor) < 1 - self.tolerance


class Comparison(NamedTuple):
    """A run against its baseline."""

    verdict: Verdict
    lines: tuple[str, ...]
    """For people."""
    changes: tuple[Change, ...] = ()

    @property
    def slower(self) -> tuple[str, ...]:
        """Return the workloads that are."""
        return tuple(change.workload for change in self.changes if change.is_slower)

    @property
    def is_faster(self) -> bool:
        """Tell whether every workload is."""
        return bool(self.changes) and all(change.is_faster for change in self.changes)

    @property
    def ratios(self) -> dict[str, float]:
        """Return the median time over the baseline's, by workload."""
        return {change.workload: round(change.by_time, 3) for change in self.changes}


def compare(now: Results, then: Results, noise: Mapping[str, float] | None = None) -> Comparison:
    """Compare `now` with the baseline `then`.

    `noise` is the standard deviation from run to run over the median, by workload, where known.
    """
    shared = [name for name in now.cases if name in then.cases]
    reasons = _differences(now, then) or ([] if shared else ["no workload was measured in both"])
    if reasons:
        return Comparison(Verdict.INCOMPARABLE, (f"Not compared: {'; '.join(reasons)}.",))
    changes = tuple(
        _change(name, now.cases[name], then.cases[name], (noise or {}).get(name, 0.0))
        for name in shared
    )
    lines = [
        f"{'SLOWER' if change.is_slower else 'ok':>6}  {change.workload}: {change.by_time:.2f} of "
        f"the baseline's time, {change.by_anchor:.2f} of its anchors"
        for change in changes
    ]
    versions = [
        f"{name} {now.versions.get(name, 'none')} instead of {then.versions.get(name, 'none')}"
        for name in sorted({*now.versions, *then.versions})
        if now.versions.get(name) != then.versions.get(name)
    ]
    if versions:
        lines.append(f"versions: {', '.join(versions)}")
    lines += [
        f"{which} was measured on a busy machine: {why}."
        for which, each in (("This run", now), ("The baseline", then))
        if (why := why_busy(each.conditions))
    ]
    is_slower = any(change.is_slower for change in changes)
    verdict = Verdict.SLOWER if is_slower else Verdict.AS_FAST
    lines.append(f"Of {then.date[:10]}: {verdict.value} (tolerance {_tolerances(changes)}).")
    return Comparison(verdict, tuple(lines), changes)


def _differences(now: Results, then: Results) -> list[str]:
    here, before = (
        {"hardware": each.hardware.key, **msgspec.structs.asdict(each.model)}
        for each in (now, then)
    )
    return [
        f"{what} {shown(new)} instead of {shown(before[what])}"
        for what, new in here.items()
        if new != before[what]
    ]


def _tolerances(changes: tuple[Change, ...]) -> str:
    least, most = (f(change.tolerance for change in changes) for f in (min, max))
    return f"{least:.0%}" if least == most else f"{least:.0%} to {most:.0%}"


def _change(workload: str, new: Case, old: Case, noise: float) -> Change:
    by_time = new.times.p50_ms / old.times.p50_ms
    anchors = (old.times.anchor_ms, new.times.anchor_ms)
    has_anchors = all(anchor > 0 for anchor in anchors)
    by_anchor = by_time * anchors[0] / anchors[1] if has_anchors else by_time
    # Standard error of a median: 1.25 of a mean's, for times that are about normal.
    within = 1.25 * math.hypot(
        *(case.times.std_over_mean / math.sqrt(case.times.runs) for case in (new, old))
    )
    tolerance = min(max(TOLERANCE, _DEVIATIONS * max(noise, within)), _MAX_TOLERANCE)
    return Change(workload, by_time, by_anchor, tolerance)
