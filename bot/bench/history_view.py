"""Older results for people: a table in the terminal, and the page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.bench.arguments import STORED
from bot.bench.check import Comparison, Verdict, compare
from bot.bench.history import History, series
from bot.bench.history_page import write
from bot.bench.report import Reporter, table
from bot.bench.results import OURS, Results
from bot.errors import StartError

_SHOWN = 20


def show(history: History, page: Path) -> int:
    """Print the latest runs, draw all of them on a page, and return the exit code.

    Raises:
        StartError: nothing was measured yet, or the page cannot be written.
    """
    reporter = Reporter()
    runs = history.runs()
    if not runs:
        raise StartError(
            f"Nothing was measured yet: {history.folder} holds no results.",
            remedy="Measure with: ishowtts bench --quick --check",
        )
    groups = grouped(runs)
    for group in groups:
        newest = group[-1]
        for line in _lines(group, history.baseline(newest)):
            reporter.say(line)
    place = history.folder / "history.html" if page == STORED else page
    write(place, [(group, history.baseline(group[-1])) for group in groups])
    reporter.say(f"Drawn in {place.absolute()}")
    return 0


def accept(history: History) -> int:
    """Make the last run the baseline, and return the exit code.

    Raises:
        StartError: there is none.
    """
    runs = [run for run in history.runs() if not run.disturbed and not run.failures]
    if not runs:
        raise StartError(
            f"There is no run to accept in {history.folder}.",
            remedy="Measure with: ishowtts bench --quick --check",
        )
    if not history.accept(runs[-1], anew=True):
        raise StartError(
            f"The run of {runs[-1].date} scatters too much to be a baseline.",
            remedy="Measure again while the machine does nothing else.",
        )
    Reporter().say(f"The run of {runs[-1].date} is the baseline from now on.")
    return 0


def grouped(runs: Sequence[Results]) -> list[list[Results]]:
    """Return the runs by hardware and model, the group that was measured last at the end."""
    groups: dict[tuple[str, ...], list[Results]] = {}
    for run in runs:
        groups.setdefault(series(run), []).append(run)
    return sorted(groups.values(), key=lambda group: group[-1].date)


def _lines(group: Sequence[Results], baseline: Results | None) -> Iterator[str]:
    newest = group[-1]
    yield (
        f"{newest.hardware.key}: {newest.model.name}, {newest.model.dtype} on "
        f"{newest.model.device}, {newest.model.weights} weights"
    )
    shown = group[-_SHOWN:]
    workloads = list(dict.fromkeys(name for run in shown for name in run.cases.get(OURS, {})))
    rows = []
    for run in shown:
        cases = run.cases.get(OURS, {})
        times = [f"{cases[name].times.p50_ms:.1f}" if name in cases else "" for name in workloads]
        about = (
            run.date[:16].replace("T", " "),
            run.mode,
            run.ishowtts,
            run.versions.get("torch", ""),
        )
        rows.append([*about, *times, note(run, baseline)])
    yield from table(
        ["UTC", "mode", "ishowtts", "torch", *(f"{n}, ms" for n in workloads), ""], rows
    )
    if len(group) > len(shown):
        yield f"and {len(group) - len(shown)} before"
    yield ""


def note(run: Results, baseline: Results | None) -> str:
    """Return what is to be said of a run, compared with the baseline."""
    if run.disturbed:
        return run.disturbed
    if baseline is None or run.date < baseline.date:
        return ""
    if run.date == baseline.date:
        return "baseline"
    comparison: Comparison = compare(run, baseline)
    if comparison.verdict is Verdict.INCOMPARABLE:
        return ""
    worst = max(comparison.changes, key=lambda change: min(change.by_time, change.by_anchor))
    if not worst.is_slower:
        return ""
    return f"{worst.workload}: {min(worst.by_time, worst.by_anchor) - 1:.0%} slower"
