"""Faults in real processes: every utterance ends once, and what was heard is whole."""

from pathlib import Path

import numpy as np
import pytest

from tests.bench import faults
from tests.engine.stand_ins import LEVELS

pytestmark = pytest.mark.parts

_DEADLINE_S = 570
"""End of a run that hangs; it takes about 20 s of an idle machine."""


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", faults.STAND_INS)


@pytest.mark.long
@pytest.mark.timeout(_DEADLINE_S + 30)
async def test_whatever_breaks_every_word_is_heard_once_and_without_gaps_where_nothing_broke(
    tmp_path: Path,
) -> None:
    stage = faults.Stage(tmp_path, seed=1)
    await stage.run(6, _DEADLINE_S)
    verdict = faults.judge(stage)

    assert stage.happened >= 6
    assert stage.first.restarts > 0
    assert stage.channel.without_one_end() == []
    assert verdict.spoken == verdict.whole == len(stage.accepted)
    assert verdict.unexplained == 0


def test_what_was_heard_is_told_apart_by_level_and_by_silence() -> None:
    low, high = (np.full(4_800, level, np.float32) for level in LEVELS[:2])
    silence = np.zeros(2_400, np.float32)
    parts = faults.stretches(np.concatenate([silence, low, low, silence, low, high]))

    assert [part.level for part in parts] == [0, 0, 1]
    assert [part.end_s - part.begin_s for part in parts] == pytest.approx([0.2, 0.1, 0.1])
