"""Products of fewer bits, computed in float32 with weights and inputs rounded as they would be.

They tell what fp8 (e4m3, arXiv 2209.05433) and int8 cost in quality, on hardware that has neither.
Sums are exact, as they nearly are on a GPU, which adds products in float32 or int32.

Shapes: n rows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model.dit import DiT
from bot.engine.f5.model.operations import Linear, Operations

PRODUCTS = ("qkv", "out", "up", "down")
"""Fields of a `Block`."""
FLOAT8_LARGEST = 448.0
_INT8_LARGEST = 127.0
_TINY = torch.finfo(torch.float32).tiny


class Scheme(NamedTuple):
    """Way to round a product."""

    name: str
    is_float8: bool
    """fp8, else int8."""
    is_fine: bool
    """One scale for each row of the input and each output channel; else one for each tensor."""

    def round(self, values: Tensor) -> Tensor:
        """Return `values`, `[n, in]`, rounded; an infinite or missing number stays one."""
        largest = FLOAT8_LARGEST if self.is_float8 else _INT8_LARGEST
        top = values.abs()
        top = top.amax(dim=-1, keepdim=True) if self.is_fine else top.amax()
        scale = top.clamp(min=_TINY) / largest
        levels = values / scale
        if self.is_float8:
            return levels.to(torch.float8_e4m3fn).to(values.dtype) * scale
        return levels.round() * scale


SCHEMES = (
    Scheme("fp8, a scale a tensor", is_float8=True, is_fine=False),
    Scheme("fp8, scales by row and column", is_float8=True, is_fine=True),
    Scheme("int8, a scale a tensor", is_float8=False, is_fine=False),
    Scheme("int8, scales by row and column", is_float8=False, is_fine=True),
)


class Named(Linear):
    """Affine map that knows its layer."""

    layer: str
    """Block and product, as "3 qkv"."""


class Rounded(Named):
    """Affine map of a rounded weight, whose input is rounded, too."""

    scheme: Scheme


def layers(model: DiT) -> list[str]:
    """Return the names of all products of the blocks."""
    return [f"{number} {part}" for number in range(len(model.blocks)) for part in PRODUCTS]


def rounded(model: DiT, schemes: Mapping[str, Scheme]) -> DiT:
    """Return the model with the layers named in `schemes` rounded in that way."""

    def change(linear: Linear, layer: str) -> Linear:
        scheme = schemes.get(layer)
        if scheme is None:
            return linear
        changed = Rounded(scheme.round(linear.weight), linear.bias)
        changed.layer, changed.scheme = layer, scheme
        return changed

    return each_layer(model, change)


def rounding(operations: Operations) -> Operations:
    """Return operations that round the inputs of `Rounded` maps, and else are as they were."""

    def linear(x: Tensor, weights: Linear) -> Tensor:
        if not isinstance(weights, Rounded):
            return operations.linear(x, weights)
        return functional.linear(weights.scheme.round(x), *weights)

    def linear_gelu(x: Tensor, weights: Linear) -> Tensor:
        if not isinstance(weights, Rounded):
            return operations.linear_gelu(x, weights)
        return functional.gelu(linear(x, weights), approximate="tanh")

    return operations._replace(linear=linear, linear_gelu=linear_gelu)


class Errors:
    """Errors of every scheme at every layer, each on the input that the exact model gives it."""

    def __init__(self) -> None:
        """Begin with nothing measured."""
        self._wrong: dict[tuple[str, str], float] = defaultdict(float)
        self._right: dict[str, float] = defaultdict(float)

    def watched(self, model: DiT) -> tuple[DiT, Operations]:
        """Return the model in plain operations, measured at every product of a block."""

        def name(linear: Linear, layer: str) -> Linear:
            named = Named(*linear)
            named.layer = layer
            return named

        operations = Operations()

        def measured(
            compute: Callable[[Tensor, Linear], Tensor],
        ) -> Callable[[Tensor, Linear], Tensor]:
            def product(x: Tensor, weights: Linear) -> Tensor:
                if isinstance(weights, Named):
                    self._measure(x, weights)
                return compute(x, weights)

            return product

        return each_layer(model, name), operations._replace(
            linear=measured(operations.linear), linear_gelu=measured(operations.linear_gelu)
        )

    def _measure(self, x: Tensor, weights: Named) -> None:
        exact = x @ weights.weight.T
        self._right[weights.layer] += float(exact.square().sum())
        for scheme in SCHEMES:
            result = scheme.round(x) @ scheme.round(weights.weight).T
            self._wrong[scheme.name, weights.layer] += float((result - exact).square().sum())

    def relative(self, scheme: Scheme) -> dict[str, float]:
        """Return the relative L2 error of each layer's product, over all steps of all items."""
        return {
            layer: (self._wrong[scheme.name, layer] / right) ** 0.5
            for layer, right in self._right.items()
        }


def but_the_worst(errors: Mapping[str, float], left_out: float) -> list[str]:
    """Return the layers without the share `left_out` of them whose errors are largest."""
    ordered = sorted(errors, key=lambda layer: errors[layer])
    return ordered[: len(ordered) - round(len(ordered) * left_out)]


def all_in(scheme: Scheme, which: Iterable[str]) -> dict[str, Scheme]:
    """Return what `rounded` takes to have these layers in one scheme."""
    return dict.fromkeys(which, scheme)


def each_layer(model: DiT, change: Callable[[Linear, str], Linear]) -> DiT:
    """Return the model with `change` of every product of its blocks, which it gets by name."""
    blocks = [
        block._replace(
            qkv=change(block.qkv, f"{number} qkv"),
            out=change(block.out, f"{number} out"),
            up=change(block.up, f"{number} up"),
            down=change(block.down, f"{number} down"),
        )
        for number, block in enumerate(model.blocks)
    ]
    return model._replace(blocks=tuple(blocks))
