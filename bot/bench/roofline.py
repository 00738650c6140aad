"""Counted floating point operations and bytes of a request, against the measured ceilings.

Counted is what the mathematics needs: true frames without padding, products and attention, weights
once a step, each tensor between two products once out and once in. Vectors count nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bot.bench.results import Ceilings, Roofline
from bot.engine.f5.mel import BANDS, FFT_SAMPLES
from bot.engine.f5.model.operations import HEAD_WIDTH, POSITION_GROUPS, POSITION_TAPS
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import TAPS, Vocos


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
