"""Our GPU kernels and CUDA graphs compute what plain torch does; needs a GPU, so not in CI."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bot.engine.f5.model import dit, operations
from bot.engine.f5.model.attention import flash, per_item
from bot.engine.f5.model.layout import Item, boundaries, pack, query_blocks
from bot.engine.f5.model.operations import Linear
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import Vocos
from bot.engine.f5.weights.checkpoint import load_acoustic, load_vocos

pytestmark = pytest.mark.parts

if not torch.cuda.is_available():
    pytest.skip("needs a CUDA GPU", allow_module_level=True)

kernels = pytest.importorskip("bot.engine.f5.model.kernels", reason="needs Triton")
GPU = torch.device("cuda")
TOLERANCE = 2e-3  # of half precision


def half(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, device=GPU, dtype=torch.float16)


@pytest.mark.parametrize("width", [128, 768, 1024])
def test_convolution(width: int, error: Callable[..., float]) -> None:
    positions = tuple(Linear(half(width, width // 16, 31) / 40, half(width)) for _ in range(2))
    x, is_frame = half(2, 200, width), torch.ones(200, dtype=torch.bool, device=GPU)
    is_frame[90:110] = False
    result = kernels.operations(positions).embed_positions(x, positions, is_frame)
    expected = operations.embed_positions(x, positions, is_frame)
    assert error(result[:, is_frame], expected[:, is_frame]) <= TOLERANCE


@pytest.mark.parametrize("width", [100, 256, 512])
def test_depthwise(width: int, error: Callable[..., float]) -> None:
    weights = Linear(half(width, 1, 7) / 3, half(width))
    x = half(2, 203, width)
    assert error(kernels.depthwise(x, weights), operations.depthwise(x, weights)) <= TOLERANCE


@pytest.mark.parametrize("width", [768, 1024])
def test_add_norm_and_rotate(width: int, error: Callable[..., float]) -> None:
    x, y = half(20, width), half(20, width)
    gate, shift, scale = torch.randn(3, width, device=GPU)
    for chosen in (gate, None):
        results = kernels.add_norm(x, y, chosen, shift, scale)
        expected = operations.add_norm(x, y, chosen, shift, scale)
        assert all(error(a, b) <= TOLERANCE for a, b in zip(results, expected, strict=True))
    qkv = half(20, 3, width // 64, 64)
    for heads in (width // 64, 1):
        rope = dit.rotation(torch.arange(10, device=GPU), heads, 2)
        expected_qkv = operations.rotate(qkv, rope)
        result_qkv = kernels.rotate(qkv.clone(), rope)
        assert all(error(a, b) <= TOLERANCE for a, b in zip(result_qkv, expected_qkv, strict=True))


def test_attention(make_item: Callable[..., Item], error: Callable[..., float]) -> None:
    layout = pack([make_item(150), make_item(64), make_item(215)], 512)
    query, key, value = (half(1024, 2, 64) for _ in range(3))
    spans = [(c * 512 + a, c * 512 + b) for c in range(2) for a, b in layout.spans]
    expected = per_item(spans)(query, key, value)
    blocks = query_blocks(layout, 2, 4, kernels.QUERY_BLOCK).to(GPU)
    own = kernels.attend(query, key, value, blocks)
    torchs = flash().attend(boundaries(layout, 2, 4).to(GPU))(query, key, value)
    for start, end in spans:
        assert error(own[start:end], expected[start:end]) <= TOLERANCE
        assert error(torchs[start:end], expected[start:end]) <= TOLERANCE


@pytest.mark.parametrize("on_demand", [True, False])
@pytest.mark.parametrize("has_kernels", [True, False])
@pytest.mark.parametrize("architecture", ["v1", "v0", "upsampling"])
def test_recorded_and_launched_batches_equal_eager_items(
    architecture: str,
    has_kernels: bool,  # noqa: FBT001 - a parameter of the test
    on_demand: bool,  # noqa: FBT001 - the same
    pairs: Callable[[str], Any],
    vocos_pair: tuple[Any, Vocos],
    make_item: Callable[..., Item],
    error: Callable[..., float],
) -> None:
    pair = pairs(architecture)
    state, traits = pair.cfm.state_dict(), pair.acoustic.traits
    acoustic = load_acoustic(state, traits, GPU, torch.float16)
    vocoder = load_vocos(vocos_pair[0].state_dict(), "center", GPU, torch.float16)
    recorded = Runner(acoustic, vocoder, GPU, use_triton=has_kernels, on_demand=on_demand)
    exact = Runner(
        load_acoustic(state, traits, GPU, torch.float32),
        load_vocos(vocos_pair[0].state_dict(), "center", GPU, torch.float32),
        GPU,
    )
    items = [
        item._replace(reference_mel=item.reference_mel.to(GPU))
        for item in (make_item(150, seed=1), make_item(90, seed=2), make_item(333, 94, 90, 3))
    ]
    for _ in range(2):  # the second time the graph is replayed
        together = recorded.compute(items, Sampling()).waves
        for item, wave in zip(items, together, strict=True):
            [expected] = exact.run([item], Sampling())
            [alone] = recorded.run([item], Sampling())
            assert error(torch.from_numpy(alone), torch.from_numpy(expected)) <= 2e-2
            assert error(torch.from_numpy(wave), torch.from_numpy(expected)) <= 2e-2


def test_the_runner_works_on_when_memory_ran_out(
    pairs: Callable[[str], Any], vocos_pair: tuple[Any, Vocos], make_item: Callable[..., Item]
) -> None:
    acoustic = load_acoustic(pairs("v1").cfm.state_dict(), dit.Traits(), GPU, torch.float16)
    vocoder = load_vocos(vocos_pair[0].state_dict(), "center", GPU, torch.float16)
    runner = Runner(acoustic, vocoder, GPU)
    items = [make_item(900, seed=seed) for seed in range(16)]
    items = [item._replace(reference_mel=item.reference_mel.to(GPU)) for item in items]
    [before] = runner.run(items[:1], Sampling())
    torch.cuda.set_per_process_memory_fraction(
        (torch.cuda.memory_reserved() + 40e6) / torch.cuda.get_device_properties(GPU).total_memory
    )
    try:
        waves = runner.run(items, Sampling())
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert len(waves) == len(items)
    assert all(len(wave) for wave in waves)
    [after] = runner.run(items[:1], Sampling())
    assert (abs(after - before) <= 1e-2).all()
