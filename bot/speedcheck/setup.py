"""Setup of a run: the machine, the versions and the model; torch is asked by its interpreter."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime

import bot
from bot.config.sections.engine import EngineSettings, F5Settings
from bot.engine.f5.weights.installed import BUNDLED, Choice, choose
from bot.hardware import gpu, host, jetson
from bot.speedcheck.results import Hardware, Model, Results

_VERSIONS = """
import json, platform
from importlib.metadata import PackageNotFoundError, version
found = {"python": platform.python_version()}
for package in ("torch", "triton", "numpy", "f5-tts"):
    try:
        found[package] = version(package)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""
_TIMEOUT_S = 60


def describe(settings: EngineSettings, mode: str) -> Results:
    """Return empty results of a run that begins now.

    Raises:
        StartError: the configured model is not there.
    """
    hardware = _hardware(settings.f5)
    return Results(
        ishowtts=bot.version(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        mode=mode,
        hardware=hardware,
        versions={
            "ishowtts": bot.version(),
            "system": f"{platform.system()} {platform.release()}",
            **_versions(settings.python or sys.executable),
        },
        model=_model(settings.f5, has_gpu=bool(hardware.gpu)),
    )


def gpu_number(settings: F5Settings) -> int | None:
    """Return the driver's number of the GPU that may be used; None where there is none."""
    if settings.device == "cpu":
        return None
    number = int(settings.device.partition(":")[2] or 0)
    return number if gpu.find(number) else None


def _hardware(settings: F5Settings) -> Hardware:
    found = gpu.find(gpu_number(settings))
    board = jetson.read() if settings.device != "cpu" else None
    if found:
        model, driver = found.model, found.driver
    elif board:
        model, driver = board.model, board.release
    else:
        model, driver = "", ""
    processor, cores = host.cpu_model(), os.cpu_count() or 1
    return Hardware(
        key=model or f"{processor}, {cores} cores",
        processor=processor,
        cores=cores,
        memory_gb=host.memory_gb(),
        gpu=model,
        driver=driver,
        clocks=host.clocks(),
        load_average=host.load_average(),
    )


def _versions(python: str) -> dict[str, str]:
    """Return what decides on speed and is installed for the interpreter `python`."""
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter that the engine runs with anyway
            [python, "-c", _VERSIONS], capture_output=True, check=True, timeout=_TIMEOUT_S
        )
        return {str(name): str(value) for name, value in json.loads(done.stdout).items()}
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}  # the start of the engine will say what is wrong


def _model(settings: F5Settings, *, has_gpu: bool) -> Model:
    here, on_gpu = choose(settings.model, settings.vocoder)
    is_on_gpu = on_gpu is not None and has_gpu and settings.device != "cpu"
    return Model(
        name=_name(settings, on_gpu if on_gpu is not None and is_on_gpu else here),
        device=settings.device,
        nfe=settings.nfe_normal if settings.nfe == "auto" else settings.nfe,
        cfg_strength=str(settings.cfg_strength),
    )


def _name(settings: F5Settings, chosen: Choice) -> str:
    if settings.model != "auto":
        return settings.model
    return "bundled" if chosen.model == BUNDLED / "model" else chosen.model.name
