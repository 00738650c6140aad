"""Writes a benchmark's result with what it was measured on."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bot.hardware import host

RESULTS = Path(__file__).parent / "results"


def environment(*packages: str) -> dict[str, Any]:
    """Return date, processor, system and the versions of `packages`."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{host.cpu_model()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        "load_average_1_min": host.load_average(),  # what else the machine did
    }


def spread_ms(seconds: Sequence[float]) -> dict[str, float]:
    """Return count, median, p95, p99 and maximum of `seconds`, in milliseconds."""
    median, p95, p99 = np.percentile(seconds, [50, 95, 99]) * 1000
    return {
        "count": len(seconds),
        "median_ms": round(float(median), 1),
        "p95_ms": round(float(p95), 1),
        "p99_ms": round(float(p99), 1),
        "max_ms": round(max(seconds) * 1000, 1),
    }


def save(name: str, result: dict[str, Any]) -> None:
    """Print `result` and write it to `results/<name>.json`, if there is a name."""
    text = json.dumps(result, indent=2)
    print(text)
    if not name:
        return
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
