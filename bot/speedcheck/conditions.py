"""Conditions of a measurement: clocks, temperatures, and who else works on the machine."""

import os
import statistics
import time
from heapq import nlargest
from operator import attrgetter
from pathlib import Path

from bot.hardware import gpu, host, jetson
from bot.speedcheck.results import Conditions, OtherProcess

_LEAST_CORES = 0.1
"""Share of one core below which a process is not named."""
_NAMED = 5


class Watch:
    """Observes the machine from `Watch()` to `finish`, with a `glance` after each workload."""

    def __init__(self, gpu_number: int | None = None, root: Path = Path("/")) -> None:
        """Begin; `gpu_number` is the driver's, `root` holds `proc` and `sys`."""
        self._root = root
        self._gpu = gpu_number
        self._begun = time.monotonic()
        self._processes = host.processes(root)
        self._times = host.cpu_times(root)
        self._quota_wait_s = host.quota_wait_s(root)
        self._cpu_mhz: list[float] = []
        self._temperatures_c: list[float] = []
        self._gpus: list[gpu.Gpu] = []
        self._jetson: dict[str, None] = {}

    def glance(self) -> None:
        """Read clocks and temperatures, which are as they were under load a moment ago."""
        current, _ = host.cpu_clocks_mhz(self._root)
        self._cpu_mhz += [current] if current else []
        self._temperatures_c += [celsius for _, celsius in host.temperatures_c(self._root)]
        board = jetson.read(self._root)
        if board is not None:
            self._jetson |= {str(warning.message): None for warning in board.warnings()}
            self._gpus += (
                gpu.Gpu(name=clock.name, mhz=clock.now_hz / 1e6, max_mhz=clock.possible_hz / 1e6)
                for clock in board.clocks
                if clock.name == "GPU"
            )
        if (found := gpu.find(self._gpu)) is not None:
            self._gpus.append(found)

    def finish(self) -> Conditions:
        """Return what was seen."""
        elapsed_s = max(time.monotonic() - self._begun, 1e-3)
        now = host.processes(self._root)
        ours = host.family(now, os.getpid())
        _, max_mhz = host.cpu_clocks_mhz(self._root)
        quota_wait_s = host.quota_wait_s(self._root) - self._quota_wait_s
        stolen, others_share = self._shares(now, ours)
        return Conditions(
            cpu_mhz=_median(self._cpu_mhz),
            cpu_max_mhz=max_mhz,
            governor=host.governor(self._root),
            temperature_c=max(self._temperatures_c, default=0.0),
            gpu_mhz=_median([each.mhz for each in self._gpus]),
            gpu_max_mhz=max((each.max_mhz for each in self._gpus), default=0.0),
            gpu_temperature_c=max((each.temperature_c or 0.0 for each in self._gpus), default=0.0),
            throttled=sorted({why for each in self._gpus for why in each.throttling}),
            jetson=list(self._jetson),
            stolen=stolen,
            quota_wait=round(quota_wait_s / elapsed_s, 3),
            others_share=others_share,
            others=self._others(now, ours, elapsed_s),
            gpu_others=self._gpu_others(ours),
        )

    def _shares(self, now: dict[int, host.Process], ours: set[int]) -> tuple[float, float]:
        """Return the shares of all CPU time that were stolen, and that others worked."""
        then, times = self._times, host.cpu_times(self._root)
        all_ticks = max(times.all - then.all, 1.0)
        own = sum(now[pid].ticks - self._ticks_before(pid) for pid in ours if pid in now)
        others = max(times.worked - then.worked - own, 0.0)
        return round((times.stolen - then.stolen) / all_ticks, 3), round(others / all_ticks, 3)

    def _ticks_before(self, pid: int) -> float:
        before = self._processes.get(pid)
        return before.ticks if before else 0.0

    def _others(
        self, now: dict[int, host.Process], ours: set[int], elapsed_s: float
    ) -> list[OtherProcess]:
        hertz = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
        found = []
        for pid, process in now.items():
            ticks = process.ticks - self._ticks_before(pid)
            cores = round(ticks / hertz / elapsed_s, 2)
            if pid not in ours and cores >= _LEAST_CORES:
                found.append(OtherProcess(name=process.name, pid=pid, cores=cores))
        return nlargest(_NAMED, found, key=attrgetter("cores"))

    def _gpu_others(self, ours: set[int]) -> list[OtherProcess]:
        found = gpu.find(self._gpu)
        return [
            OtherProcess(name=each.name, pid=each.pid, gpu_mb=each.gpu_mb)
            for each in (found.processes if found else ())
            if each.pid not in ours
        ]


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 1) if values else 0.0
