"""History of results in the state folder, and the baselines that new ones are compared with.

A baseline belongs to hardware, model and versions. Versions that were never measured are compared
with those before, and become a baseline of their own unless they are slower: else an update that
made everything slower would be noticed on one day and forgotten on the next.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from bot.runtime.files.folders import read_bounded
from bot.runtime.files.state_folder import state_folder
from bot.speedcheck.quiet import why_busy
from bot.speedcheck.results import MOST_BYTES, SCHEMA, Results, keep

MAX_RUNS = 500
"""Runs that are kept, the newest: a year of a daily and a weekly one."""
MAX_BASELINES = 20
MAX_SPREAD = 0.2
"""Standard deviation over mean of the runs of a workload that can be a baseline."""
_SPEED_DECIDING = ("ishowtts", "python", "torch", "triton", "numpy", "system")
_NOISE_RUNS = 30
_MIN_NOISE_RUNS = 5
_NORMAL = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""


def series(results: Results) -> tuple[object, ...]:
    """Return what comparable results share: hardware and model."""
    return (results.hardware.key, *msgspec.structs.astuple(results.model))


def setup(results: Results) -> dict[str, str]:
    """Return the versions that decide on speed."""
    versions = {name: results.versions.get(name, "") for name in _SPEED_DECIDING}
    return {**versions, "driver": results.hardware.driver}


class History:
    """A folder of results."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read and write below `folder`, which need not be there; by default the user's."""
        self.folder = folder or state_folder() / "bench"
        self._baselines = self.folder / "baselines"

    def add(self, results: Results) -> None:
        """Keep a run, and forget the oldest ones.

        Raises:
            StartError: it cannot be written.
        """
        name = f"{results.date[:19].replace(':', '')}-{results.mode}.json"
        keep(results, self.folder / name)
        _forget(self.folder, MAX_RUNS)

    def runs(self) -> list[Results]:
        """Return the runs, the oldest first; files that hold something else are left out."""
        return sorted(_read(self.folder), key=lambda run: run.date)

    def baseline(self, results: Results) -> Results | None:
        """Return the baseline of `results`: that of their versions, else the newest."""
        own = next(iter(_read(self._baselines, self._path(results).name)), None)
        same = [run for run in _read(self._baselines) if series(run) == series(results)]
        return own or max(same, key=lambda run: run.date, default=None)

    def accept(self, results: Results, *, anew: bool = False) -> str:
        """Make `results` their versions' baseline; return why they cannot be one, else nothing.

        A busy machine gives none, and workloads whose runs scattered are left out. Where there is a
        baseline, only workloads that it lacks are added, unless it is made `anew`.

        Raises:
            StartError: it cannot be written.
        """
        if why := why_busy(results.conditions):
            return why
        steady = {
            name: case
            for name, case in results.cases.items()
            if case.times.std_over_mean <= MAX_SPREAD
        }
        if not steady:
            return f"repetitions scattered by more than {MAX_SPREAD:.0%} in every workload"
        path = self._path(results)
        results = msgspec.structs.replace(results, cases=steady)
        old = None if anew else next(iter(_read(self._baselines, path.name)), None)
        if old is not None:
            results = msgspec.structs.replace(old, cases=steady | old.cases)
        keep(results, path)
        _forget(self._baselines, MAX_BASELINES)
        return ""

    def noise(self, results: Results) -> dict[str, float]:
        """Return the scatter of each workload from run to run, over its median.

        A robust standard deviation of the latest undisturbed runs with the same versions on a quiet
        machine; without enough of them the workload is missing.
        """
        same = [
            run.cases
            for run in self.runs()
            if series(run) == series(results)
            and setup(run) == setup(results)
            and not run.disturbed
            and not why_busy(run.conditions)
        ]
        by_workload = defaultdict[str, list[float]](list)
        for cases in same[-_NOISE_RUNS:]:
            for name, case in cases.items():
                by_workload[name].append(case.times.p50_ms / (case.times.anchor_ms or 1.0))
        return {
            name: _scatter(values)
            for name, values in by_workload.items()
            if len(values) >= _MIN_NOISE_RUNS
        }

    def _path(self, results: Results) -> Path:
        identity = repr((series(results), sorted(setup(results).items())))
        return self._baselines / f"{sha256(identity.encode()).hexdigest()[:16]}.json"


def _scatter(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    return _NORMAL * statistics.median(abs(value - middle) for value in values) / middle


def _read(folder: Path, pattern: str = "*.json") -> Iterable[Results]:
    for path in sorted(folder.glob(pattern)):
        try:
            results = msgspec.json.decode(read_bounded(path, MOST_BYTES), type=Results)
        except (OSError, msgspec.DecodeError, RecursionError):
            continue  # of another version, or no results at all: there are others
        if results.schema == SCHEMA:
            yield results


def _forget(folder: Path, kept: int) -> None:
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-kept]:
        path.unlink(missing_ok=True)
