"""What the hardware reaches in this run: a large matrix product, and a large copy."""

from functools import partial

import torch

from bot.bench.results import Ceilings
from bot.bench.timing import Clock

_GEMM_SIZES = {"cuda": (8192,), "cpu": (1024, 2048)}
_COPY_BYTES = {"cuda": 1 << 32, "cpu": 1 << 28}


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
