"""What the timer does after an update of f5-tts: the command of its unit, on the real files."""

import shlex
import shutil
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cli import EXIT_OK
from bot.engine.upstream.patches import State, Upstream
from tests.engine.upstream.conftest import contents, copy_package

pytestmark = pytest.mark.parts

UNIT = Path(__file__).parents[3] / "systemd" / "ishowtts-upstream.service"


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """Arguments of the unit's command, with a configuration that uses f5-tts."""
    (line,) = (each for each in UNIT.read_text().splitlines() if each.startswith("ExecStart="))
    before, arguments = line.split(" ishowtts ")
    assert before == "ExecStart=/usr/bin/env"
    configuration = tmp_path / "config.yaml"
    configuration.write_text("engine: {engines: [upstream]}\n")
    return [
        word.replace("%E/ishowtts/config.yaml", str(configuration))
        for word in shlex.split(arguments)
    ]


def test_an_update_is_patched_again(
    site: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == EXIT_OK
    patched = contents(site)
    assert main(command) == EXIT_OK  # on another day
    assert contents(site) == patched

    update(site)
    assert Upstream().verify().state is State.RELEASED
    assert main(command) == EXIT_OK
    assert contents(site) == patched
    assert "8 files were changed" in capsys.readouterr().out


def test_an_update_that_was_half_done_is_finished(site: Path, command: list[str]) -> None:
    assert main(command) == EXIT_OK
    patched = contents(site)
    cfm = site / "f5_tts" / "model" / "cfm.py"
    update(site)
    released = cfm.read_bytes()
    cfm.write_bytes(released[:1000])  # as an installer does in this moment
    now = contents(site)
    assert main(command) != EXIT_OK
    assert contents(site) == now

    cfm.write_bytes(released)
    assert main(command) == EXIT_OK
    assert contents(site) == patched


def test_another_version_is_told_and_left_as_it_is(
    site: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    metadata = site / "f5_tts-1.1.22.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.1.22", "Version: 9.0.0", 1))
    now = contents(site)
    assert main(command) != EXIT_OK
    assert "f5-tts 9.0.0; the patches are for 1.1.22 alone" in capsys.readouterr().err
    assert contents(site) == now


def test_who_does_not_use_it_has_nothing_changed(
    site: Path, command: list[str], tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text("engine: {engines: [tone]}\n")
    now = contents(site)
    assert main(command) == EXIT_OK
    assert contents(site) == now


def update(site: Path) -> None:
    """Install the release anew."""
    for folder in site.iterdir():
        shutil.rmtree(folder)
    copy_package(site)
