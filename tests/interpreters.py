"""Other interpreters than the one that runs the tests."""

import shutil
import subprocess
import sys
from pathlib import Path


def python_3_10(*packages: str) -> str | None:
    """Return one that has the modules `packages`, where one is installed; nothing is fetched.

    `make test` makes the first if there is a python3.10, `make setup ENGINE_PYTHON=...` the second.
    """
    code = f"import sys, {', '.join(packages)}; sys.exit(sys.version_info[:2] != (3, 10))"
    own = (Path(sys.prefix) / folder / "bin" / "python" for folder in ("python3.10", "engine"))
    for name in (*map(str, own), "python3.10"):
        place = shutil.which(name)
        if place and _runs(place, code):
            return place
    return None


def _runs(python: str, code: str) -> bool:
    done = subprocess.run((python, "-c", code), capture_output=True, check=False)
    return done.returncode == 0
