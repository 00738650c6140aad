"""The machine around the model: processor, memory, clocks; knows nothing of torch."""

import os
import platform
from pathlib import Path

_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def processor() -> str:
    """Return the processor's name."""
    return next(iter(_values("/proc/cpuinfo", "model name")), "") or (
        platform.processor() or platform.machine()
    )


def memory_gb() -> float:
    """Return the size of the memory; 0 where the system does not tell."""
    sizes = _values("/proc/meminfo", "MemTotal")
    return round(int(sizes[0].split()[0]) * 1024 / 1e9, 1) if sizes else 0.0


def clocks() -> dict[str, str]:
    """Return what the kernel says of the processor's clock, with units."""
    found = {}
    frequencies = _values("/proc/cpuinfo", "cpu MHz")
    if frequencies:
        found["cpu"] = f"{float(frequencies[0]):.0f} MHz"
    governor = _lines(_GOVERNOR)
    if governor:
        found["governor"] = governor[0]
    return found


def load_average() -> float:
    """Return the load over the last minute; 0 on Windows, which knows none."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return 0.0


def _values(path: str, key: str) -> list[str]:
    """Return what stands behind `key` and a colon in a file of the kernel."""
    pairs = (line.partition(":") for line in _lines(Path(path)))
    return [value.strip() for name, _, value in pairs if name.strip() == key]


def _lines(path: Path) -> list[str]:
    """Return the lines of a file; none where there is no such file."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
