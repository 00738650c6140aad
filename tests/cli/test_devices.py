from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.cli.devices import table
from bot.config.sections.playback import WavefileSettings
from bot.errors import StartError
from bot.wiring.outputs import check

pytestmark = pytest.mark.parts

if TYPE_CHECKING:
    from tests.conftest import PulseServer

# PortAudio reads the environment once in a process, so each question gets a process of its own.
ASK = "import asyncio; from bot.cli import devices; from bot.config.sections.playback import *;"
ASK += "from bot.playback import devices as found; from bot.wiring import outputs;"


async def ask(code: str) -> str:
    """Return what a process that runs `code` prints, the last line of its error included."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ASK + code), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, error = await process.communicate()
    return (out + b"".join(error.splitlines()[-1:])).decode().strip()


async def test_the_table_shows_every_device_and_marks_the_default(pulse: PulseServer) -> None:
    lines = (await ask("print(devices.table(found.known()))")).splitlines()
    assert lines[0].split() == ["NAME", "DESCRIPTION", "SYSTEM", "CHANNELS", "RATE"]
    rows = {line.removeprefix("*").split()[0]: line for line in lines[1:]}
    assert {"tts", "other"} <= set(rows)
    assert rows["other"].split() == ["other", "Null", "Output", "PulseAudio", "2", "44100", "Hz"]
    assert [name for name, line in rows.items() if line.startswith("*")] == ["tts"]
    assert len(rows) == len(lines) - 1
    assert pulse.control("list", "short", "sink-inputs") == ""


async def test_the_tone_is_heard(pulse: PulseServer) -> None:
    recording = pulse.record()
    answer = await ask("print(asyncio.run(devices.play_tone('tts')).name)")
    assert answer.splitlines()[-1] == "tts"
    frames = recording.stop()
    assert 0.1 < abs(frames).max() < 0.3


@pytest.mark.usefixtures("pulse")
async def test_check_accepts_a_device_and_refuses_another() -> None:
    code = "print(outputs.check(DeviceSettings(type='device', device='{}')))"
    assert await ask(code.format("tts")) == "None"
    answer = await ask(code.format("ttz"))
    assert "There is no sound device 'ttz'. Did you mean 'tts'? There are: " in answer


async def test_a_tone_on_an_unknown_device_is_an_error_for_people(pulse: PulseServer) -> None:
    assert "There is no sound device 'x'" in await ask("asyncio.run(devices.play_tone('x'))")
    assert pulse.control("list", "short", "sink-inputs") == ""


def test_a_machine_without_devices_has_no_table() -> None:
    assert table([]) == "This machine has no sound device."


def test_check_of_a_file(tmp_path: Path) -> None:
    check(WavefileSettings(type="wavefile", path=tmp_path / "out.wav"))
    assert not (tmp_path / "out.wav").exists()
    for path in (tmp_path, tmp_path / "missing" / "out.wav"):
        with pytest.raises(StartError, match="cannot be written"):
            check(WavefileSettings(type="wavefile", path=path))
