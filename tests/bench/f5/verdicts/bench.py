"""What every section measures with, and where it puts its figures."""

import json
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import torch

from bot.engine.f5.model.runner import Runner
from bot.runtime.files.folders import write_whole
from tests.bench.f5.model_under_test import ModelUnderTest
from tests.bench.f5.own_stages import OwnStages
from tests.bench.f5.results import Case
from tests.bench.f5.timing import Clock
from tests.bench.f5.workload import Load, Workload, batch, single

Figures: TypeAlias = dict[str, Any]
NFE = 7


class Extent(NamedTuple):
    """How much is measured."""

    lengths_s: tuple[float, ...]
    batch: Load
    rows: tuple[int, ...]
    """Rows of a product: frames of all copies."""
    frames: tuple[int, ...]
    """Lengths of the packed row."""
    budget_s: float
    """Of each measurement, after its first call."""
    compiled_s: tuple[float, ...]
    """Lengths that are compiled ahead of time."""
    compiled_blocks: int = 1 << 30
    """Most blocks of an evaluation that is compiled ahead of time."""


GPU = Extent(
    lengths_s=(1.0, 3.0, 5.0, 10.0),
    batch=batch(16, 3.0),
    rows=(336, 672, 1056, 1344, 2112, 3072, 6144, 16384),
    frames=tuple(range(608, 1921, 32)),
    budget_s=0.5,
    compiled_s=(1.0, 3.0),
)
BRIEF = GPU._replace(
    lengths_s=(1.0, 5.0),
    rows=(1344, 2112, 16384),
    frames=(608, 640, 736, 768, 1024, 1056),
    budget_s=0.25,
    compiled_s=(5.0,),
    compiled_blocks=4,
)
"""For minutes in which compilers are waited for, too."""
TRIAL = Extent(
    lengths_s=(1.0,),
    batch=batch(2, 1.0),
    rows=(64, 336),
    frames=(608, 640),
    budget_s=0.02,
    compiled_s=(1.0,),
    compiled_blocks=1,
)
"""Enough to see that a section works."""


class Bench:
    """One section's tools; each section has a process of its own."""

    def __init__(self, tested: ModelUnderTest, extent: Extent, path: Path, limit_s: float) -> None:
        """Write figures to `path`; after `limit_s` nothing more is begun."""
        self.tested = tested
        self.extent = extent
        self.device = tested.device
        self.dtype = tested.weights_dtype
        self.clock = Clock(tested.device, tested.weights_dtype)
        self.figures: Figures = {}
        self._path = path
        self._end = time.monotonic() + limit_s
        self._left_out: list[str] = []

    @property
    def on_gpu(self) -> bool:
        """Return whether it is a GPU."""
        return self.device.type == "cuda"

    @cached_property
    def workload(self) -> Workload:
        """Requests for the model."""
        _, vocabulary = self.tested.runner()
        return Workload(self.tested.voices, vocabulary, self.device)

    @property
    def loads(self) -> list[Load]:
        """Return single items, and the batch."""
        return [*map(single, self.extent.lengths_s), self.extent.batch]

    def put(self, name: str, measure: Callable[[], Any]) -> None:
        """Measure and keep under `name`, with dots between levels; a failure costs no other.

        What is past the time is left out, and said so.
        """
        if time.monotonic() > self._end:
            self._left_out.append(name)
            self.figures["left_out"] = self._left_out
        else:
            try:
                self._keep(name, measure())
            except Exception as error:  # noqa: BLE001 - one figure must not cost the others
                self._keep(name, {"failed": f"{type(error).__name__}: {error}"[:500]})
        self.save()

    def save(self) -> None:
        """Write what was measured so far; whoever ends this process finds a whole file."""
        write_whole(self._path, json.dumps(self.figures).encode())

    def _keep(self, name: str, value: object) -> None:
        *levels, last = name.split("/")
        place = self.figures
        for level in levels:
            place = place.setdefault(level, {})
        place[last] = value

    def ms(self, call: Callable[[], object]) -> float:
        """Return the median milliseconds of a call, launched alone."""
        times = self.clock.measure(call, budget_s=self.extent.budget_s, anchored=False)
        return times.p50_ms

    def recorded_ms(self, call: Callable[[], object], repeats: int = 20) -> float:
        """Return the milliseconds of a call among `repeats` in one CUDA graph, without launches.

        On a processor it is the median of the call itself.
        """
        if not self.on_gpu:
            return self.ms(call)
        stream = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        with torch.cuda.stream(stream):
            call()
        torch.cuda.synchronize(self.device)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            for _ in range(repeats):
                call()
        return round(self.ms(graph.replay) / repeats, 5)

    def request(self, runner: Runner, load: Load, nfe: int = NFE) -> Figures:
        """Return a whole request's times: the first, the median, its graph alone."""
        own = OwnStages(self.tested, runner, self.workload, self.clock)
        case: Case = own.case(load, None, nfe=nfe, budget_s=4 * self.extent.budget_s)
        times = case.times
        return {
            "p50_ms": times.p50_ms,
            "runs": times.runs,
            "first_s": case.first_s,
            "graph_ms": case.graph.p50_ms if case.graph else None,
        }
