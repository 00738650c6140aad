"""Stored results, baselines, and when a drift is one."""

from collections.abc import Container
from pathlib import Path

import msgspec
import pytest

from bot.errors import StartError
from bot.speedcheck import check as check_module
from bot.speedcheck import history as history_module
from bot.speedcheck.check import check
from bot.speedcheck.comparison import Verdict, compare
from bot.speedcheck.history import History
from bot.speedcheck.history_table import accept, grouped, show
from bot.speedcheck.measurement import Measurement
from bot.speedcheck.results import Conditions, OtherProcess, Results
from bot.speedcheck.speed import load, save
from bot.state import SpeedState

from .conftest import make_case, make_results


def run(day: int, **cases_ms: float) -> Results:
    results = make_results(**cases_ms)
    results.date = f"2026-01-{day:02d}T03:00:00+00:00"
    return results


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "bench")


def test_runs_are_kept_in_order_and_the_oldest_forgotten(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "MAX_RUNS", 3)
    for day in (1, 2, 3, 4, 5):
        history.add(run(day, a=day))
    (history.folder / "broken.json").write_text("{")

    assert [each.date[8:10] for each in history.runs()] == ["03", "04", "05"]


def test_each_hardware_model_and_version_has_its_baseline(history: History) -> None:
    first, updated, other = run(1, a=10), run(2, a=9), run(3, a=50)
    updated.versions = {"torch": "2.12"}
    other.hardware = msgspec.structs.replace(other.hardware, key="another GPU")

    assert history.baseline(first) is None
    history.accept(first)
    assert history.baseline(updated) == first  # an update is compared with what was before
    assert history.baseline(other) is None
    history.accept(updated)
    assert history.baseline(updated) == updated
    assert history.baseline(first) == first


def test_a_full_run_adds_what_the_baseline_lacks_and_changes_nothing(history: History) -> None:
    history.accept(run(1, a=10))
    history.accept(run(2, a=12, b=30))
    baseline = history.baseline(run(3))

    assert baseline is not None
    assert {name: case.times.p50_ms for name, case in baseline.cases.items()} == {
        "a": 10,
        "b": 30,
    }


def test_a_machine_that_scatters_needs_more_to_cry_wolf(history: History) -> None:
    for day, ms in enumerate((100, 108, 92, 110, 90, 104), 1):
        history.add(run(day, a=ms))
    noise = history.noise(run(9))

    assert noise["a"] == pytest.approx(0.109, abs=0.02)
    assert compare(run(9, a=125), run(1, a=100)).verdict is Verdict.SLOWER
    assert compare(run(9, a=125), run(1, a=100), noise).verdict is Verdict.AS_FAST
    assert compare(run(9, a=200), run(1, a=100), noise).verdict is Verdict.SLOWER


def test_disturbed_and_busy_runs_are_no_measure_of_noise(history: History) -> None:
    for day in range(1, 9):
        each = run(day, a=10 * day)
        if day % 2:
            each.disturbed = "the daemon spoke meanwhile"
        else:
            each.conditions = Conditions(stolen=0.2)
        history.add(each)

    assert history.noise(run(9)) == {}


class Scripted(Measurement):
    """Whose medians are given: first those of the run, then those of each repetition."""

    def __init__(self, results: Results, repetitions: list[dict[str, float]]) -> None:
        self.results = results
        self._repetitions = repetitions

    def run(self) -> Results:
        return self.results

    def repeat(self, workloads: Container[str]) -> None:
        for name, ms in self._repetitions.pop(0).items():
            assert name in workloads
            if ms < self.results.cases[name].times.p50_ms:
                self.results.cases[name] = make_case(ms)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return tmp_path


def checked(
    history: History, results: Results, *repetitions: dict[str, float], is_alone: bool = True
) -> Verdict | None:
    return check(Scripted(results, list(repetitions)), history, lambda: is_alone)


@pytest.mark.usefixtures("state")
def test_a_run_on_a_restless_machine_is_no_baseline(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    restless = run(1, a=10, b=10)
    restless.cases["a"] = make_case(10, spread=0.5)
    checked(history, restless)
    baseline = history.baseline(run(2))
    assert baseline is not None
    assert list(baseline.cases) == ["b"]

    del restless.cases["b"]
    restless.hardware = msgspec.structs.replace(restless.hardware, key="another GPU")
    assert checked(history, restless) is None
    with pytest.raises(StartError, match="scattered by more than 20%"):
        accept(history)
    said = capsys.readouterr().out
    assert "from now on" in said
    assert "none was set: repetitions scattered" in said


BUSY = Conditions(others_share=0.62, others=[OtherProcess(name="make", pid=7, cores=1.24)])


@pytest.mark.usefixtures("state")
def test_a_run_on_a_busy_machine_is_no_baseline(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    busy = run(1, a=30)
    busy.conditions = BUSY

    assert checked(history, busy) is None
    assert history.baseline(busy) is None
    said = capsys.readouterr().out
    assert "none was set: other programs took 62% of the CPU (make 1.2 cores)" in said
    assert "end other programs and measure again" in said
    with pytest.raises(StartError, match="cannot be a baseline: other programs took 62%"):
        accept(history)


def test_a_comparison_on_a_busy_machine_says_so_and_changes_no_baseline(
    history: History, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked(history, run(1, a=30))
    busy = run(2, a=10)
    busy.conditions = BUSY

    assert checked(history, busy) is Verdict.AS_FAST
    assert "This run was measured on a busy machine: other programs" in capsys.readouterr().out
    found = load(state)
    assert found is not None
    assert found.sentence == "as fast as on 2026-01-01, on a busy machine"
    baseline = history.baseline(run(3))
    assert baseline is not None
    assert baseline.date == "2026-01-01T03:00:00+00:00"


def test_a_baseline_of_a_busy_machine_is_told() -> None:
    then = run(1, a=30)
    then.conditions = BUSY

    assert "The baseline was measured on a busy machine" in "".join(
        compare(run(2, a=10), then).lines
    )


@pytest.mark.usefixtures("state")
def test_the_first_run_becomes_the_baseline(history: History) -> None:
    assert checked(history, run(1, a=10)) is Verdict.AS_FAST
    assert checked(history, run(2, a=10.5)) is Verdict.AS_FAST
    assert len(history.runs()) == 2


def test_what_was_slow_once_is_measured_again_and_no_drift(history: History, state: Path) -> None:
    checked(history, run(1, a=10))
    slow = run(2, a=15)

    assert checked(history, slow, {"a": 15}, {"a": 10.2}) is Verdict.AS_FAST
    assert (slow.repeated, slow.cases["a"].times.p50_ms) == (2, 10.2)
    found = load(state)
    assert found is not None
    assert not found.is_slower
    assert found.sentence == "as fast as on 2026-01-01"


def test_a_drift_is_told_with_its_likely_causes(
    history: History, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked(history, run(1, a=10, b=10))
    updated = run(2, a=13, b=10)
    updated.versions = {"torch": "2.12"}

    assert checked(history, updated, {"a": 13}, {"a": 12.5}) is Verdict.SLOWER
    found = load(state)
    assert found is not None
    assert found.is_slower
    assert found.ratios == {"a": 1.25, "b": 1.0}
    assert found.sentence == (
        "25% slower than on 2026-01-01; likely: torch is 2.12 instead of 2.11"
    )
    assert "torch is 2.12 instead of 2.11" in capsys.readouterr().out


@pytest.mark.usefixtures("state")
def test_a_slower_version_is_compared_with_the_older_one_until_it_is_accepted(
    history: History,
) -> None:
    checked(history, run(1, a=10))
    for day in (2, 3):
        updated = run(day, a=13)
        updated.versions = {"torch": "2.12"}
        assert checked(history, updated, {}, {}) is Verdict.SLOWER
    accept(history)
    updated = run(4, a=13)
    updated.versions = {"torch": "2.12"}

    assert checked(history, updated) is Verdict.AS_FAST


def test_a_run_that_the_daemon_disturbed_is_kept_but_judged_by_nobody(
    history: History, state: Path
) -> None:
    assert checked(history, run(1, a=10), is_alone=False) is None
    assert history.baseline(run(2)) is None
    assert load(state) is None
    assert [each.disturbed for each in history.runs()] == [check_module.DISTURBED]


def test_the_history_is_told(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    for day, ms in ((1, 10), (2, 10.5), (3, 14)):
        history.add(run(day, **{"1 s": ms}))
    history.accept(history.runs()[0])
    disturbed = run(4, **{"1 s": 30})
    disturbed.disturbed = "it was disturbed"
    history.add(disturbed)
    elsewhere = run(5, **{"1 s": 2})
    elsewhere.hardware = msgspec.structs.replace(elsewhere.hardware, key="another GPU")
    history.add(elsewhere)
    show(history)
    first, second = capsys.readouterr().out.split("\n\n")[:2]

    assert first.startswith("a GPU: m, NFE 7, device cuda\n")
    remarks = [line.rsplit("|")[-2].strip() for line in first.splitlines()[3:]]
    assert remarks == ["baseline", "", "1 s: 40% slower", "it was disturbed"]
    assert second.startswith("another GPU: m")
    assert [len(group) for group in grouped(history.runs())] == [4, 1]


def test_without_results_there_is_nothing_to_show_or_accept(history: History) -> None:
    with pytest.raises(StartError, match="Nothing was measured yet"):
        show(history)
    with pytest.raises(StartError, match="no run to accept"):
        accept(history)


def test_what_was_found_survives_its_file_and_a_broken_one_is_nothing(tmp_path: Path) -> None:
    found = SpeedState(
        measured_at="2026-01-02", model="m", device="d", is_slower=False, ratios={"a": 1.0},
        baseline_at="2026-01-01T00:00:00+00:00", causes=(), sentence="as fast as on 2026-01-01",
    )  # fmt: skip
    save(found, tmp_path / "new")

    assert load(tmp_path / "new") == found
    (tmp_path / "new" / "speed.json").write_text("{")
    assert load(tmp_path / "new") is None
