"""Sections, each in a process of its own: one that fails, hangs or breaks the GPU ends no other."""

import json
import math
import multiprocessing
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from tests.bench.f5.model_under_test import ModelUnderTest
from tests.bench.f5.verdicts import exported, float8, products, whole
from tests.bench.f5.verdicts.bench import Bench, Extent, Figures

SECTIONS: dict[str, Callable[[Bench], None]] = {
    "compiling": whole.compiling,
    "evaluations": whole.evaluations,
    "guidance": whole.guidance,
    "row_lengths": whole.row_lengths,
    "gaps": whole.gaps,
    "fewer_bits": products.fewer_bits,
    "rounding": products.rounding,
    "norm": products.norm,
    "split_sums": products.split_sums,
    "float8_requests": float8.float8_requests,
    "ahead_of_time": exported.ahead_of_time,
}
"""By name, in the order in which they run."""
_GRACE_S = 30.0
"""A section that begins nothing more gets so long to end what it is at."""
_PARTS = {"compiling": 2}
"""Of a time that sections share; 1 for the others."""


def section(name: str, tested: ModelUnderTest, extent: Extent, path: Path, limit_s: float) -> None:
    """Run one section; what it measured, and what ended it, stands in `path`."""
    torch.manual_seed(0)
    bench = Bench(tested, extent, path, limit_s)
    try:
        with torch.inference_mode(mode=name != "ahead_of_time"):
            SECTIONS[name](bench)
    except Exception as error:  # noqa: BLE001 - told in the results
        traceback.print_exc()
        bench.figures["failed"] = f"{type(error).__name__}: {error}"[:500]
    bench.save()


def share_s(names: Sequence[str], left_s: float) -> float:
    """Return how long the first of `names` may take, that all of them end within `left_s`."""
    parts = [_PARTS.get(name, 1) for name in names]
    return max(0.0, left_s) * parts[0] / sum(parts)


def run(
    name: str, tested: ModelUnderTest, extent: Extent, limit_s: float, most_s: float = math.inf
) -> Figures:
    """Return the figures of a section, which it writes as it goes.

    It begins nothing after `limit_s`, and is ended half a minute later, or after `most_s`.
    """
    most_s = min(most_s, limit_s + _GRACE_S)
    limit_s = min(limit_s, most_s)
    path = tested.scratch / f"{name}.json"
    begun = time.monotonic()
    process = multiprocessing.get_context("spawn").Process(
        target=section, args=(name, tested, extent, path, limit_s)
    )
    process.start()
    process.join(most_s)
    problem = ""
    if process.is_alive():
        process.kill()
        process.join()
        problem = f"not done after {most_s:.3g} s"
    elif process.exitcode:
        problem = f"ended with {process.exitcode}"
    figures: Figures = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if problem:
        figures["failed"] = problem
    figures["took_s"] = round(time.monotonic() - begun, 1)
    print(f"{name}: {figures['took_s']} s {figures.get('failed', '')}", flush=True)
    return figures
