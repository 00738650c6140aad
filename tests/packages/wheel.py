"""The wheel: built from this checkout, and installed where nothing else of it can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
NEEDS = ("hatchling", "hatch_vcs")
"""What builds it; it must be there, so that nothing is fetched."""
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def build(folder: Path) -> Path:
    """Return the wheel of this checkout, made in `folder`."""
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    _do([*_PIP, "wheel", *options, str(REPOSITORY)])
    (wheel,) = folder.glob("*.whl")
    return wheel


class Environment:
    """A virtual environment with a wheel of ours, and what that one says it needs, no more."""

    def __init__(self, folder: Path, wheel: Path, *extras: str) -> None:
        """Make it; packages of others are links to those that the tests run with."""
        venv.create(folder, with_pip=False, symlinks=True)
        self.python = folder / "bin" / "python"
        self._home = folder / "home"
        self._home.mkdir()
        options = ["--no-deps", "--no-index", "--no-compile"]
        _do([*_PIP, "--python", str(self.python), "install", *options, str(wheel)])
        (self.packages,) = folder.glob("lib/python*/site-packages")
        for dist in closure("ishowtts", extras, self.packages):
            for name in _top_level(dist):
                if not (self.packages / name).exists():
                    (self.packages / name).symlink_to(Path(str(dist.locate_file(name))))

    def run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run its `ishowtts`, with a home of its own."""
        return self._run(self.python.parent / "ishowtts", *arguments, cwd=cwd)

    def run_python(self, code: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run `code` in its interpreter."""
        return self._run(self.python, "-c", code, cwd=cwd)

    def _run(
        self, program: Path, *arguments: str, cwd: Path | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments],
            cwd=cwd or self._home,
            env={"HOME": str(self._home), "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def closure(
    name: str, extras: tuple[str, ...], folder: Path | None = None
) -> Iterator[metadata.Distribution]:
    """Yield every distribution that `name` needs here, itself left out; `folder` is where it is."""
    (start,) = metadata.distributions(name=name, path=[str(folder)]) if folder else (None,)
    waiting: list[tuple[str, tuple[str, ...]]] = [(name, extras)]
    seen = set[tuple[str, tuple[str, ...]]]()
    yielded = {name}
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        is_start = start is not None and key[0] == name
        dist = start if is_start and start is not None else metadata.distribution(key[0])
        if key[0] not in yielded:
            yielded.add(key[0])
            yield dist
        for text in dist.requires or ():
            need = Requirement(text)
            marks = need.marker
            if marks is None or any(marks.evaluate({"extra": e}) for e in (*key[1], "")):
                waiting.append((need.name, tuple(sorted(need.extras))))


def _top_level(dist: metadata.Distribution) -> set[str]:
    parts = {file.parts[0] for file in dist.files or ()}
    return parts - {"..", "__pycache__", "bin"}


def _do(command: list[str]) -> None:
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
