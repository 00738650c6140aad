"""Operations tuned for CPUs compute what the plain ones do, at any length."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model import cpu, int8, operations
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.operations import Linear, Operations
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import Vocos

pytestmark = pytest.mark.parts

CPU = torch.device("cpu")
TOLERANCE = 1e-5
TOLERANCE_INT8 = 0.02
needs_int8 = pytest.mark.skipif(not int8.works(), reason="this CPU or torch has no 8-bit products")


def fresh(_: object, *shape: int) -> Tensor:
    return torch.empty(shape)


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("gap", [slice(0, 0), slice(60, 75)])
@pytest.mark.parametrize("length", [1, 8, 30, 200, 31])
def test_positions(
    length: int,
    gap: slice,
    copies: int,
    pairs: Callable[[str], Any],
    error: Callable[..., float],
) -> None:
    model = pairs("v1").acoustic.weights
    x = torch.randn(copies, length, 128, generator=torch.Generator().manual_seed(length)) * 4
    is_frame = torch.ones(length, dtype=torch.bool)
    is_frame[gap] = False
    _, tuned = cpu.tune(model)
    for _ in range(2):  # the second time in memory that is not clean
        result = tuned.embed_positions(x.clone(), model.positions, is_frame)
        expected = operations.embed_positions(x, model.positions, is_frame)
        assert error(result[:, is_frame], expected[:, is_frame]) <= TOLERANCE


@pytest.mark.parametrize("has_fused_gelu", [True, False])
def test_lengths_in_any_order(
    has_fused_gelu: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
    pairs: Callable[[str], Any],
    vocos_pair: tuple[Any, Vocos],
    make_item: Callable[..., Item],
    error: Callable[..., float],
) -> None:
    if not has_fused_gelu:  # as in a torch without oneDNN
        monkeypatch.setattr(cpu, "_can_fuse_gelu", lambda: False)
    pair = pairs("v1")
    runner = Runner(pair.acoustic, vocos_pair[1], CPU)
    for frames in (150, 90, 333, 61, 150):
        item = make_item(frames)
        expected = pair.upstream_mel(item, steps=5, cfg_strength=2.0, sway_sampling_coef=-1.0)
        mel = runner.compute([item], Sampling(5)).mel
        assert error(mel, expected) <= 1e-4


def test_other_types_are_left_to_the_plain_operations(pairs: Callable[[str], Any]) -> None:
    model = pairs("v1").acoustic.weights
    halved = model._replace(output=Linear(*(part.bfloat16() for part in model.output)))
    assert cpu.tune(halved) == (halved, Operations())


@needs_int8
@pytest.mark.parametrize("is_gelu", [False, True])
def test_products_of_8_bits(is_gelu: bool, error: Callable[..., float]) -> None:  # noqa: FBT001 - a parameter of the test
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(70, 96, generator=generator)
    x[3, 5], x[4, 6] = 9.0, -2.0
    exact = Linear(torch.randn(64, 96, generator=generator) / 10, torch.randn(64))
    plain = operations.linear_gelu if is_gelu else operations.linear
    expected = plain(x, exact)
    for rows in (x, x.relu(), -x.relu()):
        result = int8.multiply(fresh, rows, int8.pack(exact), gelu=is_gelu)
        assert error(result, plain(rows, exact)) <= TOLERANCE_INT8
    assert error(int8.multiply(fresh, x, int8.pack(exact), gelu=is_gelu), expected) > 0


@needs_int8
@pytest.mark.parametrize("width", [128, 384])
@pytest.mark.parametrize("length", [1, 31, 96, 256, 333])
def test_convolutions_of_8_bits(length: int, width: int, error: Callable[..., float]) -> None:
    generator = torch.Generator().manual_seed(length)
    weight = torch.randn(width, width // 16, 31, generator=generator) / (31 * width / 16) ** 0.5
    exact = Linear(weight, torch.randn(width, generator=generator) / 10)
    packed = int8.pack_convolution(exact, groups=16)
    x = torch.randn(length, width, generator=generator) * 3
    for rows in (x, x.abs(), -x.abs(), x - 2, x + 1):  # zero at either end and between levels
        expected = functional.conv1d(rows.T[None], *exact, padding=15, groups=16)[0].T
        assert error(int8.convolve(fresh, rows, packed), expected) <= TOLERANCE_INT8
    x[0, 3] = float("nan")
    assert not int8.convolve(fresh, x, packed).isfinite().any()


@needs_int8
def test_the_least_of_a_range_stays_the_least_in_8_bits() -> None:
    exact = Linear(torch.eye(2), torch.zeros(2))
    for thousandths in range(1, 1000, 7):  # wherever zero lies between two levels
        x = torch.tensor([[-thousandths / 1000, 1.0]])
        result = int8.multiply(fresh, x, int8.pack(exact))
        torch.testing.assert_close(result, x, rtol=0, atol=0.02)


@needs_int8
@pytest.mark.parametrize("value", [0.0, 1e-30, 5.0, -5.0, 1e30])
def test_8_bits_hold_any_range(value: float) -> None:
    exact = Linear(torch.eye(16), torch.zeros(16))
    result = int8.multiply(fresh, torch.full((4, 16), value), int8.pack(exact))
    torch.testing.assert_close(result, torch.full((4, 16), value), rtol=0.02, atol=1e-35)


@needs_int8
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_stays_none_in_8_bits(value: float) -> None:
    exact = Linear(torch.eye(16), torch.zeros(16))
    x = torch.ones(4, 16)
    x[2, 2] = value
    assert not int8.multiply(fresh, x, int8.pack(exact)).isfinite().any()


@needs_int8
def test_speech_in_8_bits_does_not_depend_on_what_is_asked_with_it(
    pairs: Callable[[str], Any],
    vocos_pair: tuple[Any, Vocos],
    make_item: Callable[..., Item],
    error: Callable[..., float],
) -> None:
    runner = Runner(pairs("v1").acoustic, vocos_pair[1], CPU, in_int8=True)
    exact = Runner(pairs("v1").acoustic, vocos_pair[1], CPU)
    items = [make_item(150), make_item(90)]
    together = runner.run(items, Sampling(5))
    for item, wave in zip(items, together, strict=True):
        np.testing.assert_array_equal(runner.run([item], Sampling(5))[0], wave)
        mel, expected = (each.compute([item], Sampling(5)).mel for each in (runner, exact))
        assert 0 < error(mel, expected) <= 2 * TOLERANCE_INT8
