"""Other interpreters than the one that runs the tests, and the packages that tests need there.

    python -m tests.interpreters

makes an environment for the newest of those that this machine has, and for the oldest that an
engine may have, inside the one that runs it; `make test` does so. With `all`, as `make long` has
it, it makes one for each. No interpreter is fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAEMON = ("3.12", "3.13", "3.14")
"""Versions that the daemon promises to run on, besides the one of the tests."""
BETWEEN = frozenset({"3.12"})
"""Neither the oldest nor the newest of them: for `make long` alone."""
_ENGINE = "3.10"
"""The oldest one that an engine's process may have."""
_REPOSITORY = Path(__file__).parents[1]


def python_3_10(*packages: str) -> str | None:
    """Return one that has the modules `packages`; None where there is none.

    `make test` prepares the first, `make setup ENGINE_PYTHON=...` the second.
    """
    for python in (prepared(_ENGINE), Path(sys.prefix) / "engine" / "bin" / "python"):
        if _runs(str(python), _ENGINE, *packages):
            return str(python)
    return None


def prepared(version: str) -> Path:
    """Return the interpreter of the environment for `version`, which may not be there."""
    return Path(sys.prefix) / f"python{version}" / "bin" / "python"


def is_prepared(version: str) -> bool:
    """Tell whether it is there, with everything that the daemon needs."""
    return (prepared(version).parents[1] / ".ready").exists()


def find(version: str) -> str | None:
    """Return the interpreter of `version` on this machine; None where there is none."""
    return next((python for python in _places(version) if _runs(python, version)), None)


def _places(version: str) -> Iterator[str]:
    """Yield where it may be: on the path, and where pyenv and uv keep theirs."""
    if python := shutil.which(f"python{version}"):
        yield python
    home = Path.home()
    for folder, pattern in (
        (Path(os.environ.get("PYENV_ROOT", home / ".pyenv")), f"versions/{version}.*"),
        (home / ".local/share/uv/python", f"cpython-{version}.*"),
    ):
        yield from map(str, sorted(folder.glob(f"{pattern}/bin/python{version}")))


def _runs(python: str, version: str, *modules: str) -> bool:
    code = f"import {', '.join(('sys', *modules))}; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run((python, "-c", code), capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == version


def _prepare(versions: Iterable[str]) -> None:
    """Make the environments, all at a time, and tell what became of each."""
    project = tomllib.loads((_REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    needs = dict.fromkeys(versions, project["project"]["dependencies"])
    needs[_ENGINE] = ["msgspec", "numpy"]
    started = {}
    for version, packages in needs.items():
        if python := find(version):
            folder = prepared(version).parents[1]
            subprocess.run((python, "-m", "venv", "--without-pip", folder), check=True)
            pip = (sys.executable, "-m", "pip", "--python", folder, "--disable-pip-version-check")
            command = (*pip, "install", "--quiet", "--no-compile", *packages)
            started[version] = subprocess.Popen(command)
        else:
            sys.stderr.write(f"Python {version}: there is none here\n")
    for version, process in started.items():
        if process.wait() == 0:
            (prepared(version).parents[1] / ".ready").touch()
        else:
            sys.stderr.write(f"Python {version}: its packages cannot be installed\n")


if __name__ == "__main__":
    _prepare(DAEMON if "all" in sys.argv else [it for it in DAEMON if it not in BETWEEN])
