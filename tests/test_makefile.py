"""`make setup`: torch, and ENGINE_PYTHON=..., the engine on an interpreter of its own."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.config import load
from bot.runtime.installed import ENGINE_PACKAGES
from tests.test_layers import imported_by_the_engine_process, modules, runs_elsewhere

pytestmark = pytest.mark.parts

REPOSITORY = Path(__file__).parents[1]
GIVEN = frozenset({"MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS", "TORCH", "ENGINE_PYTHON"})
"""Variables that `make test` may have been given, which are not meant for the make within."""
TEXT = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
DISTRIBUTIONS = {"hibari": "hibari-tts", "yaml": "pyyaml"}
"""Where they are not called as what is imported."""
OTHERS = {
    "torch",  # what the interpreter is chosen for
    "triton",  # comes with torch where there is a use for it
    "f5_tts",  # the engine upstream alone
    "vocos",
    "sudachipy",  # an extra: kanji for espeak, which does without
}


def packages() -> set[str]:
    (line,) = re.findall(r"^ENGINE_PACKAGES := (.*)$", TEXT, re.MULTILINE)
    return {re.split(r"[<>=]", word.strip("'"))[0] for word in line.split()}


def test_what_the_engine_imports_is_installed_for_its_interpreter() -> None:
    paths, wanted = dict(modules()), set[str]()
    for module in filter(runs_elsewhere, imported_by_the_engine_process()):
        for node in ast.walk(ast.parse(paths[module].read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                wanted |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                wanted.add(node.module.partition(".")[0])
    foreign = wanted - sys.stdlib_module_names - {"bot"} - OTHERS

    assert {DISTRIBUTIONS.get(name, name) for name in foreign} <= packages()


@pytest.mark.parametrize("name", ["Containerfile.jetson", "docs/jetson.md"])
def test_other_ways_to_an_engine_of_its_own_have_the_same_packages(name: str) -> None:
    (line,) = re.findall(r"^ENGINE_PACKAGES := (.*)$", TEXT, re.MULTILINE)

    assert line in (REPOSITORY / name).read_text(encoding="utf-8")
    assert tuple(shlex.split(line)) == ENGINE_PACKAGES


@pytest.mark.parametrize(
    ("how", "is_linked_anew"),
    [('{"dir_info": {"editable": true}}', False), ('{"dir_info": {}}', True)],
)
def test_a_copy_of_the_source_becomes_a_link_to_it_again(
    tmp_path: Path, how: str, *, is_linked_anew: bool
) -> None:
    info = tmp_path / "lib/python3.11/site-packages/ishowtts-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "direct_url.json").write_text(how)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").touch()
    (tmp_path / ".ready").touch()
    done = subprocess.run(
        ["make", "--dry-run", "setup", f"VENV={tmp_path}"],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name not in GIVEN},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ("--editable '.[f5]'" in done.stdout) == is_linked_anew


def test_the_configuration_names_the_engines_interpreter(tmp_path: Path) -> None:
    own = tmp_path / "my.yaml"
    own.write_bytes((REPOSITORY / "config.yaml").read_bytes())
    python = Path(sys.base_prefix) / "bin" / "python3"
    command = ["make", "engine-python", f"ENGINE_PYTHON={python}", f"VENV={tmp_path}/venv"]
    # pip is there already, so nothing is downloaded; that there is no torch is said.
    command += [f"CONFIG={own}", "ENGINE_PACKAGES=pip"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert load(own).engine.python == str(tmp_path / "venv/engine/bin/python"), done.stderr
    assert "# Python interpreter for f5" in own.read_text(encoding="utf-8")
    assert done.returncode == 0 or "has no torch that can be imported" in done.stdout


def test_an_interpreter_that_is_too_old_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python3.8"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    command = ["make", "engine-python", f"ENGINE_PYTHON={old}", f"VENV={tmp_path}/venv"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "is no Python 3.10 or newer" in done.stdout


def own_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in GIVEN}


@pytest.fixture
def asked_of_pip(tmp_path: Path) -> Callable[..., str]:
    """Environment in which pip only notes what it was asked to install."""
    folder = tmp_path / "venv" / "bin"
    folder.mkdir(parents=True)
    for name, script in (
        ("python", f'PYTHONPATH={tmp_path} exec {sys.executable} "$@"'),
        ("pip", f'echo "$@" >>{tmp_path}/asked'),
    ):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    def make(*arguments: str) -> str:
        target = f"{tmp_path}/venv/.ready"
        command = ["make", target, f"VENV={tmp_path}/venv", *arguments]
        subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, check=True, env=own_variables()
        )
        return (tmp_path / "asked").read_text()

    return make


@pytest.mark.parametrize(
    ("installed", "given", "torch"),
    [
        ("2.9.1+cpu", (), ""),
        ("2.10.0a0+b4e4ee8.nv25.9", (), ""),
        ("2.4.1", (), "torch==2."),
        ("2.9.1+cpu", ("TORCH=torch==2.8.0",), "torch==2.8.0"),
    ],
)
def test_a_torch_that_is_there_stays_unless_another_is_asked_for(
    asked_of_pip: Callable[..., str],
    tmp_path: Path,
    installed: str,
    given: Sequence[str],
    torch: str,
) -> None:
    about = tmp_path / f"torch-{installed}.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {installed}\n")

    *torches, own = asked_of_pip(*given).splitlines()
    assert own.endswith("--editable .[f5]")
    assert len(torches) == bool(torch)
    assert torch in "".join(torches)


def test_an_update_without_the_variable_remembers_the_engines_interpreter(
    asked_of_pip: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "venv" / "engine" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "engine" / "bin" / "python").touch()

    assert "--editable .[fetch]" in asked_of_pip()
    plan = subprocess.run(
        ["make", "--dry-run", "setup", f"VENV={tmp_path}/venv"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        env=own_variables(),
    ).stdout
    assert f"python: {tmp_path}/venv/engine/bin/python" in plan
