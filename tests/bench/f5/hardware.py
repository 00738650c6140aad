"""Names, clocks, driver and versions of what the stages run on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import msgspec
import torch

import bot
from bot.hardware import gpu, host
from bot.speedcheck.results import Hardware

_PACKAGES = ("torch", "triton", "numpy", "f5-tts", "vocos", "torchaudio", "x-transformers")


def hardware(device: torch.device) -> Hardware:
    """Return what `device` and its host are."""
    around = {
        "processor": host.cpu_model(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "memory_gb": host.memory_gb(),
        "load_average": host.load_average(),
    }
    if device.type != "cuda":
        key = "{processor}, {cores} cores, {threads} threads".format_map(around)
        return msgspec.convert({"key": key, "clocks": host.clocks(), **around}, Hardware)
    properties = torch.cuda.get_device_properties(device)
    found = gpu.find(gpu_number(device))
    clocks = (
        {"clocks.sm": f"{found.mhz} MHz", "clocks.max.sm": f"{found.max_mhz} MHz"} if found else {}
    )
    about = {
        "key": properties.name,
        "gpu": properties.name,
        "gpu_memory_gb": round(properties.total_memory / 1e9, 1),
        "driver": found.driver if found else "",
        "clocks": clocks,
    }
    return msgspec.convert({**about, **around}, Hardware)


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


def gpu_number(device: torch.device) -> int | None:
    """Return the driver's number of a GPU; None for a CPU."""
    if device.type != "cuda":
        return None
    # torch's annotation leaves out that `cuda` alone has no number
    has_number = device != torch.device("cuda")
    return device.index if has_number else torch.cuda.current_device()
