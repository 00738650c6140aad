"""OBS Studio itself, under a virtual screen with software GL, in a home of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import wait_until

NEEDS: dict[str, Callable[[], bool]] = {
    "obs-studio": lambda: shutil.which("obs") is not None,
    "xvfb": lambda: shutil.which("Xvfb") is not None,
    "openbox": lambda: shutil.which("openbox") is not None,
}
PASSWORD = "of-the-test"

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


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """Run OBS with one empty scene; yield the port of its WebSocket server."""
    home = folder / "home"
    config = home / ".config" / "obs-studio"
    port = free_port()
    _write(config / "basic" / "profiles" / "Test" / "basic.ini", _PROFILE.format(folder=folder))
    _write(config / "global.ini", _GLOBAL.format(port=port, password=PASSWORD))
    scene = {"name": "Scene", "id": "scene", "settings": {"items": []}}
    collection: dict[str, object] = {
        "name": "Test",
        "current_scene": "Scene",
        "current_program_scene": "Scene",
        "scene_order": [{"name": "Scene"}],
        "sources": [scene],
    }
    _write(config / "basic" / "scenes" / "Test.json", json.dumps(collection))
    display = f":{port}"
    variables = {
        **os.environ,
        **environment,
        "HOME": str(home),
        "DISPLAY": display,
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "QT_QPA_PLATFORM": "xcb",
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
        start("Xvfb", display, "-screen", "0", "800x600x24", "-nolisten", "tcp")
        wait_until(lambda: Path(f"/tmp/.X11-unix/X{port}").exists(), "virtual screen")
        start("openbox")
        start("obs", "--multi", "--disable-updater", "--minimize-to-tray")
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


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
