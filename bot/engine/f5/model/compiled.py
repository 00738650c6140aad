"""torch.compile in place of our own kernels and layouts, to compare with them.

One evaluation becomes one graph, made once for all lengths. It is not the default: our own kernels
are loaded at once, and compiling takes from seconds to minutes at the first start (docs/speed.md).
"""

import os
import shutil
import sys
from importlib.util import find_spec
from typing import TypedDict

import torch

from bot.engine.f5.model.dit import DiT, velocities
from bot.engine.f5.model.operations import Operations
from bot.engine.f5.model.runner import Tune
from bot.engine.f5.model.synthesis import Functions
from bot.engine.f5.model.vocos import decode
from bot.errors import StartError

_COMPILERS = {"win32": "cl", "darwin": "clang++"}


class Arguments(TypedDict, total=False):
    """Arguments of a `Runner`; none is our own way."""

    tune: Tune
    functions: Functions


def require(device: torch.device, dtype: torch.dtype) -> None:
    """Check that torch.compile can run on `device` in `dtype`.

    Raises:
        StartError: a compiler is missing, or it is int8, whose operators are compiled already.
    """
    remedy = "Or set engine.f5.compile to graphs."
    if dtype is torch.int8:
        raise StartError(
            "torch.compile cannot make products of 8 bits.",
            remedy=f"Set engine.f5.precision to float32. {remedy}",
        )
    if device.type == "cuda":
        if find_spec("triton") is None:
            raise StartError(
                "torch.compile needs Triton on a GPU.", remedy=f"Install triton. {remedy}"
            )
        return
    # As torch finds it: only its environment variable may name another one.
    compiler = os.environ.get("CXX") or _COMPILERS.get(sys.platform, "g++")
    if shutil.which(compiler) is None:
        raise StartError(
            f"torch.compile needs a C++ compiler, and {compiler} is not there.",
            remedy=f"Install it, or name another one in CXX. {remedy}",
        )


def instead_of_ours() -> Arguments:
    """Return what a `Runner` computes with."""
    functions = Functions(
        velocities=torch.compile(velocities, dynamic=True, fullgraph=True),
        decode=torch.compile(decode, dynamic=True),
        are_compiled=True,
    )
    return Arguments(tune=_as_loaded, functions=functions)


def _as_loaded(model: DiT) -> tuple[DiT, Operations]:
    return model, Operations()
