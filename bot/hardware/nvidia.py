"""NVIDIA GPUs, as their driver tells through `nvidia-smi`; nothing where it is missing (Jetson)."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_TIMEOUT_S = 20
_THROTTLING = {
    0x04: "its power limit",
    0x08: "a hardware slowdown",
    0x20: "heat (software)",
    0x40: "heat (hardware)",
    0x80: "a power brake",
}
"""Bits of `clocks_throttle_reasons.active` that mean less speed than asked for (NVML)."""
_STATE_FIELDS = ("clocks.sm", "clocks.max.sm", "temperature.gpu", "clocks_throttle_reasons.active")


class State(NamedTuple):
    """Clock, heat and throttling of one GPU, now; 0 where the driver does not tell."""

    mhz: float
    max_mhz: float
    temperature_c: float
    throttled: frozenset[str]
    """Why it runs slower than asked."""


class Process(NamedTuple):
    """A program that uses a GPU."""

    name: str
    pid: int
    gpu_mb: float


def query(what: str, fields: Sequence[str], number: int | None = None) -> list[dict[str, str]]:
    """Return the rows of `nvidia-smi --query-WHAT`, such as `gpu`; of one GPU with `number`."""
    command = [shutil.which("nvidia-smi") or "nvidia-smi"]
    if number is not None:
        command.append(f"--id={number}")
    command += [f"--query-{what}={','.join(fields)}", "--format=csv,noheader"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return []  # not there, or no right to ask
    rows = (line.split(", ") for line in done.stdout.strip().splitlines())
    return [dict(zip(fields, map(str.strip, row), strict=False)) for row in rows]


def state(number: int) -> State | None:
    """Return what the GPU `number` does now; None where the driver does not answer."""
    for row in query("gpu", _STATE_FIELDS, number):
        bits = _bits(row.get("clocks_throttle_reasons.active", ""))
        return State(
            mhz=_leading_number(row.get("clocks.sm", "")),
            max_mhz=_leading_number(row.get("clocks.max.sm", "")),
            temperature_c=_leading_number(row.get("temperature.gpu", "")),
            throttled=frozenset(name for bit, name in _THROTTLING.items() if bits & bit),
        )
    return None


def processes(number: int) -> list[Process]:
    """Return the programs on the GPU `number`."""
    rows = query("compute-apps", ("pid", "process_name", "used_memory"), number)
    return [
        Process(
            name=Path(row.get("process_name", "")).name,
            pid=int(_leading_number(row["pid"])),
            gpu_mb=_leading_number(row.get("used_memory", "")),
        )
        for row in rows
    ]


def _leading_number(text: str) -> float:
    """Return the number before a unit; 0 for what is none, such as `[N/A]`."""
    try:
        return float(text.split(maxsplit=1)[0])
    except (IndexError, ValueError):
        return 0.0


def _bits(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
