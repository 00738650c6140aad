"""Section that times whole requests with products in fp8: which layers, at batch 1 and 16.

Scales are fixed, taken from one request in float32, so that nothing waits for the largest value.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model.dit import DiT
from bot.engine.f5.model.operations import Linear, Operations
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.weights.model_folder import load_model, load_vocoder
from tests.bench.f5.verdicts.bench import Bench
from tests.bench.f5.verdicts.rounding import FLOAT8_LARGEST, PRODUCTS, Named, each_layer
from tests.bench.f5.workload import single

CHOICES: dict[str, tuple[str, ...]] = {
    "none": (),
    "all": PRODUCTS,
    "qkv": ("qkv",),
}
"""All lose in whole requests; the first alone, behind a norm and without GELU, may gain."""
_MARGIN = 1.1
"""Scales leave so much room above the largest value that was seen."""


class Scaled(Linear):
    """Affine map with a weight in fp8, `[out, in]`."""

    weight_step: Tensor
    input_step: Tensor
    """Scales, float32 scalars in tensors."""
    inverse: Tensor


def float8_requests(bench: Bench) -> None:
    """Time requests, rounding behind the norm and inside it."""
    largest = _largest_inputs(bench)
    for name, parts in CHOICES.items():
        for is_fused in (False, True) if parts and bench.on_gpu else (False,):
            tune = partial(tuned, largest, parts, bench.on_gpu, is_fused)
            runner = _runner(bench, bench.dtype, tune)
            called = f"{name}, rounded in the norm" if is_fused else name
            for load in bench.loads:
                bench.put(f"{called}/{load.name}", partial(bench.request, runner, load))


def _runner(
    bench: Bench, dtype: torch.dtype, tune: Callable[[DiT], tuple[DiT, Operations]]
) -> Runner:
    tested = bench.tested
    acoustic, _ = load_model(tested.model, tested.device, dtype)
    vocoder = load_vocoder(tested.vocoder, tested.device, dtype)
    use_triton = bench.on_gpu and dtype is not torch.float32
    return Runner(acoustic, vocoder, tested.device, use_triton=use_triton, tune=tune)


def _largest_inputs(bench: Bench) -> dict[str, float]:
    """Return the largest absolute value that each product meets in a request."""
    largest: dict[str, float] = defaultdict(float)

    def named(linear: Linear, layer: str) -> Linear:
        changed = Named(*linear)
        changed.layer = layer
        return changed

    def watched(
        compute: Callable[[Tensor, Linear], Tensor],
    ) -> Callable[[Tensor, Linear], Tensor]:
        def product(x: Tensor, weights: Linear) -> Tensor:
            if isinstance(weights, Named):
                largest[weights.layer] = max(largest[weights.layer], float(x.abs().amax()))
            return compute(x, weights)

        return product

    def tune(model: DiT) -> tuple[DiT, Operations]:
        plain = Operations()
        return each_layer(model, named), plain._replace(
            linear=watched(plain.linear), linear_gelu=watched(plain.linear_gelu)
        )

    runner = _runner(bench, torch.float32, tune)
    runner.run(bench.workload.items(single(1.0)), bench.tested.sampling(7))
    return largest


def tuned(
    largest: dict[str, float],
    parts: Sequence[str],
    use_kernels: bool,  # noqa: FBT001 - bound by partial
    is_fused: bool,  # noqa: FBT001 - the same
    model: DiT,
) -> tuple[DiT, Operations]:
    """Return the model with the products `parts` of every block in fp8, and its operations."""

    def change(linear: Linear, layer: str) -> Linear:
        if layer.rpartition(" ")[2] not in parts:
            return linear
        step = linear.weight.float().abs().amax() / FLOAT8_LARGEST
        changed = Scaled((linear.weight.float() / step).to(torch.float8_e4m3fn), linear.bias)
        changed.weight_step = step
        changed.input_step = torch.full_like(step, largest[layer] * _MARGIN / FLOAT8_LARGEST)
        changed.inverse = changed.input_step.reciprocal()
        return changed

    operations = Operations()
    if use_kernels:
        from bot.engine.f5.model import kernels  # noqa: PLC0415 - Triton is optional

        operations = kernels.operations(model.positions)
    changed = each_layer(model, change)
    levels = _Levels()
    replaced = operations._replace(
        linear=partial(_linear, operations, levels), linear_gelu=partial(_gelu, operations, levels)
    )
    if is_fused:
        replaced = replaced._replace(add_norm=_FusedNorm(changed, levels))
    return changed, replaced


class _Levels:
    """Input that was rounded by the norm already, and what it was rounded from."""

    source: Tensor | None = None
    levels: Tensor | None = None

    def of(self, x: Tensor, weights: Scaled) -> Tensor:
        """Return `x` in fp8."""
        if self.source is x and self.levels is not None:
            return self.levels
        rounded = (x * weights.inverse).clamp(-FLOAT8_LARGEST, FLOAT8_LARGEST)
        return rounded.to(torch.float8_e4m3fn)


class _FusedNorm:
    """Norms in the order in which an evaluation calls them, each before its own product."""

    def __init__(self, model: DiT, levels: _Levels) -> None:
        self._next = [
            product for block in model.blocks for product in (block.qkv, block.up)
        ]  # the last norm is before the output, which is not rounded
        self._levels = levels
        self._number = 0

    def __call__(
        self, x: Tensor, y: Tensor, gate: Tensor | None, shift: Tensor, scale: Tensor
    ) -> tuple[Tensor, Tensor]:
        from bot.engine.f5.model import kernels  # noqa: PLC0415 - Triton is optional
        from tests.bench.f5.verdicts.quantising import add_norm_round  # noqa: PLC0415

        if gate is None:  # an evaluation begins
            self._number = 0
        product = self._next[self._number] if self._number < len(self._next) else None
        self._number += 1
        if not isinstance(product, Scaled):
            return kernels.add_norm(x, y, gate, shift, scale)
        total, normed, self._levels.levels = add_norm_round(
            x, y, gate, shift, scale, step=product.input_step
        )
        self._levels.source = normed
        return total, normed


def _linear(operations: Operations, levels: _Levels, x: Tensor, weights: Linear) -> Tensor:
    if not isinstance(weights, Scaled):
        return operations.linear(x, weights)
    return torch._scaled_mm(
        levels.of(x, weights), weights.weight.T, weights.input_step, weights.weight_step,
        weights.bias, out_dtype=x.dtype, use_fast_accum=True,
    )  # fmt: skip


def _gelu(operations: Operations, levels: _Levels, x: Tensor, weights: Linear) -> Tensor:
    if not isinstance(weights, Scaled):
        return operations.linear_gelu(x, weights)
    return functional.gelu(_linear(operations, levels, x, weights), approximate="tanh")
