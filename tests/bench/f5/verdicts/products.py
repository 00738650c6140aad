"""Sections that time the products of the blocks: fp8, int8, split sums, rounding in the norm."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import torch
from torch import Tensor

from bot.engine.f5.model import operations
from bot.engine.f5.model.operations import HEAD_WIDTH
from tests.bench.f5.verdicts.bench import Bench, Figures
from tests.bench.f5.verdicts.rounding import FLOAT8_LARGEST

Product = Callable[[], Tensor]


def layer_sizes(bench: Bench) -> dict[str, tuple[int, int]]:
    """Return inner and outer width of each product of a block."""
    sizes = bench.tested.architecture()
    width, inner, mult = sizes["dim"], sizes["heads"] * HEAD_WIDTH, sizes["ff_mult"]
    return {
        "qkv": (width, 3 * inner),
        "out": (inner, width),
        "up": (width, mult * width),
        "down": (mult * width, width),
    }


def fewer_bits(bench: Bench) -> None:
    """Time each product in half precision, fp8 (scales by tensor, by row) and int8.

    Inputs are rounded already; what rounding costs stands in `rounding` and `norm`.
    """
    for layer, (inner, outer) in layer_sizes(bench).items():
        for rows in bench.extent.rows:
            for kind, product in _kinds(bench, rows, inner, outer).items():
                bench.put(f"{layer}/{rows}/{kind}", partial(bench.recorded_ms, product))


def _kinds(bench: Bench, rows: int, inner: int, outer: int) -> dict[str, Product]:
    device, dtype = bench.device, bench.dtype
    x, weight = _random(bench, rows, inner), _random(bench, outer, inner)
    bias = _random(bench, outer, 1).flatten()
    x8, w8 = x.to(torch.float8_e4m3fn), weight.to(torch.float8_e4m3fn)
    one = torch.ones((), device=device)
    by_row, by_column = torch.ones(rows, 1, device=device), torch.ones(1, outer, device=device)
    x_levels = (x.float() * 30).round().to(torch.int8)
    w_levels = (weight.float() * 30).round().to(torch.int8)

    def scaled(out_dtype: torch.dtype, left: Tensor, right: Tensor) -> Tensor:
        return torch._scaled_mm(
            x8, w8.T, left, right, bias.to(out_dtype), out_dtype=out_dtype, use_fast_accum=True
        )

    return {
        str(dtype).removeprefix("torch."): lambda: torch.addmm(bias, x, weight.T),
        "fp8, a scale a tensor": lambda: scaled(dtype, one, one),
        "fp8, scales by row, bfloat16 out": lambda: scaled(torch.bfloat16, by_row, by_column),
        "fp8, scales by row": lambda: scaled(dtype, by_row, by_column),
        "int8": lambda: torch._int_mm(x_levels, w_levels.T),
    }


def rounding(bench: Bench) -> None:
    """Time rounding alone, in torch's passes: with a scale that is known, and one that is not."""
    for layer, (inner, _) in layer_sizes(bench).items():
        for rows in bench.extent.rows:
            x, step = _random(bench, rows, inner), torch.ones((), device=bench.device)
            for kind, call in (("known scale", _round_known), ("scale taken", _round_taken)):
                bench.put(
                    f"{layer}/{rows}/{kind}", partial(bench.recorded_ms, partial(call, x, step))
                )


def _round_known(x: Tensor, step: Tensor) -> Tensor:
    return (x * step).clamp(-FLOAT8_LARGEST, FLOAT8_LARGEST).to(torch.float8_e4m3fn)


def _round_taken(x: Tensor, _: Tensor) -> Tensor:
    return (x * (FLOAT8_LARGEST / x.abs().amax().float())).to(torch.float8_e4m3fn)


def norm(bench: Bench) -> None:
    """Time the norm alone, with rounding behind it, and with rounding inside it."""
    if find_spec("triton") is None or not bench.on_gpu:
        raise RuntimeError("needs a GPU and Triton")
    for rows in bench.extent.rows:
        for kind, call in _norms(bench, rows).items():
            bench.put(f"{rows}/{kind}", partial(bench.recorded_ms, call))
        bench.put(f"{rows}/error", partial(_norm_error, bench, rows))


def _norms(bench: Bench, rows: int) -> dict[str, Callable[[], object]]:
    from bot.engine.f5.model import kernels  # noqa: PLC0415 - Triton is optional
    from tests.bench.f5.verdicts.quantising import add_norm_round  # noqa: PLC0415

    inputs = _norm_inputs(bench, rows)
    step = torch.full((), 0.01, device=bench.device)
    return {
        "norm": partial(kernels.add_norm, *inputs),
        "norm, then rounding": lambda: _round_known(kernels.add_norm(*inputs)[1], step),
        "rounding inside, known scale": partial(add_norm_round, *inputs, step=step),
    }


def _norm_inputs(bench: Bench, rows: int) -> tuple[Tensor, ...]:
    width = bench.tested.architecture()["dim"]
    gate, shift, scale = torch.randn(3, width, device=bench.device)
    return _random(bench, rows, width), _random(bench, rows, width), gate, shift, scale


def _norm_error(bench: Bench, rows: int) -> float:
    """Return the relative error of the rounded norm, about 0.03 where the kernel is right."""
    from tests.bench.f5.verdicts.quantising import add_norm_round  # noqa: PLC0415 - Triton

    inputs = _norm_inputs(bench, rows)
    exact = operations.add_norm(*inputs)[1].float()
    step = exact.abs().amax() / FLOAT8_LARGEST
    _, _, levels = add_norm_round(*inputs, step=step)
    return round(float((levels.float() * step - exact).norm() / exact.norm()), 5)


def split_sums(bench: Bench) -> None:
    """Time the products whole, with the sum split in two, and with the rows split in two."""
    tiles = 128
    for layer, (inner, outer) in layer_sizes(bench).items():
        for rows in bench.extent.rows:
            x, weight = _random(bench, rows, inner), _random(bench, outer, inner)
            halves = x.view(rows, 2, -1).transpose(0, 1), weight.view(outer, 2, -1)
            parts = halves[0], halves[1].permute(1, 2, 0)
            cut = rows // 2 // tiles * tiles or rows // 2
            padded = _random(bench, -(-rows // tiles) * tiles, inner)
            calls: Figures = {
                "whole": partial(torch.mm, x, weight.T),
                "sum in two": lambda: torch.bmm(*parts).sum(0),  # noqa: B023 - called at once
                "rows in two": lambda: (x[:cut] @ weight.T, x[cut:] @ weight.T),  # noqa: B023
                f"rows up to {tiles}s": partial(torch.mm, padded, weight.T),
            }
            for kind, call in calls.items():
                bench.put(f"{layer}/{rows}/{kind}", partial(bench.recorded_ms, call))


def _random(bench: Bench, *shape: int) -> Tensor:
    return torch.randn(*shape, device=bench.device).to(bench.dtype)
