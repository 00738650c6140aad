"""The real OBS Studio: set up, its microphone's meter, and its own recording of our speech."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from bot.config.sections.obs import ObsSettings
from bot.obs.client import ObsError, connected
from bot.obs.setting_up import add_browser, add_capture
from tests.conftest import PULSE_NEEDS, PulseServer
from tests.pipewire import NEEDS as PIPEWIRE_NEEDS
from tests.pipewire import PipeWireServer
from tests.real import obs_program, table
from tests.web.conftest import running_daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.conftest import Api

MISSING = [name for name, is_there in obs_program.NEEDS.items() if not is_there()]
SERVERS = {"PulseAudio": (PulseServer, PULSE_NEEDS), "PipeWire": (PipeWireServer, PIPEWIRE_NEEDS)}
pytestmark = [
    pytest.mark.parts,
    pytest.mark.real,
    pytest.mark.timeout(170),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
RATE_HZ = 48_000
_CONFIG = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs:
      - {{type: device, device: speech}}
      - {{type: wavefile, path: "{folder}/speech.wav", sample_rate_hz: 48000}}
engine: {{engines: [hibari]}}
server: {{port: 0}}
obs:
  enabled: true
  port: {port}
  password: {password}
  gate: {{input: Mic}}
"""


@pytest.fixture(params=["PulseAudio", "PipeWire"])
def system(request: pytest.FixtureRequest) -> str:
    """Return the name of each sound server in turn."""
    return str(request.param)


@pytest.fixture
def sound(system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    kind, needs = SERVERS[system]
    if missing := [name for name, is_there in needs.items() if not is_there()]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    server = kind(tmp_path, {"speech": RATE_HZ, "mic": RATE_HZ})
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def port(tmp_path: Path, sound: PulseServer) -> Iterator[int]:
    with obs_program.running(tmp_path, sound.env) as port:
        yield port


async def test_it_is_set_up_by_one_command(port: int, tmp_path: Path) -> None:
    await obs_program.ready(port)
    config = tmp_path / "own.yaml"
    config.write_text(
        f"obs: {{port: {port}, password: {obs_program.PASSWORD}}}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "bot", "obs"]
    told = []
    for arguments in (["setup", "--sink", "speech"], ["setup", "--sink", "speech"], ["status"]):
        done = await asyncio.to_thread(
            subprocess.run,
            [*command, *arguments, "--config", str(config)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)

    assert told[0].startswith("Made in the scene Scene: ishowtts")
    assert told[1].startswith("Set anew")
    assert "ishowtts (pulse_output_capture)" in told[2]
    async with connected(ObsSettings(port=port), obs_program.PASSWORD) as obs:
        with pytest.raises(ObsError, match="no browser source"):  # Debian's has none
            await add_browser(obs, "http://127.0.0.1:7850/overlay", is_heard=False)


async def held(api: Api) -> list[str]:
    holds: list[str] = (await api.get("/api/status"))["channels"]["main"]["holds"]
    return holds


async def test_its_recording_holds_the_speech_and_its_microphone_the_voice(
    port: int, tmp_path: Path, sound: PulseServer, system: str
) -> None:
    settings = await obs_program.ready(port)
    config = tmp_path / "own.yaml"
    values = {"folder": tmp_path, "port": port, "password": obs_program.PASSWORD}
    config.write_text(_CONFIG.format(**values), "utf-8")
    async with connected(settings, obs_program.PASSWORD) as obs:
        await add_capture(obs, "speech")
        await obs.request(
            "CreateInput",
            sceneName="Scene",
            inputName="Mic",
            inputKind="pulse_output_capture",
            inputSettings={"device_id": "mic.monitor"},
        )
        async with running_daemon(config) as api:
            await obs_program.start_recording(obs)
            ends = [0]
            for sentence in SENTENCES:
                async with api.http.post("/api/test", json={"text": sentence}) as answer:
                    assert (await answer.json())["spoken"]
                ends.append(soundfile.info(tmp_path / "speech.wav").frames)
                await asyncio.to_thread(play_noise, sound, tmp_path / "noise.wav")
            lost_s = (await api.get("/api/status"))["outputs"]["speech"]["lost_s"]
            path = await obs_program.stop_recording(obs)

            playing = asyncio.create_task(
                asyncio.to_thread(play_noise, sound, tmp_path / "noise.wav")
            )
            while "talking" not in await held(api):
                await asyncio.sleep(0.05)
            await playing
            while await held(api):
                await asyncio.sleep(0.05)
        version = str((await obs.request("GetVersion"))["obsVersion"])

    theirs = await asyncio.to_thread(obs_program.sound_of, Path(path), tmp_path / "recorded.wav")
    ours, _ = soundfile.read(tmp_path / "speech.wav")
    spoken = [whole(ours[start:end]) for start, end in itertools.pairwise(ends)]
    assert min(map(len, spoken)) > RATE_HZ  # more than a second of speech each
    alike = [correlation(sentence, theirs) for sentence in spoken]
    # On a busy machine the device's buffer and OBS' own grow during the first sentences: each time
    # a piece is lost, or 21 ms of silence come between.
    assert alike[-1] > 0.99, alike
    table.keep(
        "OBS Studio",
        f"{version} on {system} {sound.version}",
        "its recording of our sink beside the file that we write; its meter of a microphone",
        f"correlation of each sentence, by AAC: {', '.join(f'{one:.4f}' for one in alike)};"
        f" {lost_s * 1000:.0f} ms counted as lost; held while the microphone is loud",
    )


SENTENCES = (
    "The first sentence is for those who wake up late.",
    "In the second one everybody finds out how much room they need.",
    "This is what the recording of the stream has to hold, whole.",
)


def whole(sentence: Any) -> Any:  # noqa: ANN401 - samples of soundfile
    """Return `sentence` without the silence around it."""
    loud = np.flatnonzero(sentence)
    return sentence[loud[0] : loud[-1] + 1]


def play_noise(sound: PulseServer, path: Path) -> None:
    """Play two seconds of noise on the sink that is captured as a microphone."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 2 * RATE_HZ)
    soundfile.write(path, noise, RATE_HZ)
    subprocess.run(["paplay", "-d", "mic", str(path)], env=sound.env, check=True)


def correlation(ours: Any, theirs: Any) -> float:  # noqa: ANN401 - samples of soundfile
    """Return how well `ours` is found in `theirs`, where it fits best; 1 is equal."""
    size = 1 << (len(theirs) + len(ours) - 1).bit_length()
    spectrum = np.fft.rfft(theirs, size) * np.conj(np.fft.rfft(ours, size))
    at = int(np.argmax(np.fft.irfft(spectrum, size)[: len(theirs)]))
    found = theirs[at : at + len(ours)]
    found = np.pad(found, (0, len(ours) - len(found)))
    return float(np.dot(found, ours) / (np.linalg.norm(found) * np.linalg.norm(ours)))
