"""GPUs, as NVIDIA's driver (NVML) or the kernel of a Jetson tells."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pynvml

from bot.hardware import jetson

_T = TypeVar("_T")
_BYTES_PER_MIB = 1 << 20
_THROTTLING = {
    0x04: "its power limit",
    0x08: "a hardware slowdown",
    0x20: "heat (software)",
    0x40: "heat (hardware)",
    0x80: "a power brake",
}
"""Bits of NVML's `clocksEventReasons` that mean less speed than asked for."""


class Process(NamedTuple):
    """A program that uses a GPU."""

    name: str
    pid: int
    gpu_mb: float


class Gpu(NamedTuple):
    """Readings of one GPU; 0 or nothing for what the driver does not tell."""

    name: str
    """Number of the GPU for its driver, or `jetson`."""
    memory_bytes: int = 0
    """Own memory; 0 where it shares the machine's, as on a Jetson."""
    used_bytes: int = 0
    """Memory in use, by any program."""
    temperature_c: float | None = None
    model: str = ""
    driver: str = ""
    """Version of the driver."""
    mhz: float = 0.0
    max_mhz: float = 0.0
    throttling: frozenset[str] = frozenset()
    """Why it runs slower than asked."""
    processes: tuple[Process, ...] = ()


def read(root: Path = Path("/")) -> Iterable[Gpu]:
    """Return every GPU of NVIDIA here, else that of a Jetson; may block while a driver hangs.

    `root` is where a Jetson's kernel shows its files.
    """
    return tuple(_nvidia()) or tuple(_jetson(root))


def find(number: int | None) -> Gpu | None:
    """Return the GPU that NVIDIA's driver numbers so; None where there is none."""
    return next((gpu for gpu in _nvidia() if gpu.name == str(number)), None)


def _nvidia() -> Iterator[Gpu]:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return  # no driver
    try:
        for number in range(pynvml.nvmlDeviceGetCount()):
            # A Jetson has the library, too, and answers that it does not support this.
            with suppress(pynvml.NVMLError):
                yield _read_device(number)
    except pynvml.NVMLError:
        return  # it was lost in this moment
    finally:
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _read_device(number: int) -> Gpu:
    device = pynvml.nvmlDeviceGetHandleByIndex(number)
    memory = pynvml.nvmlDeviceGetMemoryInfo(device)
    degrees = pynvml.nvmlDeviceGetTemperature(device, pynvml.NVML_TEMPERATURE_GPU)
    bits = _told(0, pynvml.nvmlDeviceGetCurrentClocksThrottleReasons, device)
    running: Sequence[Any] = _told((), pynvml.nvmlDeviceGetComputeRunningProcesses, device)
    return Gpu(
        name=str(number),
        memory_bytes=memory.total,
        used_bytes=memory.used,
        temperature_c=float(degrees),
        model=_told("", pynvml.nvmlDeviceGetName, device),
        driver=_told("", pynvml.nvmlSystemGetDriverVersion),
        mhz=_told(0.0, pynvml.nvmlDeviceGetClockInfo, device, pynvml.NVML_CLOCK_SM),
        max_mhz=_told(0.0, pynvml.nvmlDeviceGetMaxClockInfo, device, pynvml.NVML_CLOCK_SM),
        throttling=frozenset(name for bit, name in _THROTTLING.items() if bits & bit),
        processes=tuple(
            Process(
                name=Path(_told("", pynvml.nvmlSystemGetProcessName, each.pid)).name,
                pid=each.pid,
                gpu_mb=(each.usedGpuMemory or 0) / _BYTES_PER_MIB,
            )
            for each in running
        ),
    )


def _told(otherwise: _T, query: Callable[..., _T], *about: object) -> _T:
    """Return what the driver tells, and `otherwise` where it does not."""
    try:
        return query(*about)
    except (pynvml.NVMLError, UnicodeDecodeError):  # names of programs need not be UTF-8
        return otherwise


def _jetson(root: Path) -> Iterator[Gpu]:
    here = jetson.read(root)
    if here is not None:
        for zone, degrees in here.temperatures_c.items():
            if zone.lower().startswith("gpu"):  # `GPU-therm` before JetPack 6
                yield Gpu("jetson", temperature_c=degrees)
