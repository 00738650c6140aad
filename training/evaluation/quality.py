"""Sound quality as people would rate it, by DistillMOS (arXiv 2502.05356).

Its weights come with the package.
"""

import importlib
import sys
import types
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import torch
from scipy.signal import resample_poly
from torch import Tensor

_RATE_HZ = 16_000


class _Model(Protocol):
    def __call__(self, waves: Tensor) -> Tensor: ...
    def eval(self) -> "_Model": ...


def _model() -> _Model:
    try:
        importlib.import_module("torchaudio")
    except (ImportError, OSError):
        # Only its command line and a feature of another model want it, and it often does not fit
        # the torch that is there.
        stand_in = types.ModuleType("torchaudio")
        transforms = types.ModuleType("torchaudio.transforms")
        transforms.__dict__["MFCC"] = None
        sys.modules |= {"torchaudio": stand_in, "torchaudio.transforms": transforms}
    package = importlib.import_module("distillmos")
    return cast("_Model", package.ConvTransformerSQAModel()).eval()


class Rater:
    """Rates speech from 1 to 5."""

    def __init__(self) -> None:
        self._model = _model()

    def rate(self, samples: npt.NDArray[np.float32], rate_hz: int) -> float:
        """Return the mean opinion score of mono `samples`, `[n]`."""
        # A gentle filter, as in the package's own command: speech that ends at a steep edge below
        # 8 kHz is rated up to 1.2 lower.
        wave = resample_poly(samples.astype(np.float32), _RATE_HZ, rate_hz).astype(np.float32)
        with torch.inference_mode():
            return float(self._model(torch.from_numpy(wave)[None]))
