"""Counted floating point operations and bytes of a request, against the measured ceilings.

Counted is what the mathematics needs: true frames without padding, products and attention, weights
once a step, each tensor between two products once out and once in. Vectors count nothing.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch

from bot.engine.f5.mel import BANDS, FFT_SAMPLES
from bot.engine.f5.model.operations import HEAD_WIDTH, POSITION_GROUPS, POSITION_TAPS
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import TAPS, Vocos
from tests.bench.f5.results import Ceilings, Roofline
from tests.bench.f5.timing import Clock

_GEMM_SIZES = {"cuda": (8192,), "cpu": (1024, 2048)}
_COPY_BYTES = {"cuda": 1 << 32, "cpu": 1 << 28}


class Work(NamedTuple):
    """Counted work of one request."""

    dit_flop: float
    other_flop: float
    moved_bytes: float


def work(
    architecture: Mapping[str, Any],
    vocoder: tuple[int, int, int],
    *,
    frames: Sequence[int],
    speech_frames: int,
    sampling: Sampling,
    bytes_per_value: int,
) -> Work:
    """Return the work for items of so many `frames`, references included.

    `architecture` holds upstream's names, `vocoder` is width, inner width and depth of Vocos.
    """
    width, depth, mult = (architecture[key] for key in ("dim", "depth", "ff_mult"))
    inner = architecture["heads"] * HEAD_WIDTH
    block = width * inner * 4 + 2 * width * width * mult  # weights of a block's products
    entry = width * BANDS * 2 + 2 * width * (width // POSITION_GROUPS) * POSITION_TAPS
    total = sum(frames)
    steps = sampling.steps
    evaluations = sampling.copies * steps
    linear = 2 * evaluations * total * (depth * block + entry)
    attention = evaluations * depth * 4 * inner * sum(n * n for n in frames)
    text_width, text_depth = architecture["text_dim"], architecture["conv_layers"]
    text = 2 * sampling.copies * total * (text_depth * 4 * text_width**2 + text_width * width)
    # Between the products of a block: state and normed state twice, query, key and value, these
    # turned, attended, projected, the wide layer, and what it gives.
    values = total * evaluations * depth * (width * (6 + mult) + inner * 6)
    moved = bytes_per_value * (2 * values + steps * (depth * block + entry))
    return Work(linear + attention, text + _vocoder_flop(vocoder, speech_frames), moved)


def vocoder_sizes(model: Vocos) -> tuple[int, int, int]:
    """Return width, inner width and depth."""
    inner, width = model.blocks[0].expand.weight.shape[:2]
    return width, inner, len(model.blocks)


def _vocoder_flop(sizes: tuple[int, int, int], frames: int) -> float:
    width, inner, depth = sizes
    weights = width * BANDS * TAPS + depth * 2 * width * inner + width * (FFT_SAMPLES + 2)
    return 2.0 * frames * weights


def roofline(work: Work, ceilings: Ceilings, time_ms: float) -> Roofline:
    """Return how near `time_ms` is to what the ceilings allow."""
    compute_ms = (work.dit_flop + work.other_flop) / ceilings.gemm_tflop_per_s / 1e9
    memory_ms = work.moved_bytes / ceilings.copy_gb_per_s / 1e6
    return Roofline(
        dit_tflop=round(work.dit_flop / 1e12, 5),
        other_tflop=round(work.other_flop / 1e12, 5),
        moved_gb=round(work.moved_bytes / 1e9, 4),
        compute_ms=round(compute_ms, 3),
        memory_ms=round(memory_ms, 3),
        bound="compute" if compute_ms >= memory_ms else "memory",
        share=round(max(compute_ms, memory_ms) / time_ms, 4),
        dit_share=dit_share(work, ceilings, time_ms),
    )


def dit_share(work: Work, ceilings: Ceilings, time_ms: float) -> float:
    """Return the transformer's work at the GEMM ceiling over `time_ms`."""
    return round(work.dit_flop / ceilings.gemm_tflop_per_s / 1e9 / time_ms, 4)


def ceilings(device: torch.device, dtype: torch.dtype, clock: Clock) -> Ceilings:
    """Return the best product in `dtype` and the copy."""
    best, best_size = 0.0, 0
    for size in _GEMM_SIZES[device.type]:
        left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        product = torch.empty_like(left)
        times = clock.measure(
            partial(torch.mm, left, right, out=product), runs=30, budget_s=2.0, anchored=False
        )
        reached = 2 * size**3 / times.p50_ms / 1e9
        if reached > best:
            best, best_size = reached, size
    size = _COPY_BYTES[device.type]
    if device.type == "cuda":  # small GPUs have no room for so much
        size = min(size, torch.cuda.mem_get_info(device)[0] // 4)
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    times = clock.measure(partial(target.copy_, source), budget_s=2.0, anchored=False)
    return Ceilings(
        gemm_tflop_per_s=round(best, 4),
        gemm_size=best_size,
        copy_gb_per_s=round(2 * len(source) / times.p50_ms / 1e6, 2),
    )
