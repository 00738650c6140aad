"""Which systems have a wheel of every dependency: `python -m tests.packages.platforms`.

uv resolves what pip would install there, by PyPI's metadata alone; nothing is installed.
The result becomes the table of docs/platforms.md.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "platforms.md"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    "Windows, x64": "x86_64-pc-windows-msvc",
    "macOS, Apple silicon": "aarch64-apple-darwin",
    "macOS, Intel": "x86_64-apple-darwin",
    "Linux, x64": "x86_64-manylinux_2_28",
    "Linux, ARM64": "aarch64-manylinux_2_28",
}
SOURCES = ("docopt",)
"""Pure Python, of which there is no wheel: pip makes one."""
_MACOS = "14.0"
"""The oldest macOS that is looked at."""
_LEFT_OUT = {"test", "upstream", "transcribe", "fetch"}
"""Extras of developers, and one that is a part of another."""
_LACKING = re.compile(r"Because ([\w-]+)\S* (?:has|and)")
_BEGIN, _END = "<!-- wheels -->\n", "<!-- /wheels -->\n"


def extras() -> list[str]:
    """Return the extras that users install."""
    text = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    return sorted(set(tomllib.loads(text)["project"]["optional-dependencies"]) - _LEFT_OUT)


def lacks(python: str, platform: str, *wanted: str) -> str:
    """Return the package of which there is no wheel; empty where there are all."""
    options = ["--quiet", "--no-header", "--python-version", python, "--python-platform", platform]
    options += ["--only-binary", ":all:", *(f"--no-binary={name}" for name in SOURCES)]
    options += [f"--extra={name}" for name in wanted]
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", *options, "pyproject.toml"],
        cwd=REPOSITORY,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": _MACOS},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    found = _LACKING.search(done.stderr)
    assert found is not None, done.stderr
    return found[1]


def cell(python: str, platform: str) -> str:
    """Return what can be installed there, in words."""
    if not lacks(python, platform, *extras()):
        return "all"
    if missing := lacks(python, platform):
        return f"nothing: no wheel of {missing}"
    without = {extra: name for extra in extras() if (name := lacks(python, platform, extra))}
    return "without " + ", ".join(f"`{extra}` ({name})" for extra, name in without.items())


def table() -> str:
    """Return the table in Markdown."""
    lines = [f"| | {' | '.join(f'Python {python}' for python in PYTHONS)} |"]
    lines += ["|---" * (1 + len(PYTHONS)) + "|"]
    for name, platform in PLATFORMS.items():
        cells = [cell(python, platform) for python in PYTHONS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)  # noqa: T201 - it takes minutes
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table."""
    made = table()
    head, rest = PAGE.read_text("utf-8").split(_BEGIN)
    PAGE.write_text(f"{head}{_BEGIN}{made}{_END}{rest.split(_END)[1]}", "utf-8")


if __name__ == "__main__":
    main()
