"""What the benchmark runs on: names, clocks, driver, versions."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

import msgspec
import torch

import bot
from bot.bench import host
from bot.bench.results import Hardware

_PACKAGES = ("torch", "triton", "numpy", "f5-tts", "vocos", "torchaudio", "x-transformers")
_SMI_FIELDS = ("driver_version", "clocks.sm", "clocks.max.sm", "clocks.mem", "power.limit")
_SMI_TIMEOUT_S = 20


def hardware(device: torch.device) -> Hardware:
    """Return what `device` and its host are."""
    around = {
        "processor": host.processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "memory_gb": host.memory_gb(),
        "load_average": host.load_average(),
    }
    if device.type != "cuda":
        key = "{processor}, {cores} cores, {threads} threads".format_map(around)
        return msgspec.convert({"key": key, "clocks": host.clocks(), **around}, Hardware)
    properties = torch.cuda.get_device_properties(device)
    asked = _ask_driver(device)
    gpu = {
        "key": properties.name,
        "gpu": properties.name,
        "gpu_memory_gb": round(properties.total_memory / 1e9, 1),
        "driver": asked.pop("driver_version", ""),
        "clocks": asked,
    }
    return msgspec.convert({**gpu, **around}, Hardware)


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


def _ask_driver(device: torch.device) -> dict[str, str]:
    """Return what nvidia-smi says; nothing where it is not there, as on a Jetson."""
    has_number = device != torch.device("cuda")
    command = [
        shutil.which("nvidia-smi") or "nvidia-smi",
        f"--id={device.index if has_number else torch.cuda.current_device()}",
        f"--query-gpu={','.join(_SMI_FIELDS)}",
        "--format=csv,noheader",
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, check=True, timeout=_SMI_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return {}  # not there, or no right to ask: the numbers are as good without
    values = [value.strip() for value in done.stdout.strip().split(",")]
    return dict(zip(_SMI_FIELDS, values, strict=False))
