"""A loss on phases, which the others hardly see: spectra of the right size can sound rough.

Absolute phases depend on where a wave begins; what is heard is how they go on from one frame to the
next (the frequency in each bin) and from bin to bin (where in the window the energy lies). After
APNet (arXiv 2305.07952), but on angles between products, which need no unwrapping.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from training.spectra import Spectrum

_EXPONENT = 0.25
"""Of the energies that weigh the angles: with 0.5 the loudest bins alone would count."""
_FLOOR = 1e-8


def _turns(parts: Tensor, dim: int) -> Tensor:
    """Return each bin times the conjugate of the one before it along `dim`; `[B, T, F, 2]`."""
    count = parts.shape[dim] - 1
    real, imaginary = parts.narrow(dim, 1, count).unbind(-1)
    before_real, before_imaginary = parts.narrow(dim, 0, count).unbind(-1)
    return torch.stack(
        [
            real * before_real + imaginary * before_imaginary,
            imaginary * before_real - real * before_imaginary,
        ],
        dim=-1,
    )


def _angle_loss(true: Tensor, made: Tensor) -> Tensor:
    """Return 1 less the mean cosine between products, weighed by true loudness, `[B]`."""
    true_power = true.square().sum(dim=-1)
    lengths = ((true_power + _FLOOR**2) * (made.square().sum(dim=-1) + _FLOOR**2)).sqrt()
    cosine = (true * made).sum(dim=-1) / lengths
    weight = true_power.clamp(min=_FLOOR**2).pow(_EXPONENT)
    return ((1 - cosine) * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2))


def phase_loss(true: Sequence[Spectrum], made: Sequence[Spectrum], weights: Tensor) -> Tensor:
    """Return the loss over all resolutions; `weights`, `[B]`, are those of items."""
    losses = [
        _angle_loss(_turns(t.parts, dim), _turns(m.parts, dim))
        for t, m in zip(true, made, strict=True)
        for dim in (1, 2)
    ]
    return (torch.stack(losses).mean(dim=0) * weights).mean()
