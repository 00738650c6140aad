"""PipeWire with WirePlumber and pipewire-pulse, headless, in a session and a folder of its own."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.conftest import PulseServer, wait_until

NEEDS: dict[str, Callable[[], bool]] = {
    "pipewire": lambda: shutil.which("pipewire") is not None,
    "pipewire-pulse": lambda: shutil.which("pipewire-pulse") is not None,
    "wireplumber": lambda: shutil.which("wireplumber") is not None,
    "dbus": lambda: shutil.which("dbus-run-session") is not None,
    "pulseaudio-utils": lambda: shutil.which("parec") is not None,
}

PROGRAMS = """
rm -f "$XDG_RUNTIME_DIR"/pipewire-0*
pipewire &
while ! [ -S "$XDG_RUNTIME_DIR/pipewire-0" ]; do sleep 0.05; done
wireplumber &
exec pipewire-pulse
"""
"""WirePlumber ends if PipeWire does not listen yet; the socket of one that was killed is left."""


class PipeWireServer(PulseServer):
    """Like `PulseServer`, with PipeWire behind the same protocol."""

    def __init__(self, folder: Path, sinks: dict[str, int]) -> None:
        """Prepare a server in `folder` with `sinks`: rates in hertz by name."""
        super().__init__(folder, sinks)
        run = folder / "run"
        self.env |= {
            "PULSE_SERVER": f"unix:{run}/pulse/native",
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
        }

    def start(self) -> None:
        """Return when the server has its sinks."""
        self._run("dbus-run-session", "--", "sh", "-c", PROGRAMS)
        wait_until(self._is_there, "PipeWire")
        for sink in self._sinks:
            self.add_sink(sink)
        wait_until(self._answers, "sinks")
        wait_until(self._has_default, "default sink")

    def _has_default(self) -> bool:
        """Set the default sink, which needs WirePlumber, and tell whether it is set."""
        first, environment = next(iter(self._sinks)), os.environ | self.env
        command = ["pactl", "set-default-sink", first]
        if subprocess.run(command, env=environment, capture_output=True, check=False).returncode:
            return False
        return f"Default Sink: {first}\n" in self.control("info")

    def _is_there(self) -> bool:
        answer = subprocess.run(
            ["pactl", "info"], env=os.environ | self.env, capture_output=True, check=False
        )
        return b"PipeWire" in answer.stdout and b"Default Sink: " in answer.stdout

    def kill(self) -> None:
        """End all of it as a crash would."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
