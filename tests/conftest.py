"""Real parts that tests of more than one stage want."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.messages import Samples

# Tests run two at a time on two cores: threads of two torches that spin at each other's barriers
# take ten times as long. Processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_DEADLINE_S = 120.0
_FRAME_BYTES = 4
RATE_HZ = 48_000
"""What `Recording` records at."""


def wait_until(condition: Callable[[], bool], what: str, within_s: float = _DEADLINE_S) -> None:
    """Return when `condition` holds; fail with `what` when it takes too long."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"no {what} within {within_s:.0f} s")
        time.sleep(0.002)


def _has_library(name: str) -> bool:
    return any(Path("/usr/lib").glob(f"*/{name}"))


PULSE_NEEDS: dict[str, Callable[[], bool]] = {
    "pulseaudio": lambda: shutil.which("pulseaudio") is not None,
    "pulseaudio-utils": lambda: shutil.which("parec") is not None,
    "libportaudio2": lambda: _has_library("libportaudio.so.2"),
    "libasound2-plugins": lambda: _has_library("alsa-lib/libasound_module_pcm_pulse.so"),
}


class Recording:
    """What a sink plays, as it plays it: stereo float frames `[n, 2]` at 48 kHz."""

    def __init__(self, sink: str, env: dict[str, str], entering: Sequence[str] = ()) -> None:
        """Begin it; `entering` is what comes before a command where the server is."""
        command = [*entering, "parec", "-d", f"{sink}.monitor"]
        command += ["--format=s16le", f"--rate={RATE_HZ}"]
        command += ["--channels=2", "--raw", "--latency-msec=5"]
        self._process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, start_new_session=True
        )
        self._data = bytearray()
        self._grown = threading.Condition()
        self.first_frame_at = 0.0
        """`time.monotonic` when the first frame was there."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_for(lambda: bool(self._data), "sound from the monitor")

    def _read(self) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while data := os.read(descriptor, 65536):
            with self._grown:
                self.first_frame_at = self.first_frame_at or time.monotonic()
                self._data += data
                self._grown.notify_all()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Return when `condition` holds for what was recorded so far."""
        with self._grown:
            if not self._grown.wait_for(condition, _DEADLINE_S):
                pytest.fail(f"no {what} within {_DEADLINE_S:.0f} s")

    def wait_for_sound(self) -> None:
        """Return as soon as anything but silence is recorded after this call."""
        start = self.length
        self.wait_for(lambda: bool(np.any(self.frames(start))), "sound")

    def wait_for_silence(self, duration_s: float = 0.3) -> None:
        """Return as soon as `duration_s` seconds of silence were recorded after this call."""
        frames = round(duration_s * RATE_HZ)
        target = self.length + frames
        self.wait_for(
            lambda: self.length >= target and not np.any(self.frames(self.length - frames)),
            "silence",
        )

    @property
    def length(self) -> int:
        """Frames so far."""
        return len(self._data) // _FRAME_BYTES

    def frames(self, start: int = 0) -> Samples:
        """Return everything so far from frame `start` on, full scale is -1 to 1."""
        data = bytes(self._data[start * _FRAME_BYTES : self.length * _FRAME_BYTES])
        return np.frombuffer(data, "<i2").reshape(-1, 2).astype(np.float32) / np.float32(32768)

    def stop(self) -> Samples:
        """End the recording and return it."""
        if self._process.poll() is None:  # it may have been stopped, or its server is gone
            # The group: what enters a namespace passes nothing on.
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self.frames()


class PulseServer:
    """A sound server of its own, with null sinks whose output can be recorded.

    ALSA, and so PortAudio, knows each sink under its name; `default` is the first one.
    """

    def __init__(self, folder: Path, sinks: dict[str, int]) -> None:
        """Prepare a server in `folder` with `sinks`: rates in hertz by name."""
        self.folder = folder
        self._sinks = sinks
        (folder / "run").mkdir(mode=0o700)
        self.env = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_SERVER": f"unix:{folder}/pulse.sock",
        }
        """What a process needs to find this server and no other."""
        self._process: subprocess.Popen[bytes] | None = None
        self._recordings: list[Recording] = []
        self._write_configuration()

    def _write_configuration(self) -> None:
        first = next(iter(self._sinks))
        lines = ["load-module module-native-protocol-unix auth-anonymous=1"]
        lines[0] += f" socket={self.folder}/pulse.sock"
        lines += [
            f"load-module module-null-sink sink_name={sink} rate={rate_hz} channels=2 norewinds=1"
            for sink, rate_hz in self._sinks.items()
        ]
        lines += [f"set-default-sink {first}", f"set-default-source {first}.monitor", ""]
        (self.folder / "pa.conf").write_text("\n".join(lines))
        (self.folder / ".asoundrc").write_text(
            "\n".join(f"pcm.{sink} {{ type pulse device {sink} }}" for sink in self._sinks)
        )

    def start(self) -> None:
        """Return when the server answers."""
        self._run(
            *("pulseaudio", "-n", "-F", str(self.folder / "pa.conf"), "--daemonize=no"),
            *("--exit-idle-time=-1", "--use-pid-file=no", "--disallow-exit"),
        )
        wait_until(self._answers, "sound server")

    def _run(self, *command: str) -> None:
        """Start the server's process, in a session of its own."""
        self._process = subprocess.Popen(
            command,
            env=os.environ | self.env,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _answers(self) -> bool:
        environment = os.environ | self.env
        answer = subprocess.run(
            ["pactl", "list", "short", "sinks"], env=environment, capture_output=True, check=False
        )
        return all(sink.encode() in answer.stdout for sink in self._sinks)

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server, for instance SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(number)

    def control(self, *arguments: str) -> str:
        """Run `pactl` and return what it prints."""
        answer = subprocess.run(
            ["pactl", *arguments], env=os.environ | self.env, capture_output=True, check=True
        )
        return answer.stdout.decode()

    @property
    def version(self) -> str:
        """Version of the server."""
        told = self.control("info")
        for before in ("PipeWire", "Server Version:"):
            if found := re.search(rf"{before} ([\d.]+)", told):
                return found.group(1)
        return "?"

    def remove_sink(self, sink: str) -> None:
        """Take a sink away, as when its device is unplugged."""
        modules = self.control("list", "short", "modules").splitlines()
        self.control(
            "unload-module", next(m for m in modules if f"sink_name={sink} " in m).split()[0]
        )

    def add_sink(self, sink: str, description: str = "") -> None:
        """Bring back a sink that was taken away, or make another one."""
        described = [f"sink_properties=device.description={description!r}"] * bool(description)
        self.control(
            *("load-module", "module-null-sink", f"sink_name={sink}"),
            *(f"rate={self._sinks.get(sink, RATE_HZ)}", "channels=2", "norewinds=1", *described),
        )

    def record(self, sink: str = "tts") -> Recording:
        """Return a recording of `sink` that runs already."""
        recording = Recording(sink, os.environ | self.env)
        self._recordings.append(recording)
        return recording

    def close(self) -> None:
        """End the recordings and the server."""
        for recording in self._recordings:
            recording.stop()
        self.kill()


@pytest.fixture
def pulse(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PulseServer]:
    """Run a sound server with the sinks `tts` (48 kHz) and `other` (44.1 kHz).

    The environment points every process that a test starts to it.
    """
    for package, is_there in PULSE_NEEDS.items():
        if not is_there():
            pytest.skip(f"needs the Debian package {package}")
    server = PulseServer(tmp_path_factory.mktemp("pulse"), {"tts": 48_000, "other": 44_100})
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    server.start()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a test's daemons keep their state: not where the user's own lies."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    return folder
