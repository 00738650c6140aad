"""The units that are shipped, and what an installation makes of them."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.runtime.files.folders import resource
from bot.service import units
from bot.service.units import Place

pytestmark = pytest.mark.parts

REPOSITORY = Path(__file__).parents[2]
SHIPPED = sorted(resource("systemd").glob("*.service")) + sorted(
    resource("systemd").glob("*.timer")
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return units.system_place(tmp_path)._replace(credentials=tmp_path)


def main_unit(place: Place, *, version: int, config: Path | None = None) -> str:
    return dict(units.rendered(place, version=version, config=config))[units.MAIN]


def needs_systemd() -> None:
    if not Path("/usr/bin/systemd-analyze").exists():
        pytest.skip("needs the Debian package systemd")


def verify(*paths: Path, folder: Path) -> str:
    """Return what systemd says of unit files."""
    needs_systemd()
    done = subprocess.run(
        ["systemd-analyze", "verify", *paths],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder)},
    )
    return done.stderr


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_systemd_has_nothing_to_say_about_a_unit(path: Path, tmp_path: Path) -> None:
    assert verify(path, folder=tmp_path) == ""


def test_systemd_has_nothing_to_say_about_what_is_installed(place: Place, tmp_path: Path) -> None:
    config = tmp_path / "my own 100% config.yaml"
    config.touch()
    for is_system in (True, False):
        here = place._replace(is_system=is_system)
        for name, text in units.rendered(here, version=252, config=config):
            (tmp_path / name).write_text(text)
            assert verify(tmp_path / name, folder=tmp_path) == "", text


def test_the_service_of_the_system_is_hardly_exposed() -> None:
    needs_systemd()
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20"]
    done = subprocess.run(
        [*command, resource("systemd") / "ishowtts-system.service"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout  # at most 2.0


def test_the_program_is_the_one_that_is_installed(place: Place) -> None:
    text = main_unit(place, version=252)

    assert f"ExecStart={' '.join(units.program())} run --config {place.config}\n" in text
    assert "/usr/bin/env" not in text


def test_what_timers_start_is_the_daemons_user_in_its_folders(place: Place) -> None:
    bench = dict(units.rendered(place, version=252, config=None))["ishowtts-bench.service"]

    assert "User=ishowtts\n" in bench
    assert "WorkingDirectory=%S/ishowtts\n" in bench
    assert "%h" not in bench


def test_a_config_of_ones_own_has_its_folder(place: Place) -> None:
    user = place._replace(is_system=False)
    text = main_unit(user, version=252, config=Path("/srv/my $5/50%.yaml"))

    assert 'run --config "/srv/my $$5/50%%.yaml"\n' in text
    assert "WorkingDirectory=/srv/my $5\n" in text


def test_what_timers_start_finds_what_the_daemon_keeps(place: Place) -> None:
    config = Path("/srv/mine/x.yaml")
    for is_system, folder in ((True, "%S/ishowtts"), (False, "/srv/mine")):
        texts = dict(
            units.rendered(place._replace(is_system=is_system), version=252, config=config)
        )
        timers = [name for name in texts if name.endswith(".timer")]
        assert len(timers) == 3
        for timer in timers:
            text = texts[timer.replace(".timer", ".service")]
            assert ("StateDirectory=ishowtts\n" in text) is is_system
            assert f"WorkingDirectory={folder}\n" in text
            assert "--config /srv/mine/x.yaml" in text


@pytest.mark.parametrize("name", ["ishowtts.service", "ishowtts-system.service"])
@pytest.mark.parametrize(
    ("restarts", "ran_s", "ago_s", "waits_s"),
    [
        *((0, 0, 0, None), (1, 3, 2, None), (2, 3, 2, "2"), (3, 3, 2, "6"), (5, 3, 2, "30")),
        *((6, 3, 2, "58"), (400, 599, 2, "58"), (400, 601, 2, None)),
        (400, 601, 9, "58"),  # it did not come so far since
        (None, 0, 0, None),  # systemd does not answer
    ],
)
def test_what_fails_again_and_again_is_started_later_and_later(  # noqa: PLR0917 - a table
    name: str, restarts: int | None, ran_s: int, ago_s: int, waits_s: str | None, tmp_path: Path
) -> None:
    told = {
        "NRestarts": restarts,
        "ActiveEnterTimestampMonotonic": 7_000_000,
        "ActiveExitTimestampMonotonic": 7_000_000 + ran_s * 1_000_000,
        "InactiveEnterTimestampMonotonic": 7_000_000 + (ran_s + ago_s) * 1_000_000,
    }
    lines = "" if restarts is None else "".join(f"{key}={value}\n" for key, value in told.items())
    (tmp_path / "answer").write_text(lines)
    for tool, text in (("systemctl", f"cat {tmp_path}/answer"), ("sleep", 'echo "$@"')):
        (tmp_path / tool).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / tool).chmod(0o755)
    unit = (resource("systemd") / name).read_text(encoding="utf-8").replace("\\\n", " ")
    (script,) = re.findall(r"^ExecStartPre=-\+?/bin/sh -c '(.*)'$", unit, re.MULTILINE)

    done = subprocess.run(
        ["/bin/sh", "-c", script.replace("$$", "$").replace("%n", units.MAIN)],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout.strip() or None, done.stderr) == (waits_s, "")


def test_secrets_are_handed_over_under_their_names(place: Place) -> None:
    for name in ("mqtt-password", "twitch-1.json"):
        (place.credentials / name).touch()
    password = f"LoadCredential=mqtt-password:{place.credentials}/mqtt-password\n"
    log_in = f"LoadCredential=twitch-1.json:{place.credentials}/twitch-1.json\n"
    log_ins = f"LoadCredential=twitch-login:{place.credentials}\n"

    assert password + log_ins in main_unit(place, version=251)
    assert password + log_in in main_unit(place, version=249)
    assert password + log_in in main_unit(place._replace(is_system=False), version=251)
    assert log_ins not in main_unit(place, version=249)


def test_only_what_systemd_can_name_is_handed_over(place: Place) -> None:
    for name in ("mqtt-password", "mqtt-password~", ".mqtt-password.swp", "a:b", "100%", "a b"):
        (place.credentials / name).touch()
    lines = re.findall(r"^LoadCredential=(.*)$", main_unit(place, version=249), re.MULTILINE)

    assert lines == [f"mqtt-password:{place.credentials}/mqtt-password"]


@pytest.mark.parametrize("is_system", [True, False])
def test_what_asks_the_daemon_gets_its_token_and_no_other_secret(
    place: Place, *, is_system: bool
) -> None:
    for name in ("mqtt-password", "server-token"):
        (place.credentials / name).touch()
    texts = dict(units.rendered(place._replace(is_system=is_system), version=252, config=None))
    line = f"LoadCredential=server-token:{place.credentials}/server-token\n"
    handed = {
        name: re.findall(r"^LoadCredential=.*\n", text, re.MULTILINE)
        for name, text in texts.items()
        if name != "ishowtts.service"
    }

    assert line in texts["ishowtts.service"]
    assert {name for name, lines in handed.items() if lines} == {
        "ishowtts-bench.service",
        "ishowtts-bench-full.service",
    }
    assert all(lines == [line] for lines in handed.values() if lines)


def test_a_program_that_others_cannot_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)

    with pytest.raises(StartError, match="closed to it"):
        units.check_readable(folder, remedy="")


def test_units_are_in_the_wheel_where_they_are_looked_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]

    assert included["systemd"] == "bot/resources/systemd"
    assert resource("systemd") == REPOSITORY / "systemd"
