"""Same weights, same noise: the numbers of unpatched upstream f5-tts and Vocos, in float32."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import Vocos, decode, wave_span
from tests.long import first_ones

pytestmark = pytest.mark.parts

CPU = torch.device("cpu")
TOLERANCE = 1e-4
LENGTHS = [(61, 60, 1), (150, 60, 40), (333, 94, 200)]  # frames, of the reference, tokens


@pytest.mark.parametrize("steps", first_ones([7, 5, 8, 16, 32]))
@pytest.mark.parametrize("cfg_strength", [0.0, 2.0])
@pytest.mark.parametrize("architecture", ["v1", "v0", "upsampling"])
def test_mel_and_wave_equal_upstream(
    architecture: str,
    cfg_strength: float,
    steps: int,
    pairs: Callable[[str], Any],
    vocos_pair: tuple[Any, Vocos],
    make_item: Callable[..., Item],
    error: Callable[..., float],
) -> None:
    pair, (upstream_vocos, vocos) = pairs(architecture), vocos_pair
    runner = Runner(pair.acoustic, vocos, CPU)
    for frames, reference_frames, tokens in LENGTHS:
        item = make_item(frames, reference_frames, tokens)
        mel = pair.upstream_mel(
            item, steps=steps, cfg_strength=cfg_strength, sway_sampling_coef=-1.0
        )
        wave = upstream_vocos.decode(mel[None, item.decode_from :].mT)[0]

        batch = runner.compute([item], Sampling(steps, cfg_strength, -1.0))

        assert error(batch.mel, mel) <= TOLERANCE
        assert batch.waves[0].shape == wave.shape
        if len(wave):
            assert error(torch.from_numpy(batch.waves[0]), wave) <= TOLERANCE


@pytest.mark.long
def test_a_full_width_stack_equals_upstream(
    pairs: Callable[[str], Any],
    vocos_pair: tuple[Any, Vocos],
    make_item: Callable[..., Item],
    error: Callable[..., float],
) -> None:
    pair = pairs("full_width")
    item = make_item(400, 200, 90)
    mel = pair.upstream_mel(item, steps=7, cfg_strength=2.0, sway_sampling_coef=-1.0)
    batch = Runner(pair.acoustic, vocos_pair[1], CPU).compute([item], Sampling())
    assert error(batch.mel, mel) <= TOLERANCE


@pytest.mark.parametrize("architecture", ["v1", "v0", "upsampling"])
def test_an_item_sounds_the_same_in_any_batch(
    architecture: str,
    pairs: Callable[[str], Any],
    vocos_pair: tuple[Any, Vocos],
    make_item: Callable[..., Item],
    error: Callable[..., float],
) -> None:
    runner = Runner(pairs(architecture).acoustic, vocos_pair[1], CPU)
    items = [
        make_item(150, 60, 40, seed=5),
        make_item(90, 61, 10, seed=6),
        make_item(300, 30, 120, seed=7),
        make_item(70, 64, 0, seed=8),
    ]
    alone = [runner.compute([item], Sampling()).waves[0] for item in items]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 1, 2]):
        batch = runner.compute([items[i] for i in order], Sampling())
        for i, wave in zip(order, batch.waves, strict=True):
            assert error(torch.from_numpy(wave), torch.from_numpy(alone[i])) <= TOLERANCE


def test_a_tensor_that_is_not_finite_stays_in_its_item(
    pairs: Callable[[str], Any], vocos_pair: tuple[Any, Vocos], make_item: Callable[..., Item]
) -> None:
    runner = Runner(pairs("v1").acoustic, vocos_pair[1], CPU)
    good, bad = make_item(seed=5), make_item(seed=6)
    bad.reference_mel[3, 4] = float("nan")
    batch = runner.compute([good, bad, good], Sampling())
    finite = [bool(torch.from_numpy(wave).isfinite().all()) for wave in batch.waves]
    assert finite == [True, False, True]


@pytest.mark.parametrize("padding", ["center", "same"])
def test_vocos_keeps_the_items_of_a_row_apart(
    padding: str, vocos_pair: tuple[Any, Vocos], error: Callable[..., float]
) -> None:
    upstream, vocos = vocos_pair
    istft, original = upstream.head.istft, upstream.head.istft.padding
    vocos = vocos._replace(trim_samples=512 if padding == "center" else 384)
    mel = torch.randn(120, 100, generator=torch.Generator().manual_seed(1)) - 3
    spans = [(4, 40), (43, 44), (50, 120)]
    is_decoded = torch.zeros(120, dtype=torch.bool)
    for start, end in spans:
        is_decoded[start:end] = True
    wave = decode(vocos, mel, is_decoded)
    istft.padding = padding
    try:
        for start, end in spans:
            expected = upstream.decode(mel[None, start:end].mT)[0] if end - start > 1 else None
            result = wave[wave_span(vocos, start, end)]
            if expected is not None:
                assert result.shape == expected.shape
                assert error(result, expected) <= TOLERANCE
    finally:
        istft.padding = original
