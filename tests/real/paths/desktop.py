"""A machine as a streamer has it: a session with a sound server, and OBS."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import Recording, wait_until
from tests.pipewire import PROGRAMS
from tests.real import obs_program
from tests.real.image import REPOSITORY
from tests.real.paths.machine import HOME

if TYPE_CHECKING:
    from tests.real.paths.machine import Machine

CARD = "card"
"""The sink that stands for the card that the streamer hears; there is none here."""
OBS_PORT = 4455
"""Where OBS listens if nobody changes it."""
_SINK = f"module-null-sink sink_name={CARD} channels=2 rate=48000"
_PACKAGES = {
    "PulseAudio": ("pulseaudio", "pulseaudio-utils"),
    "PipeWire": ("pipewire", "wireplumber", "pipewire-pulse", "pulseaudio-utils", "dbus"),
}
_OBS = ("obs-studio", "xvfb", "openbox")
_SERVERS = {
    # A session keeps it running.
    "PulseAudio": "pulseaudio --exit-idle-time=-1",
    "PipeWire": f"dbus-run-session -- sh -c '{PROGRAMS}'",
}


class Desktop:
    """The session of a machine's user."""

    def __init__(self, machine: Machine, system: str) -> None:
        """Prepare it with the sound server `system`."""
        self.machine = machine
        self.system = system
        machine.as_root("apt-get", "install", "--quiet", *_PACKAGES[system])
        machine.environment |= {"DISPLAY": ":0", **obs_program.SCREENLESS}
        self._session: subprocess.Popen[bytes] | None = None
        self._obs: subprocess.Popen[bytes] | None = None
        self._recordings: list[Recording] = []

    def start_sound(self) -> None:
        """Return when the sound server has its card."""
        self._session = self.machine.begin(_SERVERS[self.system], folder="~")
        # No file of the server's: PipeWire 0.3.65 obeyed one of two that load something.
        wait_until(lambda: "Default Sink: " in self._pactl("info"), "sound server")
        self._pactl("load-module", *_SINK.split())
        wait_until(lambda: CARD in self._pactl("list", "short", "sinks"), "card")

    def end_sound(self) -> None:
        """End the sound server as a crash does."""
        assert self._session is not None
        self.machine.end(self._session, signal.SIGKILL)

    def start_obs(self) -> None:
        """Return when OBS does what it is asked.

        What docs/obs.md lets somebody tick in its window stands in its configuration then.
        """
        home = self.machine.path(HOME)
        if not (home / ".config/obs-studio").exists():
            self.machine.as_root("apt-get", "install", "--quiet", *_OBS)
            obs_program.configure(home, port=OBS_PORT, recordings=Path(HOME))
            self.machine.as_root("chown", "--recursive", "me:me", f"{HOME}/.config")
            self.machine.begin(shlex.join(("Xvfb", ":0", *obs_program.SCREEN)), folder="~")
            wait_until(self.machine.path("/tmp/.X11-unix/X0").exists, "virtual screen")
            self.machine.begin("openbox", folder="~")
        self._obs = self.machine.begin(shlex.join(obs_program.COMMAND), folder="~")
        self.press("ready")

    def end_obs(self) -> None:
        """End it as somebody does."""
        assert self._obs is not None
        self.machine.end(self._obs)

    def press(self, button: str) -> str:
        """Press a button of OBS: `start` or `stop` of its recording; return what it answers."""
        command = (sys.executable, "-m", "tests.real.paths.recorder", button, str(OBS_PORT))
        done = subprocess.run(
            [*self.machine.in_its_network, *command],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def record(self, sink: str) -> Recording:
        """Return a recording of what `sink` plays, which runs already."""
        recording = Recording(sink, dict(os.environ), self.machine.as_me)
        self._recordings.append(recording)
        return recording

    def close(self) -> None:
        """End the recordings."""
        for recording in self._recordings:
            recording.stop()

    @property
    def version(self) -> str:
        """Version of the sound server."""
        package = _PACKAGES[self.system][0]
        told = self.machine.as_root("dpkg-query", "--show", "--showformat=${Version}", package)
        return re.split(r"[-+]", told)[0]

    def _pactl(self, *arguments: str) -> str:
        command = [*self.machine.as_me, "pactl", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
