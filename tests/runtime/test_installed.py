"""Remedies name a command that works for how the program was installed, and no index's package."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

import bot
from bot.engine import import_extra
from bot.errors import StartError
from bot.runtime import installed
from bot.runtime.installed import engine_command, install_command, update_command

PIP = f"{sys.executable} -m pip install"


def test_in_a_checkout_it_is_the_folder() -> None:
    checkout = Path(bot.__file__).parents[1]

    assert install_command("f5", "voices") == f"{PIP} --editable '{checkout}[f5,voices]'"


def test_a_source_without_git_is_not_pulled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(installed, "_checkout", lambda: tmp_path)
    assert update_command().startswith(f"put the newer source into '{tmp_path}', then ")
    (tmp_path / ".git").mkdir()
    assert update_command().startswith(f"git -C '{tmp_path}' pull, then ")


def installed_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, direct_url: str) -> None:
    """Let the program look as if it was installed from a wheel."""
    package = tmp_path / "bot"
    info = tmp_path / "ishowtts-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: ishowtts\nVersion: 1.0\n"
        "Requires-Dist: aiohttp>=3\n"
        'Requires-Dist: torch>=2.5; extra == "f5"\n'
        "Requires-Dist: safetensors<1,>=0.5; extra == 'f5'\n"
        'Requires-Dist: soundfile; extra == "voices"\n',
        "utf-8",
    )
    if direct_url:
        (info / "direct_url.json").write_text(direct_url, "utf-8")
    monkeypatch.setattr(bot, "__file__", str(package / "__init__.py"))
    monkeypatch.syspath_prepend(str(tmp_path))


def test_of_a_wheel_it_is_where_that_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = "https://example.org/ishowtts-1.0-py3-none-any.whl"
    installed_wheel(monkeypatch, tmp_path, f'{{"url": "{url}", "archive_info": {{}}}}')

    assert install_command("f5") == f"{PIP} 'ishowtts[f5] @ {url}'"


@pytest.mark.parametrize("direct_url", ["", "no JSON", "[]", '{"url": 1}'])
def test_else_it_is_the_packages_themselves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, direct_url: str
) -> None:
    installed_wheel(monkeypatch, tmp_path, direct_url)

    assert install_command("f5") == f"{PIP} 'torch>=2.5' 'safetensors<1,>=0.5'"
    assert install_command("f5", "voices").endswith(" 'soundfile'")


def test_a_folder_that_is_gone_is_not_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = (tmp_path / "removed").as_uri()
    installed_wheel(monkeypatch, tmp_path, f'{{"url": "{address}", "dir_info": {{}}}}')

    assert install_command("voices") == f"{PIP} 'soundfile'"


def test_for_the_engine_s_interpreter_it_is_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    command = engine_command("/usr/bin/python3.10")
    assert command.startswith(
        "/usr/bin/python3.10 -m pip install 'hibari-tts>=0.2.1,<0.3' 'msgspec'"
    )
    assert engine_command(sys.executable) == install_command("f5")

    # What is older than this program asks for, as Python 3.10, refuses to install it.
    monkeypatch.setattr(installed, "_OLDEST", (99, 0))
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3.10")
    assert install_command("f5") == command


def test_in_a_container_it_is_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISHOWTTS_IMAGE_EXTRAS", "f5,voices")

    assert install_command("kokoro") == "podman build --build-arg EXTRAS=f5,voices,kokoro ."


def test_an_environment_without_pip_is_uv_s(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = tmp_path / "bare" / "bin" / "python"
    code = "from bot.runtime.installed import install_command; print(install_command('f5'))"
    told = subprocess.run(
        [python, "-c", code],
        env={"PYTHONPATH": str(Path(bot.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.startswith(f"uv pip install --python {python} ")


@pytest.mark.parametrize(
    ("system", "python", "command"),
    [
        ("linux", "/opt/my tools/python", "'/opt/my tools/python' -m pip install"),
        ("win32", r"C:\My Tools\python.exe", r'& "C:\My Tools\python.exe" -m pip install'),
        ("win32", r"C:\Tools\python.exe", r"C:\Tools\python.exe -m pip install"),
    ],
)
def test_a_path_with_a_space_is_quoted_as_the_shell_wants_it(
    monkeypatch: pytest.MonkeyPatch, system: str, python: str, command: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "executable", python)

    assert install_command("f5").startswith(f"{command} ")
    with pytest.raises(StartError) as caught:
        import_extra("package_that_is_gone", "It", "")
    assert f"Install it with: {command} package_that_is_gone" in caught.value.remedy


def test_nothing_tells_people_to_install_a_name_that_anybody_could_take() -> None:
    checkout = Path(bot.__file__).parents[1]
    places = ("bot", "docs", "*.md", "config.yaml")
    found = subprocess.run(
        ["git", "grep", "-lE", r"install .?ishowtts(\[|$| )", "--", *places],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.split() == []
