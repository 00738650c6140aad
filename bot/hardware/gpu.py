"""GPU: memory and temperature, where there is one."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bot.hardware import jetson

try:
    import pynvml
except ModuleNotFoundError:  # it comes with the extra f5
    pynvml = None


class Gpu(NamedTuple):
    """Readings of one GPU."""

    name: str
    """Number of the GPU, or `jetson`."""
    memory_bytes: int = 0
    """Own memory; 0 where it shares the machine's, as on a Jetson."""
    used_bytes: int = 0
    """Memory in use, by any program."""
    temperature_c: float | None = None


def read(root: Path = Path("/")) -> Iterable[Gpu]:
    """Return every GPU of NVIDIA here, else that of a Jetson; may block while a driver hangs.

    `root` is where a Jetson's kernel shows its files.
    """
    return tuple(_nvidia()) or tuple(_jetson(root))


def _nvidia() -> Iterator[Gpu]:
    if pynvml is None:
        return
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return  # no driver
    try:
        for number in range(pynvml.nvmlDeviceGetCount()):
            device = pynvml.nvmlDeviceGetHandleByIndex(number)
            # A Jetson has the library, too, and answers that it does not support this.
            with suppress(pynvml.NVMLError):
                memory = pynvml.nvmlDeviceGetMemoryInfo(device)
                degrees = pynvml.nvmlDeviceGetTemperature(device, pynvml.NVML_TEMPERATURE_GPU)
                yield Gpu(str(number), memory.total, memory.used, float(degrees))
    except pynvml.NVMLError:
        return  # it was lost in this moment
    finally:
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _jetson(root: Path) -> Iterator[Gpu]:
    here = jetson.read(root)
    if here is not None:
        for zone, degrees in here.temperatures_c.items():
            if zone.lower().startswith("gpu"):  # `GPU-therm` before JetPack 6
                yield Gpu("jetson", temperature_c=degrees)
