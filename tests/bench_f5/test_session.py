"""A whole run on the processor, with a tiny model: every stage, and stages that fail."""

import json
import shutil
from pathlib import Path

import pytest

from bot.config.sections.engine import F5Settings
from bot.errors import StartError
from tests.bench.f5.model_under_test import ModelUnderTest, prepared
from tests.bench.f5.report import RANDOM_WARNING
from tests.bench.f5.results import load
from tests.bench.f5.session import Session, quick
from tests.bench.f5.upstream import patched
from tests.bench.f5.workload import batch

pytestmark = pytest.mark.parts

SHORT_S = 0.2


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench") / "results.json"


def measure(made: ModelUnderTest, path: Path, *, compare: bool) -> int:
    plan = quick(compare=compare, profile=compare)._replace(
        lengths_s=(SHORT_S,), batches=(batch(2, SHORT_S),), budget_s=0
    )
    return len(Session(made, plan, path).run().failures)


@pytest.mark.long
def test_every_stage_gives_its_numbers(
    tiny: ModelUnderTest, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(tiny, path, compare=True) == 0
    results = load(path)
    ours, theirs = results.cases["ours"], results.cases["upstream"]

    assert list(ours) == ["0.2 s", "2 x 0.2 s"]
    assert theirs["0.2 s"].times.beside_ms > 0
    assert list(results.cases[patched.PATCHED]) == ["0.2 s"]
    assert results.ratios["upstream"]["0.2 s"] > 0
    assert results.ceilings is not None
    line = ours["0.2 s"].roofline
    assert line is not None
    assert 0 < line.share < 1
    assert results.start["warm"].first_audio_s > results.start["warm"].warm_s > 0
    assert sum(item.share for item in results.profile["0.2 s"].items) == pytest.approx(1, abs=0.01)
    assert results.model.weights == "random"
    assert results.hardware.key
    assert results.versions["torch"]
    assert capsys.readouterr().out.count(RANDOM_WARNING) == 2


def test_the_installed_package_is_not_touched() -> None:
    assert patched.released()


@pytest.mark.long
def test_a_stage_that_fails_costs_its_own_numbers_alone(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with prepared(F5Settings(), "tiny", "cpu") as made:
        broken = made._replace(voices=made.scratch / "voices")
        shutil.copytree(made.voices, broken.voices)
        session = Session(
            broken,
            quick(compare=False, profile=False)._replace(
                lengths_s=(SHORT_S,), batches=(), budget_s=0
            ),
            path,
        )
        (made.vocoder / "config.yaml").rename(made.scratch / "config.yaml")
        with pytest.raises(StartError, match=r"config\.yaml cannot be read"):
            session.run()
        (made.scratch / "config.yaml").rename(made.vocoder / "config.yaml")
        (broken.voices / "noise" / "transcript.txt").unlink()  # the engine needs it, the bench not
        results = session.run()

    assert list(results.failures) == ["start"]
    assert "There is no voice noise" in results.failures["start"]
    assert results.cases["ours"]["0.2 s"].times.p50_ms > 0
    assert "FAILED start" in capsys.readouterr().out
    assert json.loads(path.read_bytes())["failures"] == results.failures


def test_a_model_that_is_not_installed_is_an_error_with_both_ways_out(tmp_path: Path) -> None:
    with (
        pytest.raises(StartError, match="--random F5TTS_v1_Base"),
        prepared(F5Settings(model=str(tmp_path / "none")), None, "cpu"),
    ):
        pass


def test_a_shape_that_is_unknown_is_named() -> None:
    with (
        pytest.raises(StartError, match="Choose from F5TTS_v1_Base, small, tiny"),
        prepared(F5Settings(), "huge", "cpu"),
    ):
        pass
