"""Other installations on this machine, and what is said of them."""

from __future__ import annotations

import json
import sys
from itertools import product
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

import bot
from bot.service import units
from bot.service.elsewhere import differences, installation_of, installations, is_newer

if TYPE_CHECKING:
    from pathlib import Path

NEWER, OLDER = "99.1", "0.1"
VERSIONS = (
    "0.9", "1.0.0.dev0", "1.0.0.dev938+g50b8bc1d1", "1.0.0.dev1000", "1.0.0a1", "1.0.0b2.dev1",
    "1.0.0b2", "1.0.0rc1", "1.0", "1.0.0", "1.0.0.post1.dev2", "1.0.0.post1",
    "1.0.1.dev3+g1234567.d20261127", "1.0.1", "1.1.0", "1.10.0", "2",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nothing is installed, and an empty path."""
    for name in ("PIPX_HOME", "UV_TOOL_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def install(environment: Path, version: str, wheel: Path | None = None) -> Path:
    """Lay an environment out as installers do; return its program."""
    info = environment / f"lib/python3.12/site-packages/ishowtts-{version}.dist-info"
    info.mkdir(parents=True)
    if wheel:
        wheel.touch()
        (info / "direct_url.json").write_text(json.dumps({"url": wheel.as_uri()}), "utf-8")
    program = environment / "bin" / "ishowtts"
    program.parent.mkdir()
    program.write_text(f"#!{environment}/bin/python\n", "utf-8")
    program.chmod(0o755)
    return program


def unit(home: Path, command: str) -> None:
    path = home / ".config/systemd/user/ishowtts.service"
    path.parent.mkdir(parents=True)
    path.write_text(f"[Service]\nType=notify\nExecStart={command} run --config x.yaml\n", "utf-8")


def public(version: str) -> Version:
    """Return what installers compare, without the commit that was built."""
    return Version(Version(version).public)


def told(running: str = "") -> dict[str, str]:
    return {subject: str(problem) for subject, problem in differences(running)}


def test_versions_are_ordered_as_installers_order_them() -> None:
    pairs = [*product(VERSIONS, VERSIONS)]
    ours = [pair for pair in pairs if is_newer(*pair)]

    assert ours == [(a, b) for a, b in pairs if public(a) > public(b)]


@pytest.mark.parametrize("other", ["checkout", "", "1.0.", "1.0-beta"])
def test_what_is_no_version_is_neither_newer_nor_older(other: str) -> None:
    assert not is_newer(other, "1.0")
    assert not is_newer("1.0", other)


def test_where_there_is_nothing_else_nothing_is_told(home: Path) -> None:
    assert told() == {}
    assert told(running=bot.version()) == {}
    assert [*installations([])] == []
    assert home.exists()


@pytest.mark.parametrize(
    ("place", "variable"),
    [
        ("anywhere", "PATH"),
        (".local/share/pipx/venvs/ishowtts", None),
        ("data/venvs/ishowtts", "PIPX_HOME"),
        (".local/share/uv/tools/ishowtts", None),
        ("data/ishowtts", "UV_TOOL_DIR"),
    ],
)
def test_a_newer_one_is_found_where_shells_and_tools_look(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: str, variable: str | None
) -> None:
    wheel = home / f"ishowtts-{NEWER}-py3-none-any.whl"
    program = install(home / place, NEWER, wheel)
    if variable:
        monkeypatch.setenv(variable, str(program.parent if variable == "PATH" else home / "data"))

    (line,) = told().values()
    assert line.startswith(
        f"{program} is of version {NEWER}, newer than this one, {bot.version()}."
    )
    assert "Call that one, or update this one: " in line


def test_its_command_names_the_wheel_and_how_this_one_was_installed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = home / f"ishowtts-{NEWER}-py3-none-any.whl"
    install(home / ".local/share/uv/tools/ishowtts", NEWER, wheel)
    monkeypatch.setattr(bot, "__file__", str(home / "site-packages/bot/__init__.py"))
    for name, command in {
        "none": f"{sys.executable} -m pip install --upgrade '",
        "pipx_metadata.json": "pipx install --force '",
        "uv-receipt.toml": "uv tool install --reinstall '",
    }.items():
        monkeypatch.setattr(sys, "prefix", str(home / name.partition(".")[0]))
        (home / name.partition(".")[0]).mkdir()
        (home / name.partition(".")[0] / name).touch()
        line = told()["installation"]
        assert f"update this one: {command}ishowtts[" in line
        assert line.endswith(f" @ {wheel.as_uri()}'")

    wheel.unlink()
    assert told()["installation"].endswith(" @ WHEEL'")


def test_an_older_one_is_nobody_s_business(home: Path) -> None:
    install(home / ".local/share/pipx/venvs/ishowtts", OLDER)

    assert told() == {}
    assert [each.version for each in installations([])] == [OLDER]


def test_of_several_the_newest_is_named_and_each_is_found_once(home: Path) -> None:
    install(home / ".local/share/pipx/venvs/ishowtts", NEWER)
    newest = install(home / ".local/share/uv/tools/ishowtts", "99.2")
    (home / "bin" / "ishowtts").symlink_to(newest)  # as uv puts it on the path

    assert told()["installation"].startswith(f"{home}/bin/ishowtts is of version 99.2")
    assert [each.version for each in installations([])] == ["99.2", NEWER]


def test_a_service_that_starts_an_older_one_is_told(home: Path) -> None:
    old = install(home / "my old 100% $place", OLDER)
    unit(home, '"' + str(old).replace("%", "%%").replace("$", "$$") + '"')

    line = told()["service"]
    assert line.startswith(f"It starts {old}, of version {OLDER}; this one is {bot.version()}.")
    assert line.endswith("service install")


def test_what_a_unit_of_ours_starts_is_read_from_it(home: Path) -> None:
    place = units.user_place()
    assert units.started(place) is None

    place.units.mkdir(parents=True)
    text = dict(units.rendered(place, version=252, config=None))[units.MAIN]
    (place.units / units.MAIN).write_text(text, "utf-8")
    assert str(units.started(place)) == units.program()[0]
    assert home in place.units.parents


def test_a_service_that_starts_a_newer_one_is_a_newer_one(home: Path) -> None:
    new = install(home / "new", NEWER)
    unit(home, str(new))

    assert told()["installation"].startswith(f"{new} is of version {NEWER}")
    assert "service" not in told()


@pytest.mark.parametrize("command", ["/usr/bin/env ishowtts", '"', "", "/gone/bin/ishowtts"])
def test_a_unit_that_starts_nothing_of_ours_is_left_alone(home: Path, command: str) -> None:
    unit(home, command)

    assert told() == {}


def test_a_daemon_of_another_version_is_told(home: Path) -> None:
    assert told(running=OLDER)["daemon"].endswith("Start it anew: end it, and run this one")
    assert "update this one" in told(running=NEWER)["daemon"]

    unit(home, sys.executable)
    assert told(running=OLDER)["daemon"].endswith("systemctl --user restart ishowtts")


def test_a_program_of_somebody_else_is_none(home: Path) -> None:
    program = install(home / "other", NEWER)
    (info,) = (home / "other").glob("lib/*/*/*.dist-info")
    (info / "direct_url.json").write_text("[]", "utf-8")
    found = installation_of(program)
    assert found is not None
    assert found.address == ""

    (info / "direct_url.json").unlink()
    info.rmdir()
    assert installation_of(program) is None
