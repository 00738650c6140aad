"""Older results for people: `ishowtts bench --history` and `--accept`."""

from collections.abc import Iterator, Sequence

from bot.errors import StartError
from bot.speedcheck.comparison import Verdict, compare
from bot.speedcheck.history import History, series
from bot.speedcheck.quiet import REMEDY
from bot.speedcheck.report import say, table
from bot.speedcheck.results import Results

_SHOWN = 20


def show(history: History) -> None:
    """Print the latest runs, a table for each hardware and model.

    Raises:
        StartError: nothing was measured yet.
    """
    runs = history.runs()
    if not runs:
        raise StartError(
            f"Nothing was measured yet: {history.folder} holds no results.",
            remedy="Measure with: ishowtts bench --quick --check",
        )
    for group in grouped(runs):
        for line in _lines(group, history.baseline(group[-1])):
            say(line)


def accept(history: History) -> None:
    """Make the last run the baseline.

    Raises:
        StartError: there is none.
    """
    runs = [run for run in history.runs() if not run.disturbed and not run.failures]
    if not runs:
        raise StartError(
            f"There is no run to accept in {history.folder}.",
            remedy="Measure with: ishowtts bench --quick --check",
        )
    if why := history.accept(runs[-1], anew=True):
        raise StartError(
            f"The run of {runs[-1].date} cannot be a baseline: {why}.", remedy=f"{REMEDY}."
        )
    say(f"The run of {runs[-1].date} is the baseline from now on.")


def grouped(runs: Sequence[Results]) -> list[list[Results]]:
    """Return the runs by hardware and model, the group that was measured last at the end."""
    groups: dict[tuple[object, ...], list[Results]] = {}
    for run in runs:
        groups.setdefault(series(run), []).append(run)
    return sorted(groups.values(), key=lambda group: group[-1].date)


def _lines(group: Sequence[Results], baseline: Results | None) -> Iterator[str]:
    newest = group[-1]
    model = newest.model
    yield f"{newest.hardware.key}: {model.name}, NFE {model.nfe}, device {model.device}"
    shown = group[-_SHOWN:]
    workloads = list(dict.fromkeys(name for run in shown for name in run.cases))
    rows = []
    for run in shown:
        times = [
            f"{run.cases[name].times.p50_ms:.1f}" if name in run.cases else "" for name in workloads
        ]
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
    """Return the remark on a run: disturbed, baseline, or how much slower than that."""
    if run.disturbed:
        return run.disturbed
    if baseline is None or run.date < baseline.date:
        return ""
    if run.date == baseline.date:
        return "baseline"
    comparison = compare(run, baseline)
    if comparison.verdict is not Verdict.SLOWER:
        return ""
    worst = max(comparison.changes, key=lambda change: change.growth)
    return f"{worst.workload}: {worst.growth - 1:.0%} slower" if worst.is_slower else ""
