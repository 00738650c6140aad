"""Phases that are fitted to each other: what that does to a sound, and what it leaves alone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.engine.f5.mel import log_mel
from bot.engine.f5.model import phases
from bot.engine.f5.model.vocos import Vocos, decode, wave_span
from bot.engine.f5.weights.checkpoint import load_vocos
from bot.engine.f5.weights.model_folder import load_vocoder
from bot.errors import StartError
from tests.engine.f5.conftest import CPU

pytestmark = pytest.mark.parts

WINDOW = torch.hann_window(1024)
SAMPLES = 256 * 60


def buzz(pitch_hz: float) -> Tensor:
    time_s = torch.arange(SAMPLES) / 24_000
    waves = [torch.sin(2 * torch.pi * k * pitch_hz * time_s) / k for k in range(1, 20)]
    return 0.1 * torch.stack(waves).sum(dim=0)


def measured(wave: Tensor) -> Tensor:
    return torch.stft(wave, 1024, 256, window=WINDOW, return_complex=True).T  # [T, 513]


def misfit(wave: Tensor, magnitude: Tensor) -> float:
    """Return how far the magnitudes of a sound are from those that were asked for."""
    return float((measured(wave).abs() - magnitude).norm() / magnitude.norm())


def test_a_low_voice_with_wrong_phases_sounds_as_its_magnitudes_ask() -> None:
    wave = buzz(110.0)
    true = measured(wave)
    turn = torch.rand(true.shape, generator=torch.Generator().manual_seed(1)) * 2 * torch.pi
    wrong = torch.polar(true.abs(), turn)
    keep = torch.ones(len(true), 1, dtype=torch.bool)

    def sound(rounds: int) -> Tensor:
        how = phases.fitting(rounds, CPU)
        fitted = phases.fit(wrong, log_mel(wave), how, WINDOW, keep)
        return phases.sound(fitted, WINDOW, keep)[512:-512]

    assert misfit(sound(32), true.abs()) < 0.5 * misfit(sound(0), true.abs())


def test_items_of_a_row_do_not_change_each_other(
    vocos_pair: tuple[Any, Vocos],
) -> None:
    model = load_vocos(vocos_pair[0].state_dict(), "center", CPU, torch.float32, 5)
    mel = torch.randn(40, 100, generator=torch.Generator().manual_seed(2)) - 3
    is_decoded = torch.ones(40, dtype=torch.bool)
    is_decoded[18:21] = False
    row = decode(model, mel, is_decoded)
    for start, end in ((0, 18), (21, 40)):
        alone = decode(model, mel[start:end], torch.ones(end - start, dtype=torch.bool))
        torch.testing.assert_close(
            row[wave_span(model, start, end)], alone[wave_span(model, 0, end - start)],
            rtol=0, atol=1e-4,
        )  # fmt: skip
    plain = load_vocos(vocos_pair[0].state_dict(), "center", CPU, torch.float32)
    assert not torch.allclose(decode(plain, mel, is_decoded), row, atol=1e-3)


@pytest.mark.parametrize("rounds", ["-1", "many", "1e9", "2000"])
def test_a_number_of_rounds_that_cannot_be_is_refused(tmp_path: Path, rounds: str) -> None:
    (tmp_path / "config.yaml").write_text(f"ishowtts:\n  fit_rounds: {rounds}\n", encoding="utf-8")
    with pytest.raises(StartError, match="fit_rounds"):
        load_vocoder(tmp_path, CPU, torch.float32)
