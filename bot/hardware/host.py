"""CPU, memory, sensors and processes, from the kernel's files; 0 or nothing where one is missing.

`root` holds `proc` and `sys`, so that a tree of files can stand in for a machine.
"""

import os
import platform
import re
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_ROOT = Path("/")
_CPU_CLOCKS = "sys/devices/system/cpu/cpu[0-9]*/cpufreq"
_TEMPERATURES_C = (1, 150)
"""Range in which a sensor is believed."""
_STAT_TIMES = 8
"""Times in the first line of /proc/stat that make all CPU time; guests' are among users'."""
_STAT_COLUMNS = 13
"""Columns of /proc/PID/stat behind the name, up to the CPU times: proc(5)."""


class Process(NamedTuple):
    """A process and the CPU time that it has used."""

    name: str
    parent: int
    ticks: float
    """CPU time, in units of `sysconf(SC_CLK_TCK)`."""


class CpuTimes(NamedTuple):
    """CPU time of all cores together, in units of `sysconf(SC_CLK_TCK)`."""

    worked: float
    """For any process, and for the kernel."""
    stolen: float
    """Given to others by the host of this virtual machine."""
    all: float


def cpu_model() -> str:
    """Return the name of the CPU."""
    return next(iter(_values(_ROOT / "proc/cpuinfo", "model name")), "") or (
        platform.processor() or platform.machine()
    )


def memory_gb() -> float:
    """Return the size of the memory."""
    sizes = _values(_ROOT / "proc/meminfo", "MemTotal")
    return round(int(sizes[0].split()[0]) * 1024 / 1e9, 1) if sizes else 0.0


def load_average() -> float:
    """Return the load over the last minute; 0 on Windows, which knows none."""
    if sys.platform == "win32":
        return 0.0
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return 0.0


def clocks() -> dict[str, str]:
    """Return clock and governor of the CPU, with units, for people."""
    frequencies = _values(_ROOT / "proc/cpuinfo", "cpu MHz")
    found = {"cpu": f"{float(frequencies[0]):.0f} MHz"} if frequencies else {}
    return {**found, "governor": name} if (name := governor()) else found


def governor(root: Path = _ROOT) -> str:
    """Return the rule that the kernel sets the CPU's clock by."""
    paths = sorted(root.glob(f"{_CPU_CLOCKS}/scaling_governor"))
    return read_text(paths[0]) if paths else ""


def cpu_clocks_mhz(root: Path = _ROOT) -> tuple[float, float]:
    """Return the present and the highest clock, the present one as the mean over all cores."""
    present = [read_int(path) or 0 for path in root.glob(f"{_CPU_CLOCKS}/scaling_cur_freq")]
    highest = [read_int(path) or 0 for path in root.glob(f"{_CPU_CLOCKS}/cpuinfo_max_freq")]
    if present:
        return statistics.mean(present) / 1e3, max(highest, default=0) / 1e3
    values = [float(value) for value in _values(root / "proc/cpuinfo", "cpu MHz")]
    return (statistics.mean(values) if values else 0.0), 0.0


def temperatures_c(root: Path = _ROOT) -> list[tuple[str, float]]:
    """Return name and temperature of each thermal zone, without those that cannot be right."""
    least_c, most_c = _TEMPERATURES_C
    zones = sorted(root.glob("sys/class/thermal/thermal_zone*"))
    found = [(read_text(zone / "type"), (read_int(zone / "temp") or 0) / 1e3) for zone in zones]
    return [(name, celsius) for name, celsius in found if least_c < celsius < most_c]


def cpu_times(root: Path = _ROOT) -> CpuTimes:
    """Return what all cores have done since the start."""
    line = read_text(root / "proc/stat").partition("\n")[0].split()[1 : _STAT_TIMES + 1]
    if len(line) < _STAT_TIMES:
        return CpuTimes(0.0, 0.0, 0.0)
    user, nice, system, idle, iowait, irq, softirq, stolen = map(float, line)
    worked = user + nice + system + irq + softirq
    return CpuTimes(worked, stolen, worked + idle + iowait + stolen)


def own_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def idle_s(root: Path = _ROOT) -> float | None:
    """Return how long all cores together have been idle; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    worked, stolen, total = cpu_times(root)
    return (total - worked - stolen) / os.sysconf("SC_CLK_TCK") if total else None


def quota_wait_s(root: Path = _ROOT) -> float:
    """Return how long this control group has waited for its CPU quota."""
    group = read_text(root / "proc/self/cgroup").rpartition("::/")[2]
    lines = read_text(root / "sys/fs/cgroup" / group / "cpu.stat").splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("throttled_usec")) / 1e6


def processes(root: Path = _ROOT) -> dict[int, Process]:
    """Return every process by its id."""
    found = {}
    for path in root.glob("proc/[0-9]*/stat"):
        head, _, tail = read_text(path).rpartition(")")
        fields = tail.split()
        if len(fields) >= _STAT_COLUMNS:
            pid, _, name = head.partition(" (")
            ticks = float(fields[11]) + float(fields[12])
            found[int(pid)] = Process(name, int(fields[1]), ticks)
    return found


def family(processes: Mapping[int, Process], pid: int) -> set[int]:
    """Return `pid` and all its descendants."""
    found = {pid}
    while more := {each for each, about in processes.items() if about.parent in found} - found:
        found |= more
    return found


def _values(path: Path, key: str) -> list[str]:
    """Return what stands behind `key` and a colon."""
    pairs = (line.partition(":") for line in read_text(path).splitlines())
    return [value.strip() for name, _, value in pairs if name.strip() == key]


def read_int(path: Path) -> int | None:
    """Return the number that the file holds; None where it is missing, or holds something else."""
    text = read_text(path)
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def read_text(path: Path) -> str:
    """Return what the file holds; nothing where it is missing, or not for us to read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
