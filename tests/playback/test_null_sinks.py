"""Outputs that are made for OBS, on real sound servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.errors import StartError
from bot.playback.pulse import null_sinks
from tests.conftest import wait_until
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


def test_a_permanent_one_is_there_after_a_restart(
    server: PulseServer,  # noqa: F811
    home: Path,
) -> None:
    null_sinks.create("speech", is_permanent=True)
    server.kill()
    files = [
        path
        for path in home.rglob("*")
        if path.is_file() and b"sink_name=speech" in path.read_bytes()
    ]
    assert len(files) == 1
    server.start()
    if files[0].name != "default.pa":  # the tests' PulseAudio reads a script of its own
        wait_until(lambda: "\tspeech\t" in sinks(server), "sink")
    null_sinks.remove("speech")
    assert not files[0].exists()
