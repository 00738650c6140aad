"""Check of a run against the stored baseline: repeats what seems slower and names the causes."""

from collections.abc import Callable

import structlog

from bot.speedcheck.causes import likely_causes
from bot.speedcheck.comparison import Comparison, Verdict, compare
from bot.speedcheck.history import History, setup
from bot.speedcheck.measurement import Measurement
from bot.speedcheck.quiet import REMEDY, why_busy
from bot.speedcheck.report import say
from bot.speedcheck.results import Results
from bot.speedcheck.speed import save
from bot.state import SpeedState

log = structlog.get_logger(__name__)

_REPEATS = 2
DISTURBED = "the daemon spoke meanwhile"


def check(
    measurement: Measurement, history: History, is_alone: Callable[[], bool]
) -> Verdict | None:
    """Measure, compare with the baseline and keep both; tell log, daemon and user the verdict.

    None where `is_alone` says that the daemon worked at the same time: such a run is kept, but
    judged by nobody. None as well where there is no baseline, and the machine was too busy to set
    one.

    Raises:
        StartError: the state folder cannot be written to.
    """
    results = measurement.run()
    baseline = history.baseline(results)
    comparison = _compared(measurement, results, baseline, history)
    if not is_alone():
        results.disturbed = DISTURBED
    history.add(results)
    if results.disturbed:
        say(f"\nNot compared: {results.disturbed}.")
        return None
    if results.failures:
        return Verdict.INCOMPARABLE
    if baseline is None or comparison is None:
        if why := history.accept(results):
            say(f"\nThere is no baseline yet, and none was set: {why}. {REMEDY}.")
            return None
        say("\nThere was nothing to compare with: this is the baseline from now on.")
        return Verdict.AS_FAST
    for line in ("", *comparison.lines):
        say(line)
    if comparison.verdict is Verdict.INCOMPARABLE:
        history.accept(results)  # what it lacked can be compared from now on
        return comparison.verdict
    _judge(results, baseline, comparison, history)
    return comparison.verdict


def _compared(
    measurement: Measurement, results: Results, baseline: Results | None, history: History
) -> Comparison | None:
    """Compare, and measure again what seems slower: once is no drift."""
    if baseline is None:
        return None
    noise = history.noise(baseline)
    comparison = compare(results, baseline, noise)
    while comparison.slower and results.repeated < _REPEATS:
        results.repeated += 1
        measurement.repeat(comparison.slower)
        comparison = compare(results, baseline, noise)
    return comparison


def _judge(results: Results, baseline: Results, comparison: Comparison, history: History) -> None:
    causes: list[str] = []
    if comparison.slower:
        causes = likely_causes(results, baseline, setup(results), setup(baseline))
        say("likely cause:")
        for cause in causes:
            say(f"  - {cause}")
        log.warning(
            "slower than the baseline",
            ratios=comparison.ratios,
            baseline=baseline.date,
            likely_causes=causes,
        )
    else:
        history.accept(results, anew=comparison.is_faster and not results.repeated)
    day = f"on {baseline.date[:10]}"
    if why_busy(results.conditions):
        day += ", on a busy machine"
    sentence = f"as fast as {day}"
    if comparison.slower:
        growth = max(comparison.ratios.values()) - 1
        sentence = f"{growth:.0%} slower than {day}; likely: {'; '.join(causes)}"
    save(
        SpeedState(
            measured_at=results.date,
            model=results.model.name,
            device=results.hardware.gpu or results.hardware.processor,
            is_slower=bool(comparison.slower),
            ratios=comparison.ratios,
            baseline_at=baseline.date,
            causes=tuple(causes),
            sentence=sentence,
        )
    )
