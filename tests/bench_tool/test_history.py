"""Stored results, baselines, and when a drift is one."""

from collections.abc import Container
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from bot.bench import history as history_module
from bot.bench import routine
from bot.bench.arguments import STORED
from bot.bench.check import Verdict, compare
from bot.bench.history import History
from bot.bench.history_view import accept, grouped, show
from bot.bench.report import Reporter
from bot.bench.results import Case, Results
from bot.bench.session import Session, quick
from bot.bench.session import routine as routine_plan
from bot.bench.subject import Subject
from bot.errors import StartError
from bot.speed import Speed, load

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
    assert {name: case.times.p50_ms for name, case in baseline.cases["ours"].items()} == {
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


def test_disturbed_runs_are_no_measure_of_noise(history: History) -> None:
    for day in range(1, 9):
        each = run(day, a=10 * day)
        each.disturbed = "the daemon spoke meanwhile"
        history.add(each)

    assert history.noise(run(9)) == {}


class Scripted(Session):
    """Whose medians are given: first those of the run, then those of each repetition."""

    def __init__(self, results: Results, repetitions: list[dict[str, float]]) -> None:
        self.results = results
        self._repetitions = repetitions

    def run(self) -> Results:
        return self.results

    def repeat(self, workloads: Container[str]) -> None:
        for name, ms in self._repetitions.pop(0).items():
            assert name in workloads
            case: Case = self.results.cases["ours"][name]
            if ms < case.times.p50_ms:
                self.results.put("ours", name, make_case(ms))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return tmp_path


def checked(
    history: History, results: Results, *repetitions: dict[str, float], is_alone: bool = True
) -> Verdict | None:
    session = Scripted(results, list(repetitions))
    return routine.check(session, history, Reporter(), lambda: is_alone)


@pytest.mark.usefixtures("state")
def test_a_run_on_a_restless_machine_is_no_baseline(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    restless = run(1, a=10, b=10)
    for name, case in restless.cases["ours"].items():
        spread = 0.5 if name == "a" else 0.01
        case.times = msgspec.structs.replace(case.times, std_over_mean=spread)
    checked(history, restless)
    baseline = history.baseline(run(2))
    assert baseline is not None
    assert list(baseline.cases["ours"]) == ["b"]

    del restless.cases["ours"]["b"]
    restless.versions = {"torch": "2.12"}
    assert not history.accept(restless)
    history.add(restless)
    with pytest.raises(StartError, match="scatters too much"):
        accept(history)
    assert "from now on" in capsys.readouterr().out


@pytest.mark.usefixtures("state")
def test_the_first_run_becomes_the_baseline(history: History) -> None:
    assert checked(history, run(1, a=10)) is Verdict.AS_FAST
    assert checked(history, run(2, a=10.5)) is Verdict.AS_FAST
    assert len(history.runs()) == 2


def test_what_was_slow_once_is_measured_again_and_no_drift(history: History, state: Path) -> None:
    checked(history, run(1, a=10))
    slow = run(2, a=15)

    assert checked(history, slow, {"a": 15}, {"a": 10.2}) is Verdict.AS_FAST
    assert (slow.repeated, slow.cases["ours"]["a"].times.p50_ms) == (2, 10.2)
    found = load(state)
    assert found is not None
    assert not found.is_slower


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
    assert [each.disturbed for each in history.runs()] == [routine.DISTURBED]


@pytest.mark.usefixtures("state")
def test_a_real_session_repeats_only_what_it_is_told(
    tiny: Subject, history: History, tmp_path: Path
) -> None:
    plan = routine_plan(quick(compare=False, profile=False))._replace(
        lengths_s=(0.2, 0.3), batches=(), budget_s=0
    )
    session = Session(tiny, plan, Reporter(), tmp_path / "r.json")
    assert routine.check(session, history, Reporter(), lambda: True) is Verdict.AS_FAST
    before = dict(session.results.cases["ours"])
    session.repeat(("0.2 s",))

    assert session.results.start == {}
    assert session.results.cases["ours"]["0.3 s"] is before["0.3 s"]
    assert session.results.conditions is not None


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.labels: list[str] = []
        self.classes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        self.classes.append(about.get("class") or "")
        if tag == "svg":
            self.labels.append(about.get("aria-label") or "")


def test_the_history_is_told_and_drawn(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    for day, ms in ((1, 10), (2, 10.5), (3, 14)):
        history.add(run(day, **{"1 s": ms}))
    history.accept(history.runs()[0])
    disturbed = run(4, **{"1 s": 30})
    disturbed.disturbed = "<b>"
    history.add(disturbed)
    elsewhere = run(5, **{"1 s": 2})
    elsewhere.hardware = msgspec.structs.replace(elsewhere.hardware, key="x", gpu="<i>faster</i>")
    history.add(elsewhere)

    assert show(history, STORED) == 0
    printed = capsys.readouterr().out
    assert "1 s: 40% slower" in printed
    text = (history.folder / "history.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.labels == [
        "1 s: median milliseconds of 1 runs",
        "1 s: median milliseconds of 4 runs",
    ]
    assert [page.classes.count(kind) for kind in ("point", "slow", "disturbed")] == [3, 1, 1]
    assert "<b>" not in text
    assert "<i>" not in text
    assert [len(group) for group in grouped(history.runs())] == [4, 1]


def test_without_results_there_is_nothing_to_show_or_accept(history: History) -> None:
    with pytest.raises(StartError, match="Nothing was measured yet"):
        show(history, STORED)
    with pytest.raises(StartError, match="no run to accept"):
        accept(history)


def test_what_was_found_survives_its_file_and_a_broken_one_is_nothing(tmp_path: Path) -> None:
    found = Speed(
        measured_at="2026-01-02", model="m", device="d", is_slower=False, ratios={"a": 1.0},
        baseline_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    found.save(tmp_path / "new")

    assert load(tmp_path / "new") == found
    assert found.sentence == "as fast as on 2026-01-01"
    (tmp_path / "new" / "speed.json").write_text("{")
    assert load(tmp_path / "new") is None
