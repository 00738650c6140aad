"""What is tuned for processors computes what the plain operations do, at any length."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bot.engine.f5 import dit, processor
from bot.engine.f5.layout import Item
from bot.engine.f5.runner import Runner
from bot.engine.f5.sampler import Sampling
from bot.engine.f5.vocos import Vocos

CPU = torch.device("cpu")
TOLERANCE = 1e-5


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
    _, operations = processor.tune(model)
    for _ in range(2):  # the second time in memory that is not clean
        result = operations.locate(x.clone(), model.entry, is_frame)
        expected = dit.locate(x, model.entry, is_frame)
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
        monkeypatch.setattr(processor, "_can_fuse_gelu", lambda: False)
    pair = pairs("v1")
    runner = Runner(pair.acoustic, vocos_pair[1], CPU)
    for frames in (150, 90, 333, 61, 150):
        item = make_item(frames)
        expected = pair.upstream_mel(item, steps=5, cfg_strength=2.0, sway_sampling_coef=-1.0)
        mel = runner.compute([item], Sampling(5)).mel
        assert error(mel, expected) <= 1e-4


def test_other_types_are_left_to_the_plain_operations(pairs: Callable[[str], Any]) -> None:
    model = pairs("v1").acoustic.weights
    halved = model._replace(output=dit.Linear(*(part.bfloat16() for part in model.output)))
    assert processor.tune(halved) == (halved, dit.Operations())
