"""Where the model runs, and the runner that runs it there."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import torch

from bot.engine.f5.model import int8
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.text.vocabulary import Vocabulary
from bot.engine.f5.weights.folder import bears_int8, load_model, load_vocoder
from bot.errors import StartError


def load_runner(
    model: Path,
    vocoder: Path,
    device: torch.device,
    dtype: torch.dtype,
    *,
    on_demand: bool = True,
    on_step: Callable[[], None] = lambda: None,
) -> tuple[Runner, Vocabulary]:
    """Return what runs the model and the vocoder in these folders, and the model's vocabulary.

    `dtype` int8 is float32 with products of 8 bits; `on_demand` and `on_step` are as in `Runner`.

    Raises:
        StartError: a file is missing or does not fit.
    """
    in_int8 = dtype is torch.int8
    dtype = torch.float32 if in_int8 else dtype
    acoustic, vocabulary = load_model(model, device, dtype)
    # Our kernels are made for half precision.
    kernels = (
        device.type == "cuda" and dtype is not torch.float32 and find_spec("triton") is not None
    )
    decoder = load_vocoder(vocoder, device, dtype)
    runner = Runner(
        acoustic,
        decoder,
        device,
        kernels=kernels,
        on_demand=on_demand,
        in_int8=in_int8,
        on_step=on_step,
    )
    return runner, vocabulary


def choose_device(name: str) -> torch.device:
    """Return the device "auto", "cpu", "cuda" or "cuda:1".

    Raises:
        StartError: it is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise StartError(
            f"There is no device {name!r}.", remedy="Use auto, cpu or cuda."
        ) from error
    if device.type not in ("cpu", "cuda"):
        raise StartError(f"F5-TTS does not run on {name!r}.", remedy="Use auto, cpu or cuda.")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise StartError(
            "torch finds no CUDA GPU.", remedy="Install the driver, or set the device to cpu."
        )
    return device


def choose_dtype(device: torch.device, model: Path) -> torch.dtype:
    """Return half precision where the hardware computes in it: upstream's choice on GPUs.

    On a processor that does not, it is int8 if the model in the folder `model` bears it.
    """
    if device.type == "cuda":
        return torch.float16
    # Private, so absent in some versions; without it the safe choice is float32.
    has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    if has_bf16():
        return torch.bfloat16
    return torch.int8 if bears_int8(model) and int8.works() else torch.float32
