"""Device and precision that the model runs in, and the runner on them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import torch

from bot.engine.f5.model import compiled, cpu, int8
from bot.engine.f5.model.operations import Linear
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.text.vocabulary import Vocabulary
from bot.engine.f5.weights.model_folder import judged, load_model, load_vocoder
from bot.errors import StartError, shown

log = logging.getLogger(__name__)

PRECISIONS: Mapping[str, torch.dtype] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int8": torch.int8,
}
"""Types by their names in the configuration; int8 is float32 with products of 8 bits."""
_NOT_ON = {"cpu": torch.float16, "cuda": torch.int8}
"""Precision that a kind of device does not compute in."""


def load_runner(
    model: Path,
    vocoder: Path,
    device: torch.device,
    dtype: torch.dtype,
    *,
    on_demand: bool = True,
    on_step: Callable[[], None] = lambda: None,
    compile_by: str = "graphs",
) -> tuple[Runner, Vocabulary]:
    """Return a runner of the model and the vocoder in these folders, and the model's vocabulary.

    `dtype` is one of `PRECISIONS`; `on_demand` and `on_step` are as in `Runner`; `compile_by` is
    "graphs", or "torch" for torch.compile in place of our own kernels.

    Raises:
        StartError: a file is missing or does not fit, or torch.compile cannot run.
    """
    by_torch = compile_by == "torch"
    if by_torch:
        compiled.require(device, dtype)
    in_int8 = dtype is torch.int8
    dtype = torch.float32 if in_int8 else dtype
    acoustic, vocabulary = load_model(model, device, dtype)
    # Our kernels are made for half precision.
    use_triton = (
        device.type == "cuda"
        and dtype is not torch.float32
        and not by_torch
        and find_spec("triton") is not None
        and can_launch(partial(_launch_one, device))
    )
    runner = Runner(
        acoustic,
        load_vocoder(vocoder, device, dtype),
        device,
        use_triton=use_triton,
        on_demand=on_demand,
        in_int8=in_int8,
        on_step=on_step,
        **(compiled.instead_of_ours() if by_torch else compiled.Arguments()),
    )
    return runner, vocabulary


def can_launch(launch: Callable[[], object]) -> bool:
    """Return whether `launch` launches a kernel of ours; where it cannot, the log says why.

    At its first launch Triton compiles a module for this Python, by the system's C compiler.
    """
    try:
        launch()
    except Exception as error:  # noqa: BLE001 - whatever Triton lacks, torch's own kernels speak
        log.warning(
            "Triton cannot compile the engine's own GPU kernels; slower ones speak",
            extra={
                "error": f"{type(error).__name__}: {error}",
                "remedy": "Install gcc and python3-dev, and start again.",
            },
        )
        return False
    return True


def _launch_one(device: torch.device) -> None:
    from bot.engine.f5.model import kernels  # noqa: PLC0415 - Triton is optional

    empty = torch.zeros(1, 32, 128), torch.zeros(128, 1, 7), torch.zeros(128)
    frames, weight, bias = (each.to(device, torch.float16) for each in empty)
    with torch.cuda.device_of(frames):  # Triton launches on the current one
        kernels.depthwise(frames, Linear(weight, bias))


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
            f"There is no device {shown(name)}.", remedy="Use auto, cpu or cuda."
        ) from error
    if device.type not in ("cpu", "cuda"):
        raise StartError(f"F5-TTS does not run on {shown(name)}.", remedy="Use auto, cpu or cuda.")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise StartError(
            "torch finds no CUDA GPU.", remedy="Install the driver, or set the device to cpu."
        )
    return device


def candidates(
    device: torch.device, model: Path, precision: str = "auto", compile_by: str = "graphs"
) -> Sequence[torch.dtype]:
    """Return the types to compute the model in the folder `model` in.

    `precision` is a key of `PRECISIONS`, or "auto" for those whose speech was judged: float16 on a
    GPU; on a CPU those that the model names, as far as the CPU has them, and float32. Which of them
    is the fastest has to be measured. `compile_by` is as in `load_runner`: torch.compile does not
    make products of 8 bits.

    Raises:
        StartError: the device does not compute in this precision.
    """
    if precision == "auto":
        if device.type == "cuda":
            return [torch.float16]
        if compile_by == "torch":
            return [torch.float32]
        named = [PRECISIONS.get(name) for name in judged(model)]
        return [*(each for each in named if each and _is_fast(each)), torch.float32]
    dtype = PRECISIONS.get(precision)
    lacks_int8 = dtype is torch.int8 and not int8.works()
    if dtype is None or dtype is _NOT_ON[device.type] or lacks_int8:
        raise StartError(
            f"F5-TTS does not run in the precision {shown(precision)} on this {_kind(device)}.",
            remedy="Use auto or float32.",
        )
    return [dtype]


def _is_fast(dtype: torch.dtype) -> bool:
    """Return whether the CPU has instructions for it, without which it is slower than float32."""
    if dtype is torch.int8:
        return int8.works()
    return dtype is not torch.bfloat16 or cpu.has_bfloat16()


def describe(device: torch.device, dtype: torch.dtype) -> str:
    """Return device and precision for people, such as "CPU, 8 bits"."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _kind(device)
    bits = "8 bits" if dtype is torch.int8 else str(dtype).removeprefix("torch.")
    return f"{name}, {bits}"


def _kind(device: torch.device) -> str:
    return "GPU" if device.type == "cuda" else "CPU"
