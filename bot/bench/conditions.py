"""What the machine is like while it measures: clocks, temperature, and who else works on it."""

import os
import statistics
import time
from collections.abc import Mapping
from heapq import nlargest
from operator import attrgetter
from pathlib import Path

from bot.bench import driver
from bot.bench.results import Conditions, OtherProcess
from bot.hardware import jetson

_GPU_FIELDS = ("clocks.sm", "clocks.max.sm", "temperature.gpu", "clocks_throttle_reasons.active")
_THROTTLING = {
    0x04: "its power limit",
    0x08: "a hardware slowdown",
    0x20: "heat (software)",
    0x40: "heat (hardware)",
    0x80: "a power brake",
}
"""Bits of `clocks_throttle_reasons.active` that mean less speed than asked for (NVML)."""
_LEAST_CORES = 0.1
"""Of the time of one core; who takes less is not named."""
_NAMED = 5
_CPU = "sys/devices/system/cpu/cpu[0-9]*/cpufreq"
_HZ_PER_MHZ = 1e6
_TEMPERATURES_C = (1, 150)
"""What is believed of a sensor."""


class Watch:
    """Looks at the machine from `Watch()` to `finish`, in `glance` between."""

    def __init__(self, gpu: int | None = None, root: Path = Path("/")) -> None:
        """Begin; `gpu` is its number for the driver, `root` holds `proc` and `sys`."""
        self._root = root
        self._gpu = gpu
        self._begun = time.monotonic()
        self._ticks = self._processes()
        self._steal = self._stolen()
        self._throttled_us = self._quota_us()
        self._cpu_mhz: list[float] = []
        self._gpu_mhz: list[float] = []
        self._gpu_max_mhz = 0.0
        self._temperatures_c: list[float] = []
        self._gpu_temperatures_c: list[float] = []
        self._reasons = 0
        self._jetson: dict[str, None] = {}

    def glance(self) -> None:
        """Read clocks and temperatures, which are as they were under load a moment ago."""
        current, _ = self._cpu_clocks()
        self._cpu_mhz += [current] if current else []
        self._temperatures_c += self._thermal_zones()
        board = jetson.read(self._root)
        if board is not None:
            self._jetson |= {str(warning.message): None for warning in board.warnings()}
            for clock in board.clocks:
                if clock.name == "GPU":
                    self._gpu_mhz.append(clock.now_hz / _HZ_PER_MHZ)
                    self._gpu_max_mhz = clock.possible_hz / _HZ_PER_MHZ
        if self._gpu is not None:
            for row in driver.ask("gpu", _GPU_FIELDS, self._gpu):
                self._gpu_mhz.append(_leading(row.get("clocks.sm", "")))
                self._gpu_max_mhz = max(self._gpu_max_mhz, _leading(row.get("clocks.max.sm", "")))
                self._gpu_temperatures_c.append(_leading(row.get("temperature.gpu", "")))
                self._reasons |= _bits(row.get("clocks_throttle_reasons.active", ""))

    def finish(self) -> Conditions:
        """Return what was seen."""
        elapsed_s = max(time.monotonic() - self._begun, 1e-3)
        _, max_mhz = self._cpu_clocks()
        return Conditions(
            cpu_mhz=_median(self._cpu_mhz),
            cpu_max_mhz=max_mhz,
            governor=_text(next(iter(sorted(self._root.glob(f"{_CPU}/scaling_governor"))), None)),
            temperature_c=max(self._temperatures_c, default=0.0),
            gpu_mhz=_median(self._gpu_mhz),
            gpu_max_mhz=self._gpu_max_mhz,
            gpu_temperature_c=max(self._gpu_temperatures_c, default=0.0),
            throttled=[name for bit, name in _THROTTLING.items() if self._reasons & bit],
            jetson=list(self._jetson),
            stolen=self._stolen_since(),
            quota_wait=round((self._quota_us() - self._throttled_us) / 1e6 / elapsed_s, 3),
            others=self._others(elapsed_s),
            gpu_others=self._gpu_others(),
        )

    def _cpu_clocks(self) -> tuple[float, float]:
        """Return the present and the highest clock in MHz, 0 where the kernel does not tell."""
        present = [_number(path) for path in self._root.glob(f"{_CPU}/scaling_cur_freq")]
        highest = [_number(path) for path in self._root.glob(f"{_CPU}/cpuinfo_max_freq")]
        if present:
            return statistics.mean(present) / 1e3, max(highest, default=0.0) / 1e3
        lines = _text(self._root / "proc/cpuinfo").splitlines()
        values = [_leading(line.partition(":")[2]) for line in lines if line[:7] == "cpu MHz"]
        return (statistics.mean(values) if values else 0.0), 0.0

    def _thermal_zones(self) -> list[float]:
        zones = self._root.glob("sys/class/thermal/thermal_zone*/temp")
        found = [_number(path) / 1e3 for path in zones]
        return [c for c in found if _TEMPERATURES_C[0] < c < _TEMPERATURES_C[1]]

    def _stolen(self) -> tuple[float, float]:
        """Return the time that the host of a virtual machine took, and all time, in ticks."""
        line = _text(self._root / "proc/stat").partition("\n")[0].split()[1:9]
        ticks = [float(value) for value in line]
        return (ticks[7], sum(ticks)) if len(ticks) > 7 else (0.0, 0.0)  # noqa: PLR2004 - steal

    def _stolen_since(self) -> float:
        steal, total = self._stolen()
        return round((steal - self._steal[0]) / max(total - self._steal[1], 1.0), 3)

    def _quota_us(self) -> float:
        """Return how long this control group has waited for its quota of the processor."""
        group = _text(self._root / "proc/self/cgroup").strip().rpartition("::/")[2]
        lines = _text(self._root / "sys/fs/cgroup" / group / "cpu.stat").splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("throttled_usec"))

    def _processes(self) -> dict[int, tuple[str, int, float]]:
        """Return name, parent and used ticks of every process."""
        found = {}
        for path in self._root.glob("proc/[0-9]*/stat"):
            head, _, tail = _text(path).rpartition(")")
            fields = tail.split()
            if len(fields) > 12:  # noqa: PLR2004 - proc(5)
                pid, _, name = head.partition(" (")
                found[int(pid)] = (name, int(fields[1]), float(fields[11]) + float(fields[12]))
        return found

    def _others(self, elapsed_s: float) -> list[OtherProcess]:
        now = self._processes()
        ours = _family(now, os.getpid())
        hertz = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
        found = [
            OtherProcess(name=name, pid=pid, cores=round((ticks - before) / hertz / elapsed_s, 2))
            for pid, (name, _, ticks) in now.items()
            if pid not in ours
            for before in [self._ticks.get(pid, ("", 0, 0.0))[2]]
        ]
        named = [each for each in found if each.cores >= _LEAST_CORES]
        return nlargest(_NAMED, named, key=attrgetter("cores"))

    def _gpu_others(self) -> list[OtherProcess]:
        if self._gpu is None:
            return []
        rows = driver.ask("compute-apps", ("pid", "process_name", "used_memory"), self._gpu)
        ours = _family(self._processes(), os.getpid())
        return [
            OtherProcess(
                name=Path(row.get("process_name", "")).name,
                pid=int(_leading(row["pid"])),
                gpu_mb=_leading(row.get("used_memory", "")),
            )
            for row in rows
            if int(_leading(row["pid"])) not in ours
        ]


def _family(processes: Mapping[int, tuple[str, int, float]], pid: int) -> set[int]:
    """Return `pid` and all below it."""
    found = {pid}
    grown = True
    while grown:
        more = {each for each, (_, parent, _) in processes.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def _text(path: Path | None) -> str:
    """Return what a file of the kernel holds; nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() if path else ""
    except OSError:
        return ""


def _number(path: Path) -> float:
    return _leading(_text(path))


def _leading(text: str) -> float:
    """Return the number that a text begins with; 0 if it begins otherwise, as `[N/A]` does."""
    words = text.split()
    try:
        return float(words[0]) if words else 0.0
    except ValueError:
        return 0.0


def _bits(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 1) if values else 0.0
