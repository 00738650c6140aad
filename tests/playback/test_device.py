from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from structlog.testing import capture_logs

from bot.config.sections.playback import PlaybackSettings
from bot.messages import AudioChunk, Samples
from bot.playback import protocol
from bot.playback.clip import Clip
from bot.playback.device import DeviceOutput
from bot.playback.player import Playback, Player
from bot.runtime.processes.frames import frame, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import PulseServer, Recording
    from tests.playback.conftest import MakeClip, Playing

pytestmark = pytest.mark.parts

FADE_S = 0.005
RATE_HZ = 48_000
AT_ONCE_S = 0.3
"""Far less than what was left to say; the benchmark shows the true figure."""


def device(name: str = "tts") -> DeviceOutput:
    return DeviceOutput(name, fade_s=FADE_S)


def nothing() -> None:
    """Be told that speech started, and leave it at that."""


def utterances(frames: Samples, pause_s: float = 0.1) -> list[Samples]:
    """Return the stretches of `frames` between silences of at least `pause_s`, first channel."""
    loud = np.flatnonzero(np.abs(frames[:, 0]) > 1e-3)
    if not len(loud):
        return []
    ends = np.flatnonzero(np.diff(loud) > pause_s * RATE_HZ)
    return [frames[part[0] : part[-1] + 1, 0] for part in np.split(loud, ends + 1)]


def frequency_hz(speech: Samples) -> float:
    """Return the frequency of a sine from the slope of its phase."""
    phase = unwrapped_phase(speech)
    return float(np.polyfit(np.arange(len(phase)), phase, 1)[0] * RATE_HZ / (2 * np.pi))


def unwrapped_phase(speech: Samples, nominal_hz: float = 440.0) -> npt.NDArray[np.float64]:
    """Return the phase of a sine without its edges: a smooth line where nothing is missing."""
    t = np.arange(len(speech)) / RATE_HZ
    mixed = speech * np.exp(-2j * np.pi * nominal_hz * t)
    period = round(RATE_HZ / nominal_hz)
    smooth = np.convolve(mixed, np.ones(period * 2), "valid")[960:-960]
    line: npt.NDArray[np.float64] = np.unwrap(np.angle(smooth))
    return line + 2 * np.pi * nominal_hz * t[: len(smooth)]


def glitches(speech: Samples) -> int:
    """Count places where the phase of a sine leaves its line by more than a millisecond's worth."""
    phase = unwrapped_phase(speech)
    x = np.arange(len(phase))
    error = np.abs(phase - np.polyval(np.polyfit(x, phase, 1), x))
    return int(np.sum(np.diff((error > 2 * np.pi * 440.0 * 0.001).astype(int)) == 1))


def largest_step(speech: Samples) -> float:
    """Return the largest difference between neighbouring samples, silence around included."""
    return float(np.max(np.abs(np.diff(speech, prepend=0.0, append=0.0))))


async def heard(recording: Recording) -> Samples:
    """Return what was recorded once it is silent."""
    await asyncio.to_thread(recording.wait_for_silence)
    return recording.stop()


async def test_speech_is_heard_whole_in_tune_and_on_both_channels(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device()) as player:
        recording = pulse.record()
        assert await player.play(make_clip(2.0), nothing) is Playback.HEARD
        frames = await heard(recording)
    (speech,) = utterances(frames)
    assert len(speech) / RATE_HZ == pytest.approx(2.0, abs=0.005)
    assert frequency_hz(speech) == pytest.approx(440.0, abs=0.1)
    assert glitches(speech) == 0
    assert np.max(np.abs(speech)) == pytest.approx(0.5, abs=0.02)
    assert np.array_equal(frames[:, 0], frames[:, 1])


async def test_fades_leave_no_click(pulse: PulseServer, playing: Playing) -> None:
    # A constant would jump from and to silence without a fade.
    clip = Clip()
    clip.append(AudioChunk(samples=np.full(24_000, 0.5, np.float32), sample_rate_hz=24_000))
    clip.finish()
    async with playing(device()) as player:
        recording = pulse.record()
        await player.play(clip, nothing)
        (speech,) = utterances(await heard(recording))
    assert largest_step(speech) < 0.01


async def test_a_lower_rate_of_the_device_keeps_length_and_pitch(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device("other")) as player:
        recording = pulse.record("other")
        await player.play(make_clip(1.0, sample_rate_hz=48_000), nothing)
        (speech,) = utterances(await heard(recording))
    assert len(speech) / RATE_HZ == pytest.approx(1.0, abs=0.005)
    assert frequency_hz(speech) == pytest.approx(440.0, abs=0.2)
    assert glitches(speech) == 0


@pytest.mark.usefixtures("pulse")
async def test_a_part_of_a_name_is_told_with_the_whole_one(playing: Playing) -> None:
    async with playing(device("othe")) as player:
        assert player.states == {"othe": "open at 44100 Hz on other"}


async def test_two_devices_speak_at_once(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device("tts"), device("other")) as player:
        recordings = [pulse.record("tts"), pulse.record("other")]
        assert await player.play(make_clip(1.0), nothing) is Playback.HEARD
        for recording in recordings:
            (speech,) = utterances(await heard(recording))
            assert len(speech) / RATE_HZ == pytest.approx(1.0, abs=0.005)


async def test_start_is_told_once_and_in_time(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    started: list[int] = []
    async with playing(device("tts"), device("other")) as player:
        recording = pulse.record()
        await player.play(make_clip(0.5), lambda: started.append(recording.length))
        await heard(recording)
    assert len(started) == 1
    (speech,) = utterances(recording.frames()[started[0] :])
    assert len(speech) / RATE_HZ == pytest.approx(0.5, abs=0.01)


async def test_flush_silences_at_once(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device()) as player:
        recording = pulse.record()
        task = asyncio.create_task(player.play(make_clip(10.0), nothing))
        await asyncio.to_thread(recording.wait_for_sound)
        at_flush = recording.length
        player.cut()
        assert await task is Playback.CUT
        frames = await heard(recording)
    (speech,) = utterances(frames)
    after = utterances(frames[at_flush:])
    assert sum(map(len, after)) / RATE_HZ < AT_ONCE_S
    assert largest_step(speech) < 0.05  # the sine's own steps are 0.03


async def test_speech_after_a_flush_is_whole(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device()) as player:
        recording = pulse.record()
        task = asyncio.create_task(player.play(make_clip(10.0), nothing))
        await asyncio.to_thread(recording.wait_for_sound)
        player.cut()
        await task
        await asyncio.to_thread(recording.wait_for_silence)
        assert await player.play(make_clip(1.0), nothing) is Playback.HEARD
        _, speech = utterances(await heard(recording))
    assert len(speech) / RATE_HZ == pytest.approx(1.0, abs=0.005)


async def test_cancelling_a_play_silences_it(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device()) as player:
        recording = pulse.record()
        task = asyncio.create_task(player.play(make_clip(10.0), nothing))
        await asyncio.to_thread(recording.wait_for_sound)
        at_cancel = recording.length
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        frames = await heard(recording)
    assert sum(map(len, utterances(frames[at_cancel:]))) / RATE_HZ < AT_ONCE_S


async def test_two_channels_on_one_device_take_turns(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    output = device()
    async with playing(output) as first:
        second = Player([output], PlaybackSettings(volume=100))
        recording = pulse.record()
        await asyncio.gather(
            first.play(make_clip(0.5), nothing), second.play(make_clip(0.5), nothing)
        )
        frames = await heard(recording)
    assert sum(map(len, utterances(frames, 0.001))) / RATE_HZ == pytest.approx(1.0, abs=0.02)
    assert np.max(np.abs(frames)) < 0.52


async def test_volume_changes_in_the_middle_of_speech_without_a_click(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device()) as player:
        recording = pulse.record()
        task = asyncio.create_task(player.play(make_clip(1.5), nothing))
        await asyncio.to_thread(recording.wait_for_sound)
        player.volume = 0.2
        await task
        (speech,) = utterances(await heard(recording))
    assert np.max(np.abs(speech[: RATE_HZ // 100])) > 0.4
    assert np.max(np.abs(speech[RATE_HZ // 2 : -RATE_HZ // 10])) == pytest.approx(0.1, abs=0.01)
    assert largest_step(speech) < 0.05


async def test_values_that_are_not_finite_or_too_loud_never_reach_the_device(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    clip = Clip()
    wild = np.full(12_000, np.nan, np.float32)
    wild[::3], wild[1::3] = np.inf, 4.0
    clip.append(AudioChunk(samples=wild, sample_rate_hz=24_000))
    (good,) = make_clip(0.5).chunks
    clip.append(good)
    clip.finish()
    async with playing(device()) as player:
        recording = pulse.record()
        assert await player.play(clip, nothing) is Playback.HEARD
        frames = await heard(recording)
    tail = utterances(frames)[-1][-RATE_HZ // 3 :]
    assert frequency_hz(tail) == pytest.approx(440.0, abs=0.5)


async def test_speech_goes_on_where_it_was_cut_when_the_device_comes_back(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    output = device()
    with capture_logs() as logs:
        async with playing(output) as player:
            assert output.state == "open at 48000 Hz"
            before = pulse.record()
            task = asyncio.create_task(player.play(make_clip(3.0), nothing))
            await asyncio.to_thread(before.wait_for_sound)
            await asyncio.to_thread(before.wait_for, lambda: before.length > RATE_HZ, "a second")
            pulse.remove_sink("tts")
            while output.is_available:
                await asyncio.sleep(0)
            first = before.stop()
            pulse.add_sink("tts")
            after = pulse.record()
            assert await task is Playback.HEARD
            second = await heard(after)
    parts = [part for frames in (first, second) for part in utterances(frames)]
    assert len(parts) == 2
    assert sum(map(len, parts)) / RATE_HZ == pytest.approx(3.0, abs=0.15)
    busy = {"speech lost", "sound buffer widened"}  # as the machine may be
    opened, lost, back = (entry for entry in logs if entry["event"] not in busy)
    assert (opened["event"], back["event"]) == ("sound device open", "sound device back")
    assert lost["event"] == "sound device lost"
    assert lost["reason"] == "Sound device 'tts' disappeared."
    assert lost["remedy"] == "Plug it in again, or start the sound server."


async def test_speech_survives_a_restart_of_the_sound_server(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    output = device()
    async with playing(output) as player:
        before = pulse.record()
        task = asyncio.create_task(player.play(make_clip(2.0), nothing))
        await asyncio.to_thread(before.wait_for_sound)
        pulse.kill()
        while output.is_available:
            await asyncio.sleep(0)
        pulse.start()
        after = pulse.record()
        assert await task is Playback.HEARD
        (rest,) = utterances(await heard(after))
    whole = sum(map(len, utterances(before.frames()))) + len(rest)
    assert whole / RATE_HZ == pytest.approx(2.0, abs=0.3)


async def test_a_sound_server_that_stalls_counts_as_lost(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    output = device()
    async with playing(output) as player:
        task = asyncio.create_task(player.play(make_clip(1.0), nothing))
        pulse.signal(signal.SIGSTOP)
        try:
            while output.is_available:
                await asyncio.sleep(0)
            assert output.state == (
                "waiting: Sound device 'tts' takes no sound. Restart the sound server."
            )
        finally:
            pulse.signal(signal.SIGCONT)
        assert await task is Playback.HEARD


async def test_a_device_that_appears_later_is_used(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    pulse.kill()
    output = device()
    async with playing(output) as player:
        assert not player.is_available
        assert output.state == (
            "waiting: This machine has no sound device."
            " Plug one in or start the sound server; nothing needs to be restarted."
        )
        task = asyncio.create_task(player.play(make_clip(0.5), nothing))
        pulse.start()
        assert await task is Playback.HEARD


async def test_an_unknown_device_is_reported_with_what_there_is(
    pulse: PulseServer, playing: Playing
) -> None:
    with capture_logs() as logs:
        async with playing(device("othre")) as player:
            assert not player.is_available
    (entry,) = logs
    assert entry["reason"] == "There is no sound device 'othre'."
    assert entry["remedy"].startswith("Did you mean 'other'? There are: 'other' (Null Output)")
    assert pulse.control("list", "short", "sink-inputs") == ""


async def test_a_missing_device_holds_up_no_other(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device(), device("nowhere")) as player:
        recording = pulse.record()
        assert await player.play(make_clip(0.5), nothing) is Playback.HEARD
        (speech,) = utterances(await heard(recording))
    assert len(speech) / RATE_HZ == pytest.approx(0.5, abs=0.005)


async def test_stopping_in_the_middle_of_speech_fades_and_leaves_no_process(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    async with playing(device()) as player:
        recording = pulse.record()
        task = asyncio.create_task(player.play(make_clip(10.0), nothing))
        await asyncio.to_thread(recording.wait_for_sound)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert pulse.control("list", "short", "sink-inputs") == ""
    (speech,) = utterances(await heard(recording))
    assert largest_step(speech) < 0.05


class Library:
    """What the process of a device finds in place of the module `sounddevice`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def holds(self, source: str) -> None:
        (self.folder / "sounddevice.py").write_text(source)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none")
    return Library(tmp_path)


async def test_a_missing_library_is_told_once_with_the_remedy(
    library: Library, playing: Playing
) -> None:
    library.holds('raise OSError("not found")')
    output = device()
    with capture_logs() as logs:
        async with playing(output) as player:
            assert not player.is_available
            assert output.state == (
                "waiting: The PortAudio library, which plays sound, cannot be loaded (not found)."
                " Install it with: sudo apt install libportaudio2"
            )
    (entry,) = logs
    assert "PortAudio library" in entry["reason"]
    assert entry["remedy"] == "Install it with: sudo apt install libportaudio2"


NO_DEVICES = """
class PortAudioError(Exception):
    pass

_initialized = 1

def _terminate():
    global _initialized
    if not _initialized:
        raise PortAudioError("Error terminating PortAudio: PortAudio not initialized", -10000)
    _initialized -= 1

def _initialize():
    global _initialized
    _initialized += 1

def query_hostapis():
    return ()

def query_devices(device=None, kind=None):
    if kind:
        raise PortAudioError("Error querying device -1")
    return []
"""


@pytest.mark.parametrize(
    "source",
    [
        NO_DEVICES + 'raise PortAudioError("Error initializing PortAudio: Out of order", -9999)',
        NO_DEVICES + 'def query_hostapis(): raise PortAudioError("Out of order")',
        NO_DEVICES + 'def query_devices(kind=None): raise PortAudioError("Out of order")',
        NO_DEVICES
        + 'def _initialize(): raise PortAudioError("x: y", -9999, (0, 1, "Out of order"))',
        NO_DEVICES + "def query_devices(kind=None): b'\\xff'.decode()",
    ],
)
async def test_a_sound_system_that_cannot_be_asked_is_told_with_the_remedy(
    library: Library, playing: Playing, source: str
) -> None:
    library.holds(source)
    with capture_logs() as logs:
        async with playing(device()):
            pass
    (entry,) = logs
    assert entry["reason"].startswith("The sound system does not tell its devices: ")
    assert entry["reason"].endswith(("Out of order.", "is not UTF-8."))
    assert entry["remedy"] == "Restart the sound server, or the machine."


async def test_a_sound_system_that_starts_late_is_found(library: Library, playing: Playing) -> None:
    library.holds(
        NO_DEVICES
        + """
tries = iter([PortAudioError("Out of order")])
start = _initialize

def _initialize():
    for error in tries:
        raise error
    start()
"""
    )
    output = device()
    async with playing(output):
        while "no sound device" not in output.state:
            await asyncio.sleep(0)


async def test_a_sound_system_that_hangs_at_a_later_try_gets_a_new_process(
    library: Library, playing: Playing
) -> None:
    library.holds(
        NO_DEVICES
        + f"""
import os, threading

with open({str(library.folder / "processes")!r}, "a") as file:
    print(os.getpid(), file=file)
tries = iter([None])

def _initialize():
    for _ in tries:
        return
    threading.Event().wait()
"""
    )
    output = DeviceOutput("tts", fade_s=FADE_S, answer_s=3.0)
    processes = library.folder / "processes"
    async with playing(output):
        for state in ("no sound device", "does not answer", "no sound device"):
            while state not in output.state:
                await asyncio.sleep(0.01)
        assert len(set(processes.read_text().split())) > 1


@pytest.mark.parametrize("name", ["--help", "\0", "../../etc", "x" * 100_000, "; rm -rf /"])
@pytest.mark.usefixtures("pulse")
async def test_an_odd_name_is_only_an_unknown_device(playing: Playing, name: str) -> None:
    async with playing(device(name)) as player:
        assert "There is no sound device" in player.states[name]


def test_the_process_ends_with_the_daemon(pulse: PulseServer) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.playback.device_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(frame(protocol.encode(protocol.Open("tts", FADE_S))))
    process.stdin.flush()
    assert isinstance(protocol.decode_event(next(read(process.stdout))), protocol.Opened)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 0
    assert pulse.control("list", "short", "sink-inputs") == ""
