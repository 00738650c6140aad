"""The wheel, in an environment of its own away from the checkout, with and without torch."""

from __future__ import annotations

import os
import subprocess
import wave
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from tests.packages.contents import LIST, contents
from tests.packages.wheel import NEEDS, REPOSITORY, Environment, build

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(not all(map(find_spec, NEEDS)), reason=f"not installed: {NEEDS}"),
]
_CONFIG = """
channels:
  - name: main
    sources: [{type: ingest}]
    outputs: [{type: wavefile, path: out.wav}]
engine: {engines: [hibari]}
server: {port: 0}
"""
_STRANGER = "from pathlib import Path\n(Path(__file__).parent / 'was imported').touch()\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    return Environment(tmp_path_factory.mktemp("light"), wheel)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(_CONFIG, encoding="utf-8")
    return path


def duration_s(path: Path) -> float:
    with wave.open(str(path)) as file:
        return float(file.getnframes() / file.getframerate())


def test_its_contents_are_those_of_the_list(wheel: Path) -> None:
    listed = LIST.read_text(encoding="utf-8").split("\n")[:-1]

    assert contents(wheel) == listed, "If it is meant so: python -m tests.packages.contents"


def test_it_holds_what_the_repository_has_of_the_package(wheel: Path) -> None:
    tracked = subprocess.run(
        [
            "git",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "bot",
            "voices",
            "patches",
            "systemd",
            "config.yaml",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")[:-1]
    held = set(ZipFile(wheel).namelist())

    shipped = {name if name.startswith("bot/") else f"bot/resources/{name}" for name in tracked}
    assert shipped - held == set()
    assert {name for name in held if name.startswith("bot/")} - shipped == set()


def test_its_commands_run_away_from_the_checkout(
    light: Environment, wheel: Path, config: Path, tmp_path: Path
) -> None:
    found = light.run_python("import bot; print(bot.__file__)")
    assert Path(found.stdout.strip()).is_relative_to(light.packages)
    assert light.run_python("import torch").returncode != 0

    version = light.run("--version")
    assert version.stdout == f"ishowtts {wheel.name.split('-')[1]}\n"

    checked = light.run("check", "--config", str(config))
    assert checked.returncode == 0, checked.stdout + checked.stderr

    said = light.run("say", "Hello there.", "-o", str(tmp_path / "hello.wav"))
    assert said.returncode == 0, said.stderr
    assert duration_s(tmp_path / "hello.wav") > 0.5


def test_check_tells_of_a_newer_one_on_the_path(
    light: Environment, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "newer" / "bin" / "ishowtts"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexit 1\n", "utf-8")  # it is not run
    program.chmod(0o755)
    (tmp_path / "newer/lib/python3.11/site-packages/ishowtts-99.1.dist-info").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    checked = light.run("check", "--config", str(config))

    assert checked.returncode == 0, checked.stdout + checked.stderr
    (line,) = [line for line in checked.stdout.split("\n") if "99.1" in line]
    assert line.startswith(f"warn  installation: {program} is of version 99.1, newer than this one")
    assert " --upgrade 'ishowtts" in line
    assert line.endswith(" @ WHEEL'")


@pytest.mark.long
def test_with_torch_its_model_speaks(
    wheel: Path, config: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    # Without the trials of the first start, which find the fastest precision.
    config.write_text("engine: {engines: [f5], f5: {precision: float32}}\n", encoding="utf-8")
    heavy = Environment(tmp_path_factory.mktemp("heavy"), wheel, "f5")
    output = str(tmp_path / "hello.wav")
    said = heavy.run("say", "Hello there.", "--config", str(config), "-o", output)

    assert said.returncode == 0, said.stderr
    assert duration_s(tmp_path / "hello.wav") > 0.5


def test_a_package_of_the_same_name_in_the_working_folder_is_not_ours(
    light: Environment, config: Path, tmp_path: Path
) -> None:
    """As where somebody's bot for chat is being written."""
    stranger = tmp_path / "work" / "bot"
    stranger.mkdir(parents=True)
    (stranger / "__init__.py").write_text(_STRANGER, encoding="utf-8")
    config.write_text(
        config.read_text("utf-8").replace("type: wavefile, path: out.wav", "type: device"), "utf-8"
    )
    for command in (
        ("say", "Hello.", "-o", str(tmp_path / "hello.wav")),
        ("report", "--config", str(config), "-o", str(tmp_path / "report.zip")),
    ):
        assert light.run(*command, cwd=stranger.parent).returncode == 0, command
        assert not (stranger / "was imported").exists(), command


@pytest.fixture
def clash(light: Environment) -> Iterator[None]:
    """Another distribution that says that it has files of `bot`."""
    info = light.packages / "discord_robot-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: discord-robot\nVersion: 1.0\n")
    (info / "RECORD").write_text("bot/robot.py,,\n")
    yield
    for file in info.iterdir():
        file.unlink()
    info.rmdir()


@pytest.mark.usefixtures("clash")
def test_another_distribution_with_a_package_bot_is_reported(
    light: Environment, config: Path
) -> None:
    checked = light.run("check", "--config", str(config))

    assert checked.returncode == 1
    assert "FAIL  installation: discord-robot has a package `bot` too" in checked.stdout
