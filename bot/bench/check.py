"""Whether a run is slower than an older one, its baseline.

A case is slower if its median grew by more than 10 % both in milliseconds and in anchors, see
`timing`: a machine that is slow for everything, or whose anchor alone is fast today, is no reason.
Results of other hardware, another model or type are not compared. Other versions are: what they did
to the speed is the question.
"""

from enum import Enum
from typing import NamedTuple

from bot.bench.own_stages import OURS
from bot.bench.results import Case, Results

TOLERANCE = 0.10


class Verdict(Enum):
    """What a comparison says."""

    AS_FAST = "as fast as the baseline"
    SLOWER = "slower than the baseline"
    INCOMPARABLE = "not comparable with the baseline"


class Change(NamedTuple):
    """One case, now over then."""

    workload: str
    by_time: float
    """Of the medians."""
    by_anchor: float
    """Of the medians in anchors."""

    @property
    def is_slower(self) -> bool:
        """Tell whether both grew by more than the tolerance."""
        return min(self.by_time, self.by_anchor) > 1 + TOLERANCE


class Comparison(NamedTuple):
    """A run against its baseline."""

    verdict: Verdict
    lines: tuple[str, ...]
    """For people."""


def compare(now: Results, then: Results) -> Comparison:
    """Compare `now` with the baseline `then`."""
    differences = [
        f"{what} {new!r} instead of {old!r}"
        for what, new, old in (
            ("hardware", now.hardware.key, then.hardware.key),
            ("model", now.model.name, then.model.name),
            ("weights", now.model.weights, then.model.weights),
            ("parameters", now.model.parameters, then.model.parameters),
            ("device", now.model.device, then.model.device),
            ("type", now.model.dtype, then.model.dtype),
        )
        if new != old
    ]
    new_cases, old_cases = now.cases.get(OURS, {}), then.cases.get(OURS, {})
    shared = [name for name in new_cases if name in old_cases]
    if differences or not shared:
        reasons = differences or ["no workload was measured in both"]
        return Comparison(Verdict.INCOMPARABLE, (f"Not compared: {'; '.join(reasons)}.",))
    changes = [_change(name, new_cases[name], old_cases[name]) for name in shared]
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
    lines.append(f"Of {then.date[:10]}: {verdict.value} (tolerance {TOLERANCE:.0%}).")
    return Comparison(verdict, tuple(lines))


def _change(workload: str, new: Case, old: Case) -> Change:
    by_time = new.times.p50_ms / old.times.p50_ms
    anchors = (old.times.anchor_ms, new.times.anchor_ms)
    has_anchors = all(anchor > 0 for anchor in anchors)
    return Change(workload, by_time, by_time * anchors[0] / anchors[1] if has_anchors else by_time)
