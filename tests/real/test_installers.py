"""The wheel by each way that people install one, with what it needs from the registry."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot.service.elsewhere import installation_of
from tests.packages.wheel import NEEDS, REPOSITORY, build

_PROGRAMS = ("uv", "pipx")
MISSING = [name for name in (*NEEDS, *_PROGRAMS) if find_spec(name) is None]
pytestmark = [
    pytest.mark.parts,
    pytest.mark.real,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
_TESTS = ("tests/config", "tests/policy", "tests/store", "tests/server", "tests/cli")
"""Of what the tests without real parts show, some of each layer."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


def run(*command: object, cwd: Path, **environment: str) -> str:
    """Run a command away from the checkout; return what it prints."""
    path = ":".join([str(Path(sys.executable).parent), "/usr/bin:/bin"])
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**kept, "PATH": path, "HOME": str(cwd), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def speaks(program: Path, wheel: Path, folder: Path) -> None:
    assert run(program, "--version", cwd=folder).split()[1] == wheel.name.split("-")[1]
    run(program, "say", "Hello.", "-o", folder / "hello.wav", cwd=folder)
    assert (folder / "hello.wav").stat().st_size > 1000


def is_updated(environment: Path, wheel: Path, way: str, folder: Path, **places: str) -> None:
    """Assert that other installations see this one, and that the command that it tells works."""
    found = installation_of(environment / "bin" / "ishowtts")
    assert found is not None
    assert found.version == wheel.name.split("-")[1]
    assert unquote(found.address) == unquote(wheel.as_uri())

    code = f"from bot.runtime.installed import update_command as of; print(of('{found.address}'))"
    told = shlex.split(run(environment / "bin/python", "-c", code, cwd=folder))
    assert " ".join(told[:-1]).endswith(way)
    module = [sys.executable, "-m"] if told[0] in _PROGRAMS else []
    run(*module, *told, cwd=folder, **places)
    speaks(environment / "bin" / "ishowtts", wheel, folder)


def test_uv_tool(wheel: Path, tmp_path: Path) -> None:
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    command = [sys.executable, "-m", "uv", "tool", "install", "--python", sys.executable]
    run(*command, wheel, cwd=tmp_path, **places)
    speaks(tmp_path / "bin" / "ishowtts", wheel, tmp_path)
    way = "uv tool install --reinstall"
    is_updated(tmp_path / "tools" / "ishowtts", wheel, way, tmp_path, **places)


def test_pipx(wheel: Path, tmp_path: Path) -> None:
    places = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    command = [sys.executable, "-m", "pipx", "install", "--python", sys.executable]
    run(*command, wheel, cwd=tmp_path, **places)
    speaks(tmp_path / "bin" / "ishowtts", wheel, tmp_path)
    way = "pipx install --force"
    is_updated(tmp_path / "pipx" / "venvs" / "ishowtts", wheel, way, tmp_path, **places)


def test_pip(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    run(tmp_path / "venv/bin/pip", "install", "--quiet", wheel, cwd=tmp_path)
    speaks(tmp_path / "venv/bin/ishowtts", wheel, tmp_path)
    is_updated(tmp_path / "venv", wheel, "python -m pip install --upgrade", tmp_path)


def test_tests_without_real_parts_pass_against_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """They lie in a copy of the repository that has no package `bot`."""
    copy = tmp_path / "copy"
    kept = shutil.ignore_patterns("bot", ".*", "build", "dist", "__pycache__", "results")
    shutil.copytree(REPOSITORY, copy, ignore=kept)
    folder = tmp_path / "installed"
    options = ["--no-deps", "--no-index", "--target", folder]
    run(sys.executable, "-m", "pip", "install", "--quiet", *options, wheel, cwd=tmp_path)
    told = run(
        *(sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"),
        *("-m", "not parts and not real", *_TESTS),
        cwd=copy,
        PYTHONPATH=f"{folder}:{copy}",
    )
    assert " passed" in told
