"""Section that times vocoder and evaluation as AOTInductor compiles them, beside what runs now.

It stands for the ahead-of-time compilers: their fixed shape, no Python, all that may be fused.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from bot.engine.f5.mel import BANDS
from bot.engine.f5.model.dit import rotation, velocities
from bot.engine.f5.model.modulation import Modulations
from bot.engine.f5.model.operations import Operations
from bot.engine.f5.model.runner import bucket
from bot.engine.f5.model.synthesis import plan
from bot.engine.f5.model.vocos import decode
from bot.engine.f5.weights.model_folder import load_model
from tests.bench.f5.verdicts.bench import NFE, Bench, Figures

Call = Callable[..., Tensor]


def ahead_of_time(bench: Bench) -> None:
    """Time both, each recorded as we record, launched, and as a package of AOTInductor."""
    blocks = min(bench.extent.compiled_blocks, bench.tested.architecture()["depth"])
    ways: dict[str, Callable[[Bench, int], tuple[Call, Call, tuple[Tensor, ...]]]] = {
        "vocoder": _vocoder,
        f"evaluation of {blocks} blocks": partial(_evaluation, blocks),
    }
    for seconds in bench.extent.compiled_s:
        frames = bucket(bench.workload.frames(seconds))
        for name, make in ways.items():
            call, plain, inputs = make(bench, frames)
            at = f"{name}/{frames}"
            with torch.inference_mode():
                bench.put(f"{at}/recorded", partial(bench.recorded_ms, partial(call, *inputs)))
                bench.put(f"{at}/launched", partial(bench.ms, partial(call, *inputs)))
            bench.put(f"{at}/ahead of time", partial(_package, bench, plain, inputs))


class _Module(nn.Module):
    """A function of tensors, as torch.export wants it."""

    def __init__(self, function: Call) -> None:
        super().__init__()
        self._function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self._function(*inputs)


def _vocoder(bench: Bench, frames: int) -> tuple[Call, Call, tuple[Tensor, ...]]:
    vocoder = bench.tested.vocos()
    mel = torch.randn(frames, BANDS, device=bench.device)
    is_decoded = torch.ones(frames, dtype=torch.bool, device=bench.device)

    def of(operations: Operations) -> Call:
        return lambda mel, is_decoded: decode(vocoder, mel, is_decoded, operations.depthwise)

    return of(_own(bench)), of(Operations(depthwise=_depthwise)), (mel, is_decoded)


def _depthwise(x: Tensor, weights: tuple[Tensor, Tensor]) -> Tensor:
    """Return what `operations.depthwise` returns; torch.export takes no switches of cuDNN."""
    padding = weights[0].shape[-1] // 2
    return nn.functional.conv1d(
        x.transpose(1, 2), *weights, padding=padding, groups=x.shape[-1]
    ).transpose(1, 2)


def _evaluation(blocks: int, bench: Bench, frames: int) -> tuple[Call, Call, tuple[Tensor, ...]]:
    tested = bench.tested
    acoustic, _ = load_model(tested.model, bench.device, bench.dtype)
    model, sampling = acoustic.weights, tested.sampling(NFE)
    modulations = plan(acoustic, sampling, bench.device).modulations
    model = model._replace(blocks=model.blocks[:blocks])
    first = Modulations(modulations.blocks[0][:blocks], modulations.final[0])
    rope = rotation(
        torch.arange(frames, device=bench.device), acoustic.rotated_heads, sampling.copies
    )
    is_frame = torch.ones(frames, dtype=torch.bool, device=bench.device)
    width = model.output.weight.shape[1]
    state = torch.randn(frames, BANDS, device=bench.device)
    constant = torch.randn(sampling.copies, frames, width, device=bench.device).to(bench.dtype)

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        q, k, v = (
            x.reshape(sampling.copies, frames, *x.shape[1:]).transpose(1, 2)
            for x in (query, key, value)
        )
        attended = nn.functional.scaled_dot_product_attention(q, k, v)
        return attended.transpose(1, 2).reshape(sampling.copies * frames, -1)

    def of(operations: Operations) -> Call:
        return lambda state, constant: velocities(
            model, operations, attend, state, constant, is_frame, rope, first
        )

    return of(_own(bench, model.positions)), of(Operations()), (state, constant)


def _own(bench: Bench, positions: object = ()) -> Operations:
    if not bench.on_gpu or bench.dtype is torch.float32:
        return Operations()
    from bot.engine.f5.model import kernels  # noqa: PLC0415 - Triton is optional

    return kernels.operations(positions)  # type: ignore[arg-type]


def _package(bench: Bench, function: Call, inputs: tuple[Tensor, ...]) -> Figures:
    begun = time.perf_counter()
    path = bench.tested.scratch / f"{time.monotonic_ns()}.pt2"
    # Outside of inference mode, which torch.export does not take.
    with torch.no_grad():
        program = torch.export.export(_Module(function), inputs, strict=False)
        file = torch._inductor.aoti_compile_and_package(program, package_path=str(path))
        took_s = time.perf_counter() - begun
        compiled = torch._inductor.aoti_load_package(file)
        expected, result = function(*inputs), compiled(*inputs)
        return {
            "launched_ms": bench.ms(lambda: compiled(*inputs)),
            "compile_s": round(took_s, 1),
            "package_mb": round(Path(file).stat().st_size / 1e6, 1),
            "error": round(float((result - expected).norm() / expected.norm()), 6),
        }
