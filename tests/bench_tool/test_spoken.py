"""Engines in processes of their own, measured by what they speak."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot import engine_speed
from bot.bench import routine
from bot.bench.check import Verdict
from bot.bench.history import History
from bot.bench.report import Reporter
from bot.bench.results import load as load_results
from bot.bench.spoken import TEXTS, SpokenSession, Utterance
from bot.config.engine import EngineSettings
from bot.speed import load
from bot.wiring import engines


def test_it_needs_no_torch_and_nor_does_looking_back() -> None:
    code = (
        "import sys, bot.engine_speed, bot.bench.history_view, bot.report.archive\n"
        "sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_what_an_engine_speaks_is_compared_and_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    history, asked = History(tmp_path / "bench"), list[str]()

    def check(factor: float) -> Verdict | None:
        def speak(text: str) -> Utterance:
            asked.append(text)
            return Utterance(took_s=factor * len(text) / 100, audio_s=len(text) / 14, nfe=7)

        session = SpokenSession(speak, "auto", "/usr/bin/python3", Reporter())
        return routine.check(session, history, Reporter(), lambda: True)

    assert check(1.0) is Verdict.AS_FAST
    asked.clear()
    assert check(1.05) is Verdict.AS_FAST
    once = len(asked)
    asked.clear()
    assert check(1.3) is Verdict.SLOWER
    assert len(asked) == 3 * once - 2  # the first text once more, then all of them three times
    found = load(tmp_path)
    assert found is not None
    assert found.ratios == dict.fromkeys(TEXTS, 1.3)
    assert "again" not in capsys.readouterr().err
    for path in history.folder.glob("*.json"):
        assert load_results(path).mode == "spoken"


async def test_an_utterance_is_timed_to_its_last_sample() -> None:
    engine = engines.create(EngineSettings(engines=("tone",)), "tone")
    try:
        await engine.warm_up()
        spoken = await engine_speed._speak(engine, "hello there", "heart")
    finally:
        await engine.close()

    assert spoken.audio_s > 0.3
    assert 0 < spoken.took_s < 30
