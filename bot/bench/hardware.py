"""What the benchmark runs on: names, clocks, driver, versions."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import bot
from bot.bench.results import Hardware

_PACKAGES = ("torch", "triton", "numpy", "f5-tts", "vocos", "torchaudio", "x-transformers")
_SMI_FIELDS = ("driver_version", "clocks.sm", "clocks.max.sm", "clocks.mem", "power.limit")
_SMI_TIMEOUT_S = 20
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def hardware(device: torch.device) -> Hardware:
    """Return what `device` and its host are."""
    cores = os.cpu_count() or 1
    memory_gb = _memory_gb()
    load = round(getattr(os, "getloadavg", lambda: (0.0,))()[0], 2)  # absent on Windows
    if device.type != "cuda":
        return Hardware(
            key=f"{processor()}, {cores} cores, {torch.get_num_threads()} threads",
            processor=processor(),
            cores=cores,
            threads=torch.get_num_threads(),
            memory_gb=memory_gb,
            clocks=_cpu_clocks(),
            load_average=load,
        )
    properties = torch.cuda.get_device_properties(device)
    asked = _ask_driver(device)
    return Hardware(
        key=properties.name,
        processor=processor(),
        cores=cores,
        threads=torch.get_num_threads(),
        memory_gb=memory_gb,
        gpu=properties.name,
        gpu_memory_gb=round(properties.total_memory / 1e9, 1),
        driver=asked.pop("driver_version", ""),
        clocks=asked,
        load_average=load,
    )


def versions() -> dict[str, str]:
    """Return the versions of everything that decides on speed; packages that are not here lack."""
    found = {"ishowtts": bot.version(), "python": platform.python_version()}
    found["system"] = f"{platform.system()} {platform.release()}"
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    if torch.cuda.is_available():
        found["cuda"] = str(torch.version.cuda)
        found["cudnn"] = str(torch.backends.cudnn.version())  # type: ignore[no-untyped-call]
    return found


def processor() -> str:
    """Return the processor's name."""
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _lines(path: Path) -> list[str]:
    """Return the lines of a file of the kernel; none where there is no such file."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _memory_gb() -> float:
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemTotal:"):
            return round(int(line.split()[1]) * 1024 / 1e9, 1)
    return 0.0


def _cpu_clocks() -> dict[str, str]:
    clocks = [line.partition(":")[2] for line in _lines(Path("/proc/cpuinfo")) if "cpu MHz" in line]
    found = {"cpu": f"{float(clocks[0]):.0f} MHz"} if clocks else {}
    governor = _lines(_GOVERNOR)
    return {**found, "governor": governor[0]} if governor else found


def _ask_driver(device: torch.device) -> dict[str, str]:
    """Return what nvidia-smi says; nothing where it is not there, as on a Jetson."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return {}
    command = [
        program,
        f"--id={device.index if device.index is not None else torch.cuda.current_device()}",
        f"--query-gpu={','.join(_SMI_FIELDS)}",
        "--format=csv,noheader",
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, check=True, timeout=_SMI_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return {}  # an old driver, or no right to ask: the numbers are as good without
    values = [value.strip() for value in done.stdout.strip().split(",")]
    return dict(zip(_SMI_FIELDS, values, strict=False))
