"""Measurement through an engine's own process, and what a scripted one comes to."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.cli import bench
from bot.config import loads
from bot.config.sections.engine import EngineSettings
from bot.engine.narrator import Narrator
from bot.errors import UtteranceError
from bot.speedcheck import measurement, setup
from bot.speedcheck.check import check
from bot.speedcheck.comparison import Verdict
from bot.speedcheck.conditions import Watch
from bot.speedcheck.history import History
from bot.speedcheck.measurement import Measurement, Spoken
from bot.speedcheck.results import load as load_results
from bot.speedcheck.speed import load
from bot.speedcheck.workloads import Plan, batch, full, quick, single
from bot.wiring import engines

from .conftest import make_results

pytestmark = pytest.mark.parts

PLAN = Plan("quick", (single(1), single(3), batch(2, 1)), budget_s=0)


def scripted(factor: float, asked: list[Sequence[str]], plan: Plan = PLAN) -> Measurement:
    def speak(texts: Sequence[str]) -> Spoken:
        asked.append(texts)
        letters = sum(map(len, texts))
        return Spoken(factor * letters, factor, audio_s=letters / 14, nfe=7)

    made = Measurement(speak, plan, make_results())
    made._anchor_s = lambda: 0.01  # type: ignore[method-assign]
    return made


def asked(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    return parser.parse_args(arguments)


def test_no_torch_is_imported() -> None:
    code = "import sys, bot.cli.bench, bot.report.archive\nsys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_is_slower_is_spoken_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        measurement, "Watch", lambda _: Watch(root=tmp_path)
    )  # others test here too
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    history, asked = History(), list[Sequence[str]]()

    assert check(scripted(1.0, asked), history, lambda: True) is Verdict.AS_FAST
    once = len(asked)
    assert check(scripted(1.05, asked), history, lambda: True) is Verdict.AS_FAST
    assert len(asked) == 2 * once
    assert check(scripted(1.3, asked), history, lambda: True) is Verdict.SLOWER
    assert len(asked) == 5 * once
    found = load(tmp_path)
    assert found is not None
    assert found.ratios == {"1 s": 1.3, "3 s": 1.3, "2 x 1 s": 1.3}
    for path in history.folder.glob("*.json"):
        assert list(load_results(path).cases) == ["1 s", "3 s", "2 x 1 s"]


def test_what_was_never_measured_is_not_as_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "Watch", lambda _: Watch(root=tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    history, other = History(), PLAN._replace(workloads=(single(8),))

    assert check(scripted(1.0, []), history, lambda: True) is Verdict.AS_FAST
    assert check(scripted(1.0, [], other), history, lambda: True) is Verdict.INCOMPARABLE
    assert load(tmp_path) is None
    assert check(scripted(1.0, [], other), history, lambda: True) is Verdict.AS_FAST


def test_a_workload_that_fails_costs_its_own_figures_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def speak(texts: Sequence[str]) -> Spoken:
        if len(texts) > 1:
            raise UtteranceError("too much at once")
        return Spoken(1, 0.5, 2, 7)

    results = Measurement(speak, PLAN, make_results()).run()

    assert results.failures == {"2 x 1 s": "too much at once"}
    assert results.cases["1 s"].ttfa.p50_ms == 500
    assert results.cases["1 s"].rtf == 0.5
    assert "FAILED 2 x 1 s: too much at once" in capsys.readouterr().out


def test_what_comes_too_late_is_left_out() -> None:
    plan = PLAN._replace(begin_s=-1.0)
    made = Measurement(lambda _: Spoken(1, 1, 1, 7), plan, make_results())

    assert made.run().cases == {}


@pytest.mark.parametrize("plan", [quick(), full()])
def test_texts_are_whole_words_of_about_the_length(plan: Plan) -> None:
    for workload in plan.workloads:
        for text, length_s in zip(workload.texts, workload.lengths_s, strict=True):
            assert abs(len(text) / 14 - length_s) < 0.6
            assert text.endswith(".")


def test_a_process_is_started_speaks_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sine stands in for F5-TTS, in its own process as well."""
    monkeypatch.setattr(measurement, "_ENGINE", "tone")
    with measurement.speaking(EngineSettings(engines=("tone",)), "heart") as (speak, start):
        alone, together = speak(["hello there"]), speak(["hello there", "and you"])

    assert 0 < start.warm_s < start.first_audio_s
    assert 0 < alone.first_s <= alone.took_s
    assert together.audio_s > alone.audio_s > 0.3


def test_a_cold_start_has_caches_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRITON_CACHE_DIR", raising=False)
    seen, create = list[str](), engines.create

    def spy(settings: EngineSettings, _: str) -> Narrator:
        seen.extend((os.environ["TRITON_CACHE_DIR"], str(settings.f5.cache)))
        return create(settings, "tone")

    monkeypatch.setattr(engines, "create", spy)
    measurement.start_with_caches(EngineSettings(), "heart", tmp_path)

    assert seen == [str(tmp_path / "triton_cache_dir"), str(tmp_path / "voices")]
    assert "TRITON_CACHE_DIR" not in os.environ


def test_versions_are_those_of_the_engines_interpreter(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_text('#!/bin/sh\necho \'{"python": "3.10.0", "torch": "2.5"}\'\n')
    other.chmod(0o755)
    settings = EngineSettings(python=str(other))

    assert setup.describe(settings, "quick").versions["torch"] == "2.5"
    assert setup.describe(EngineSettings(), "quick").model.name == "bundled"
    other.unlink()
    assert "torch" not in setup.describe(settings, "quick").versions


def test_without_f5_there_is_nothing_to_check(capsys: pytest.CaptureFixture[str]) -> None:
    settings = loads("channels: [{name: main}]\nengine: {engines: [hibari]}\nserver: {port: 0}\n")

    assert bench.bench(settings, asked("--check")) == bench.EXIT_BUSY
    assert "nothing to measure" in capsys.readouterr().err


def test_a_whole_run_is_kept_written_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sine stands in for F5-TTS."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(measurement, "_ENGINE", "tone")
    monkeypatch.setattr(bench, "full", lambda: PLAN._replace(mode="full", cold_start=True))
    settings, path = loads("channels: [{name: main}]\nserver: {port: 0}\n"), tmp_path / "r.json"

    assert bench.bench(settings, asked("--full", "--json", str(path))) == 0
    results = load_results(path)
    assert set(results.start) == {"cold", "warm"}
    assert results.cases["2 x 1 s"].speech_s > results.cases["1 s"].speech_s
    assert [run.date for run in History().runs()] == [results.date]

    results.hardware = replace(results.hardware, key="another")
    results.save(path)
    assert bench.bench(settings, asked("--lengths", "1", "--check", str(path))) == 2
    assert "Not compared: hardware" in capsys.readouterr().out
    assert len(History().runs()) == 1  # one with chosen lengths is no measure for later
