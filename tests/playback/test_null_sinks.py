"""Outputs that are made for OBS, on real sound servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.errors import StartError
from bot.playback.pulse import null_sinks
from tests.conftest import wait_until
from tests.pipewire import PipeWireServer
from tests.playback.test_sinks import server  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import PulseServer

pytestmark = pytest.mark.parts


@pytest.fixture(autouse=True)
def home(server: PulseServer, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    folder = server.folder / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


def sinks(server: PulseServer) -> str:  # noqa: F811
    return server.control("list", "short", "sinks")


def test_an_output_is_made_listed_and_removed(server: PulseServer) -> None:  # noqa: F811
    null_sinks.create("speech")
    assert null_sinks.names() == ["speech"]
    wait_until(lambda: "\tspeech\t" in sinks(server), "sink")
    assert "Description: speech\n" in server.control("list", "sinks")
    assert "speech.monitor" in server.control("list", "short", "sources")
    with pytest.raises(StartError, match="already"):
        null_sinks.create("speech")
    null_sinks.remove("speech")
    wait_until(lambda: "speech" not in sinks(server), "end of the sink")
    assert null_sinks.names() == []


@pytest.mark.parametrize("name", ["", "a b", "x'y", "größe", "a" * 61, "../x"])
@pytest.mark.usefixtures("server")
def test_an_odd_name_is_refused(name: str) -> None:
    with pytest.raises(StartError, match="cannot be the name"):
        null_sinks.create(name)


@pytest.mark.usefixtures("server")
def test_only_what_was_made_here_is_removed() -> None:
    with pytest.raises(StartError, match="no output 'tts' that ishowtts made"):
        null_sinks.remove("tts")


def files_of(home: Path) -> list[Path]:
    return sorted(path for path in home.rglob("*") if path.suffix in {".conf", ".pa"})


def are_there(server: PulseServer, *names: str) -> None:  # noqa: F811
    """Wait for all of them; the tests' PulseAudio reads a script of its own instead."""
    if isinstance(server, PipeWireServer):
        wait_until(lambda: all(f"\t{name}\t" in sinks(server) for name in names), "sinks")


def test_permanent_ones_are_there_after_a_restart(
    server: PulseServer,  # noqa: F811
    home: Path,
) -> None:
    names = ("speech", "alerts", "third")
    for name in names:
        null_sinks.create(name, is_permanent=True)
    server.kill()
    written = "".join(path.read_text("utf-8") for path in files_of(home))
    assert [written.count(f"sink_name={name} ") for name in names] == [1, 1, 1]
    server.start()
    are_there(server, *names)
    for name in names:
        null_sinks.remove(name)
    assert files_of(home) == []


def test_files_of_others_are_read_beside_ours(server: PulseServer, home: Path) -> None:  # noqa: F811
    if not isinstance(server, PipeWireServer):
        pytest.skip("PulseAudio has one file")
    folder = home / "pipewire" / "pipewire-pulse.conf.d"
    folder.mkdir(parents=True)
    their = '{ cmd = "load-module" args = "module-null-sink sink_name=theirs" }'
    (folder / "10-theirs.conf").write_text(f"pulse.cmd = [ {their} ]\n", "utf-8")
    older = '{ cmd = "load-module" args = "module-null-sink sink_name=speech" }'
    (folder / "ishowtts-speech.conf").write_text(f"pulse.cmd = [ {older} ]\n", "utf-8")
    null_sinks.create("speech", is_permanent=True)
    server.kill()
    server.start()
    are_there(server, "speech", "theirs")
    assert null_sinks.names() == ["speech"]
    null_sinks.remove("speech")
    assert [path.name for path in files_of(home)] == ["10-theirs.conf"]
