"""Sampling from noise to mel: schedule, Euler steps and classifier-free guidance.

Schedules are those of `f5_tts.model.cfm` and `get_epss_timesteps`: Empirically Pruned Step Sampling
(arXiv 2505.19931) where it has a table, uniform times elsewhere, bent by sway sampling. All of it
is float32 at every precision of the model.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from bot.engine.f5.mel import BANDS

_PRUNED = {  # times in units of 1/32, by the number of function evaluations
    5: (0, 2, 4, 8, 16, 32),
    6: (0, 2, 4, 6, 8, 16, 32),
    7: (0, 2, 4, 6, 8, 16, 24, 32),
    10: (0, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32),
    12: (0, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32),
    16: (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32),
}
PRUNED_STEPS = tuple(_PRUNED)
"""Numbers of function evaluations whose times were chosen well."""
NO_GUIDANCE_BELOW = 1e-5
"""Strength of guidance below which the unconditioned pass is left out, as upstream does."""


class Sampling(NamedTuple):
    """Parameters of solving the ordinary differential equation."""

    steps: int = 7
    """Number of function evaluations (NFE)."""
    cfg_strength: float = 2.0
    """Strength of classifier-free guidance."""
    sway: float = -1.0
    """Coefficient of sway sampling; below 0 the steps are finer near the noise."""

    @property
    def copies(self) -> int:
        """Return how many rows a step evaluates: conditioned, and not."""
        return 2 if self.cfg_strength >= NO_GUIDANCE_BELOW else 1


def schedule(sampling: Sampling) -> Tensor:
    """Return the times from 0 to 1, float32 `[steps + 1]`."""
    if sampling.steps in _PRUNED:
        times = torch.tensor(_PRUNED[sampling.steps], dtype=torch.float32) / 32
    else:
        times = torch.linspace(0, 1, sampling.steps + 1, dtype=torch.float32)
    return times + sampling.sway * (torch.cos(math.pi / 2 * times) - 1 + times)


def draw_noise(frames: int, seed: int, device: torch.device) -> Tensor:
    """Return noise, float32 `[frames, 100]`: the numbers that upstream draws for this seed."""
    generator = torch.Generator(device).manual_seed(seed)
    return torch.randn(frames, BANDS, generator=generator, device=device)


def advance(state: Tensor, velocities: Tensor, duration: Tensor, cfg_strength: Tensor) -> Tensor:
    """Return the state one Euler step later, `[T, 100]` float32.

    `velocities` are `[G, T, 100]`; guidance amplifies the difference that the conditioning makes.
    `duration` and `cfg_strength` are scalars in tensors, so that one CUDA graph serves every value.
    """
    velocity = velocities[0]
    if len(velocities) == 2:  # noqa: PLR2004 - conditioned, and not
        velocity = velocity + (velocity - velocities[1]) * cfg_strength
    return state + duration * velocity
