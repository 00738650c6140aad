"""Whether a run is slower than an older one, its baseline.

A case is slower if its median grew by more than 10 % both in milliseconds and in anchors, see
`timing`: a machine that is slow for everything, or whose anchor alone is fast today, is no reason.
Where runs scatter by more than that allows, within themselves or from one to the next, more is
needed.
Results of other hardware, another model or type are not compared. Other versions are: what they did
to the speed is the question.
"""

import math
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from bot.bench.results import OURS, Case, Results

TOLERANCE = 0.10
_DEVIATIONS = 3.0
"""So many standard deviations between runs are no drift."""
_MAX_TOLERANCE = 0.5


class Verdict(Enum):
    """What a comparison says."""

    AS_FAST = "as fast as the baseline"
    SLOWER = "slower than the baseline"
    INCOMPARABLE = "not comparable with the baseline"

    @property
    def exit_code(self) -> int:
        """Return 0, 1 or 2."""
        return list(Verdict).index(self)


class Change(NamedTuple):
    """One case, now over then."""

    workload: str
    by_time: float
    """Of the medians."""
    by_anchor: float
    """Of the medians in anchors."""
    tolerance: float = TOLERANCE

    @property
    def is_slower(self) -> bool:
        """Tell whether both grew by more than the tolerance."""
        return min(self.by_time, self.by_anchor) > 1 + self.tolerance

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
    differences = [
        f"{what} {new!r} instead of {old!r}"
        for what, new, old in (
            ("hardware", now.hardware.key, then.hardware.key),
            ("model", now.model.name, then.model.name),
            ("weights", now.model.weights, then.model.weights),
            ("parameters", now.model.parameters, then.model.parameters),
            ("device", now.model.device, then.model.device),
            ("type", now.model.dtype, then.model.dtype),
            ("guidance", now.model.cfg_strength, then.model.cfg_strength),
        )
        if new != old
    ]
    new_cases, old_cases = now.cases.get(OURS, {}), then.cases.get(OURS, {})
    shared = [name for name in new_cases if name in old_cases]
    if differences or not shared:
        reasons = differences or ["no workload was measured in both"]
        return Comparison(Verdict.INCOMPARABLE, (f"Not compared: {'; '.join(reasons)}.",))
    changes = tuple(
        _change(name, new_cases[name], old_cases[name], (noise or {}).get(name, 0.0))
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
    is_slower = any(change.is_slower for change in changes)
    verdict = Verdict.SLOWER if is_slower else Verdict.AS_FAST
    lines.append(f"Of {then.date[:10]}: {verdict.value} (tolerance {_tolerances(changes)}).")
    return Comparison(verdict, tuple(lines), changes)


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
