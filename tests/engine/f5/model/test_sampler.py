"""Schedules are upstream's."""

import pytest
import torch

from bot.engine.f5.model.sampler import Sampling, draw_noise, schedule
from bot.engine.upstream.importing import import_upstream


@pytest.mark.parametrize("steps", [1, 4, 5, 6, 7, 8, 10, 12, 16, 32])
@pytest.mark.parametrize("sway", [-1.0, 0.0])
def test_schedule_equals_upstream(steps: int, sway: float) -> None:
    utils = import_upstream("f5_tts.model.utils")
    times = utils.get_epss_timesteps(steps, device="cpu", dtype=torch.float32)
    expected = times + sway * (torch.cos(torch.pi / 2 * times) - 1 + times)
    assert torch.equal(schedule(Sampling(steps=steps, sway=sway)), expected)


def test_noise_is_what_upstream_draws_for_the_seed() -> None:
    torch.manual_seed(5)
    expected = torch.randn(33, 100)
    assert torch.equal(draw_noise(33, 5, torch.device("cpu")), expected)
