"""OBS Studio itself, under a virtual screen with software GL, in a home of its own."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from bot.config.sections.obs import ObsSettings
from bot.errors import TransientError
from bot.messages import Samples
from bot.obs.client import Client, ObsError, connected
from bot.obs.setting_up import look
from tests.conftest import wait_until

NEEDS: dict[str, Callable[[], bool]] = {
    "obs-studio": lambda: shutil.which("obs") is not None,
    "xvfb": lambda: shutil.which("Xvfb") is not None,
    "openbox": lambda: shutil.which("openbox") is not None,
}
PASSWORD = "of-the-test"
COMMAND = ("obs", "--multi", "--disable-updater", "--minimize-to-tray")
SCREEN = ("-screen", "0", "800x600x24", "-nolisten", "tcp")
"""Arguments of Xvfb."""
SCREENLESS = {"LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb"}
"""What it is told where there is no GPU."""

_PROFILE = """\
[General]
Name=Test

[Output]
Mode=Simple

[SimpleOutput]
FilePath={folder}
RecFormat=mkv
RecQuality=Small
RecEncoder=x264

[Video]
BaseCX=320
BaseCY=240
OutputCX=320
OutputCY=240
FPSCommon=30

[Audio]
SampleRate=48000
ChannelSetup=Stereo
"""
_GLOBAL = """\
[General]
FirstRun=true
InfoIncrement=100
LastVersion=486539266
MaxLogs=10

[Basic]
Profile=Test
ProfileDir=Test
SceneCollection=Test
SceneCollectionFile=Test

[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AlertsEnabled=false
AuthRequired=true
ServerPassword={password}
"""


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def configure(home: Path, *, port: int, recordings: Path) -> None:
    """Let the OBS of `home` have one empty scene, and its WebSocket server ticked."""
    config = home / ".config" / "obs-studio"
    basic = config / "basic"
    _write(basic / "profiles" / "Test" / "basic.ini", _PROFILE.format(folder=recordings))
    _write(config / "global.ini", _GLOBAL.format(port=port, password=PASSWORD))
    scene = {"name": "Scene", "id": "scene", "settings": {"items": []}}
    collection: dict[str, object] = {
        "name": "Test",
        "current_scene": "Scene",
        "current_program_scene": "Scene",
        "scene_order": [{"name": "Scene"}],
        "sources": [scene],
    }
    _write(basic / "scenes" / "Test.json", json.dumps(collection))


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Run OBS with one empty scene; yield the port of its WebSocket server."""
    home = folder / "home"
    port = free_port()
    configure(home, port=port, recordings=folder)
    display = f":{port}"
    variables = {
        **os.environ,
        **environment,
        "HOME": str(home),
        "DISPLAY": display,
        **SCREENLESS,
    }
    variables.pop("XDG_CONFIG_HOME", None)
    log = (folder / "obs.log").open("wb")
    processes: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> None:
        processes.append(
            subprocess.Popen(
                command,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        )

    try:
        start("Xvfb", display, *SCREEN)
        wait_until(lambda: Path(f"/tmp/.X11-unix/X{port}").exists(), "virtual screen")
        start("openbox")
        start(*COMMAND)
        wait_until(lambda: _listens(port), f"OBS that listens; see {log.name}")
        yield port
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log.close()


async def ready(port: int) -> ObsSettings:
    """Return the settings of an OBS that does what it is asked."""
    settings = ObsSettings(port=port)
    while True:
        try:
            async with connected(settings, PASSWORD) as obs:
                await look(obs)
        except (ObsError, TransientError):  # it answers before it has its scenes
            await asyncio.sleep(0.2)
        else:
            return settings


async def start_recording(obs: Client) -> None:
    """Return when it records."""
    await obs.request("StartRecord")
    async with asyncio.timeout(60):
        while not int((await obs.request("GetRecordStatus"))["outputDuration"]):
            await asyncio.sleep(0.05)


async def stop_recording(obs: Client) -> str:
    """Return the path of what it has written, whole."""
    path = str((await obs.request("StopRecord"))["outputPath"])
    async with asyncio.timeout(60):
        while (await obs.request("GetRecordStatus"))["outputActive"]:
            await asyncio.sleep(0.1)
    return path


def sound_of(recording: Path, target: Path) -> Samples:
    """Return the sound of a recording, mono at 48 kHz, which lies in `target` too."""
    command = [
        "ffmpeg",
        "-loglevel",
        "error",
        "-y",
        "-i",
        str(recording),
        "-ac",
        "1",
        "-ar",
        "48000",
    ]
    subprocess.run([*command, str(target)], check=True)
    samples, _ = soundfile.read(target, dtype="float32")
    return np.asarray(samples, np.float32)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
