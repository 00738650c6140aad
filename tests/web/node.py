"""Node's packages that tests of pages need: TypeScript's checker and axe-core."""

import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parent


def run(*command: str) -> None:
    """Run a command among the packages; fail with what it says."""
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def need_packages() -> None:
    """Install the packages where they are missing; skip the test where there is no npm."""
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            pytest.skip(f"needs the Debian package {package}")
    if not (WEB / "node_modules" / "typescript").exists():
        run("npm", "ci", "--no-audit", "--no-fund")
