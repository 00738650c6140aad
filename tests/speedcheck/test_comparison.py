"""When a run counts as slower than its baseline."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.errors import StartError
from bot.speedcheck.comparison import Verdict, compare
from bot.speedcheck.results import load

from .conftest import make_case, make_results


@pytest.mark.parametrize(
    ("ms", "anchor_ms", "verdict"),
    [
        (100, 10, Verdict.AS_FAST),
        (109, 10, Verdict.AS_FAST),
        (50, 10, Verdict.AS_FAST),
        (112, 10, Verdict.SLOWER),
        (200, 20, Verdict.AS_FAST),  # everything takes twice as long: the machine's mood
        (100, 5, Verdict.AS_FAST),  # only the anchor is fast today
        (130, 11, Verdict.SLOWER),
    ],
)
def test_slower_is_what_grew_in_time_and_in_anchors(
    ms: float, anchor_ms: float, verdict: Verdict
) -> None:
    now, then = make_results(), make_results(speech=100)
    now.cases["speech"] = make_case(ms, anchor_ms)

    assert compare(now, then).verdict is verdict


def test_one_slow_case_is_enough_and_is_named() -> None:
    comparison = compare(make_results(a=10, b=12), make_results(a=10, b=10))

    assert comparison.verdict is Verdict.SLOWER
    assert [line for line in comparison.lines if "SLOWER" in line] == [
        "SLOWER  b: 1.20 of the baseline's time, 1.20 of its anchors"
    ]


@pytest.mark.parametrize(
    ("part", "change"),
    [("hardware", {"key": "another GPU"}), ("model", {"name": "another model"})],
)
def test_other_hardware_or_models_are_not_compared(part: str, change: dict[str, Any]) -> None:
    now, then = make_results(a=20), make_results(a=10)
    setattr(then, part, msgspec.structs.replace(getattr(then, part), **change))
    comparison = compare(now, then)

    assert comparison.verdict is Verdict.INCOMPARABLE
    assert next(iter(change.values())) in comparison.lines[0]


def test_without_a_common_workload_nothing_is_compared() -> None:
    assert compare(make_results(a=1), make_results(b=1)).verdict is Verdict.INCOMPARABLE


def test_other_versions_are_compared_and_named() -> None:
    now, then = make_results(a=12), make_results(a=10)
    now.versions = {"torch": "2.12", "triton": "3"}
    comparison = compare(now, then)

    assert comparison.verdict is Verdict.SLOWER
    assert "versions: torch 2.12 instead of 2.11, triton 3 instead of none" in comparison.lines


def test_results_survive_their_file(tmp_path: Path) -> None:
    results = make_results(a=1)
    results.save(tmp_path / "r.json")

    assert load(tmp_path / "r.json") == results


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "holds no results"),
        (b"{}", "holds no results"),
        (b'{"schema": 2}', "holds no results"),
        (b'{"schema": 1}', "has the form 1"),
        (None, "holds no results"),
    ],
)
def test_a_file_that_holds_no_results_is_refused(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "r.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StartError, match=problem):
        load(path)
