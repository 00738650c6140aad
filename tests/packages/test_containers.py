"""The Containerfiles, their page, and the variables that they set."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

import pytest

from bot.config import Settings
from bot.errors import StartError
from bot.wiring.options import VARIABLES, with_environment
from tests.packages.platforms import extras
from tests.real.image import REPOSITORY, copied, instructions

PAGE = (REPOSITORY / "docs" / "containers.md").read_text("utf-8")
FILES = ("Containerfile", "Containerfile.jetson")


def lines(name: str) -> list[tuple[str, str]]:
    return instructions((REPOSITORY / name).read_text("utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_it_is_an_ordinary_user_s_with_a_health_check_and_a_volume(name: str) -> None:
    said = dict(lines(name))

    assert said["USER"] == "1000"
    assert said["VOLUME"] == "/state"
    assert "/healthz" in said["HEALTHCHECK"]
    assert said["CMD"] == '["run", "--no-browser"]'
    set_here = set(re.findall(r"ISHOWTTS_\w+", said["ENV"])) - {"ISHOWTTS_IMAGE_EXTRAS"}
    assert set_here <= set(VARIABLES)


@pytest.mark.parametrize("name", FILES)
def test_its_arguments_are_on_the_page_and_its_extras_exist(name: str) -> None:
    given = dict(rest.partition("=")[::2] for word, rest in lines(name) if word == "ARG")

    assert all(f"`{argument}`" in PAGE for argument in given)
    assert set(given["EXTRAS"].split(",")) <= {*extras(), "fetch"}


@pytest.mark.parametrize(
    ("given", "installed", "warnings"),
    [
        ({"TORCH": "torch"}, "install --no-cache-dir torch", int(platform.machine() == "x86_64")),
        (
            {"TORCH": "torch==2.13", "TORCH_INDEX": "https://host/cpu"},
            "install --no-cache-dir --index-url https://host/cpu torch==2.13",
            0,
        ),
        ({"TORCH": ""}, "", 0),
    ],
)
def test_a_torch_is_installed_as_asked_for_and_its_size_is_told(
    given: dict[str, str], installed: str, warnings: int
) -> None:
    steps = [rest for word, rest in lines("Containerfile") if word == "RUN" and "$TORCH" in rest]
    script = "\n".join(steps).replace("/opt/ishowtts/bin/pip", "echo")
    told = subprocess.run(
        ["sh", "-ec", script],
        env={"PATH": os.environ["PATH"], **given},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert told.count("CUDA") == warnings
    assert "".join(line for line in told.splitlines() if "CUDA" not in line) == installed


@pytest.mark.parametrize("has_triton", [True, False])
def test_the_image_compiles_for_triton_where_torch_brings_it(
    has_triton: bool,  # noqa: FBT001 - a parameter
    tmp_path: Path,
) -> None:
    name = "triton" if has_triton else "torch"
    (tmp_path / "lib" / "python3.11" / "site-packages" / name).mkdir(parents=True)
    (step,) = [rest for word, rest in lines("Containerfile") if word == "RUN" and "triton" in rest]
    script = step.replace("/opt/ishowtts", str(tmp_path)).replace("rm -rf", "echo")
    told = subprocess.run(
        ["sh", "-ec", script.replace("apt-get", "echo")], capture_output=True, text=True, check=True
    ).stdout

    assert ("gcc libc6-dev python3-dev" in told) is has_triton


def test_the_page_lists_the_variables() -> None:
    listed = re.findall(r"^\| (`ISHOWTTS_.*?) \|", PAGE, re.MULTILINE)
    names = set(re.findall(r"`(ISHOWTTS_\w+)`", " ".join(listed)))

    secrets = {"SERVER_TOKEN", "MQTT_PASSWORD", "OBS_PASSWORD", "POOL_PASSWORD", "OPENAI_API_KEY"}
    others = {"ISHOWTTS_HOME", *(f"ISHOWTTS_{secret}" for secret in secrets)}
    assert names == {*VARIABLES, *others}


def test_what_is_copied_is_what_the_package_is_built_of() -> None:
    files = copied(REPOSITORY)

    assert {"pyproject.toml", "bot/__main__.py", "config.yaml", "LICENSE"} <= set(files)
    assert not [name for name in files if name.startswith(("tests", ".git", "training"))]


def test_variables_count_before_the_file() -> None:
    said = {"ISHOWTTS_SERVER_PORT": "80", "ISHOWTTS_ENGINE_PYTHON": "/opt/engine/bin/python"}
    settings = with_environment(Settings(), said)

    assert (settings.server.port, settings.engine.python) == (80, "/opt/engine/bin/python")
    assert with_environment(Settings(), {"ISHOWTTS_SERVER_PORT": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ISHOWTTS_SERVER_PORT", "http"), ("ISHOWTTS_SERVER_PORT", "70000")],
)
def test_a_variable_that_cannot_be_is_told_by_its_name(variable: str, value: str) -> None:
    with pytest.raises(StartError, match=f"{variable} is '{value}'"):
        with_environment(Settings(), {variable: value})
