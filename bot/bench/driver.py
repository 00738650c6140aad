"""Asks NVIDIA's driver, by `nvidia-smi`."""

import shutil
import subprocess
from collections.abc import Sequence

_TIMEOUT_S = 20


def ask(query: str, fields: Sequence[str], index: int | None = None) -> list[dict[str, str]]:
    """Return a row for each answer to `query`, such as `gpu` or `compute-apps`.

    Nothing where nvidia-smi is not there, as on a Jetson, or does not answer.
    """
    command = [shutil.which("nvidia-smi") or "nvidia-smi"]
    if index is not None:
        command.append(f"--id={index}")
    command += [f"--query-{query}={','.join(fields)}", "--format=csv,noheader"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return []  # not there, or no right to ask: the numbers are as good without
    rows = (line.split(", ") for line in done.stdout.strip().splitlines())
    return [dict(zip(fields, map(str.strip, row), strict=False)) for row in rows]
