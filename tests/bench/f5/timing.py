"""Clock for repetitions of a call.

A machine that other programs share, or that is hot, is slow for everything. So a matrix product of
fixed size, the anchor, is timed between the repetitions.
"""

import statistics
import time
from collections.abc import Callable

import msgspec
import torch

from tests.bench.f5.results import Times

RUNS = 20
MIN_RUNS = 3
BUDGET_S = 4.0
_WARM_RUNS = 3
_ANCHOR_SIZE = {"cuda": 4096, "cpu": 768}


class Clock:
    """Measures on one device."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        """Anchor to products of `dtype`."""
        self._device = device
        size = _ANCHOR_SIZE[device.type]
        generator = torch.Generator().manual_seed(0)
        self._left = torch.randn(size, size, generator=generator).to(device, dtype)
        self._product = torch.empty_like(self._left)

    def wait(self) -> None:
        """Wait until the device has nothing left to do."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)

    def time_s(self, call: Callable[[], object]) -> float:
        """Return how long one call takes, its work on the device included."""
        self.wait()
        start = time.perf_counter()
        call()
        self.wait()
        return time.perf_counter() - start

    def measure(
        self,
        call: Callable[[], object],
        *,
        budget_s: float = BUDGET_S,
        runs: int = RUNS,
        warm: int = _WARM_RUNS,
        anchored: bool = True,
        beside: Callable[[], object] | None = None,
    ) -> Times:
        """Return the times of up to `runs` calls, fewer if they take longer than `budget_s`.

        Between them the anchor is timed, and what stands `beside` the call in a comparison.
        """
        warm_s = self.time_s(call)
        for _ in range(warm - 1):
            if warm_s < budget_s / RUNS:  # what is slow takes no notice of the first calls
                self.time_s(call)
        times_s: list[float] = []
        anchors_s: list[float] = []
        beside_s: list[float] = []
        end = time.perf_counter() + budget_s
        while len(times_s) < MIN_RUNS or (len(times_s) < runs and time.perf_counter() < end):
            if anchored:
                anchors_s.append(self.time_s(self._anchor))
            if beside is not None:
                beside_s.append(self.time_s(beside))
            times_s.append(self.time_s(call))
        beside_ms = round(statistics.median(beside_s) * 1e3, 4) if beside_s else 0.0
        return msgspec.structs.replace(Times.of(times_s, anchors_s), beside_ms=beside_ms)

    def _anchor(self) -> None:
        torch.mm(self._left, self._left, out=self._product)
