"""What would not start is found without starting it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from bot.cli.check import check
from bot.config import loads
from bot.engine.narrator import Narrator
from bot.errors import StartError
from bot.wiring import trial
from bot.wiring.obs import Obs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.messages import SpeechRequest


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    # As where none of the extras is installed.
    for package in ("soundfile", "bot.wires.wyoming"):
        monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.parametrize(
    ("where", "section", "problem"),
    [
        ("log", "log: {file: /dev/null/ishowtts.log}", "The log /dev/null/ishowtts.log"),
        ("log", "log: {file: /proc}", "The log /proc"),
        ("archive", "archive: {enabled: true}", "soundfile"),
        ("obs", "obs: {enabled: true, password_file: /gone}", "/gone"),
        (
            "wires.speakerbot",
            "wires: {speakerbot: {enabled: true, channel: other}}",
            "no channel other",
        ),
        (
            "wires.speakerbot",
            "wires: {speakerbot: {enabled: true, host: 0.0.0.0}}",
            "a token is needed",
        ),
        ("wires.wyoming", "wires: {wyoming: {enabled: true}}", "a package that is missing"),
    ],
)
def test_what_would_not_start_is_told(where: str, section: str, problem: str) -> None:
    settings = loads(f"channels: [{{name: main}}]\n{section}\n")
    ((found, told),) = trial.refusals(settings)

    assert found == where
    assert problem in str(told)
    with pytest.raises(StartError, match=problem):
        trial.start(settings)


def test_what_is_off_is_not_tried(tmp_path: Path) -> None:
    off = f"log: {{file: {tmp_path}/new/ishowtts.log}}\nobs: {{password_file: /gone}}\n"
    settings = loads(f"channels: [{{name: main}}]\n{off}")
    trial.start(settings)

    assert list(trial.refusals(settings)) == []
    assert Obs(settings.obs, ()).state is None
    assert list(tmp_path.iterdir()) == []


async def test_check_tries_the_voice_of_each_channel_and_tells_what_would_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    voices, synthesize = list[str](), Narrator.synthesize

    def spy(self: Narrator, request: SpeechRequest, **options: Any) -> AsyncIterator[Any]:  # noqa: ANN401
        voices.append(request.voice)
        return synthesize(self, request, **options)

    monkeypatch.setattr(Narrator, "synthesize", spy)
    settings = loads(
        "channels: [{name: a, voice: heart}, {name: b, voice: bass}, {name: c, voice: heart}]\n"
        "engine: {engines: [tone]}\nserver: {port: 0}\nlog: {file: /proc}\n"
    )

    assert not await check(settings)
    assert voices == ["heart", "bass"]
    assert "FAIL  log: The log /proc cannot be written" in capsys.readouterr().out
