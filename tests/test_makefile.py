"""`make setup ENGINE_PYTHON=...`: the engine on an interpreter of its own."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import load
from tests.test_layers import imported_by_the_engine_process, modules, runs_elsewhere

pytestmark = pytest.mark.parts

REPOSITORY = Path(__file__).parents[1]
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


def test_the_image_for_a_jetson_has_the_same_packages() -> None:
    (line,) = re.findall(r"^ENGINE_PACKAGES := (.*)$", TEXT, re.MULTILINE)

    assert line in (REPOSITORY / "Containerfile.jetson").read_text(encoding="utf-8")


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
