"""Sinks of real sound servers, recorded: speech stays on the one it is for."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.errors import StartError
from bot.playback import devices
from bot.playback.device import DeviceOutput
from bot.playback.player import Playback
from tests.conftest import PULSE_NEEDS, RATE_HZ, PulseServer
from tests.pipewire import NEEDS, PipeWireServer
from tests.playback.test_device import glitches, utterances

if TYPE_CHECKING:
    from bot.messages import Samples
    from tests.conftest import Recording
    from tests.playback.conftest import MakeClip, Playing

pytestmark = pytest.mark.parts

SINKS = {"desk": RATE_HZ, "tts": RATE_HZ, "other": RATE_HZ}


@pytest.fixture(params=["pulseaudio", "pipewire"])
def server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PulseServer]:
    """Run each sound server in turn, with the sinks `desk`, the default, `tts` and `other`."""
    is_pulse = request.param == "pulseaudio"
    for package, is_there in (PULSE_NEEDS if is_pulse else NEEDS).items():
        if not is_there():
            pytest.skip(f"needs the Debian package {package}")
    made = (PulseServer if is_pulse else PipeWireServer)(tmp_path_factory.mktemp("sound"), SINKS)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    try:
        made.start()
        yield made
    finally:
        made.close()


def device(name: str) -> DeviceOutput:
    return DeviceOutput(name, fade_s=0.005)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not condition():
            await asyncio.sleep(0.005)


async def second(recording: Recording) -> None:
    """Return when a second was recorded after sound began."""
    await asyncio.to_thread(recording.wait_for_sound)
    end = recording.length + RATE_HZ
    await asyncio.to_thread(recording.wait_for, lambda: recording.length > end, "a second")


async def heard(recording: Recording) -> Samples:
    await asyncio.to_thread(recording.wait_for_silence)
    return recording.stop()


async def test_speech_is_whole(server: PulseServer, playing: Playing, make_clip: MakeClip) -> None:
    with capture_logs() as logs:
        async with playing(device("tts")) as player:
            recording = server.record()
            for _ in range(3):
                assert await player.play(make_clip(1.0), lambda: None) is Playback.HEARD
                await asyncio.to_thread(recording.wait_for_silence)
            spoken = utterances(await heard(recording))
    # A machine that is too busy loses some, and then the log says so.
    told = [log["lost_s"] for log in logs if log["event"] == "speech lost"]
    assert len(spoken) == 3
    for speech in spoken:
        # A busy PipeWire takes a piece of 5.3 ms now and then.
        assert len(speech) / RATE_HZ == pytest.approx(1.0, abs=0.012 + sum(told))
        assert np.max(np.abs(speech)) == pytest.approx(0.5, abs=0.02)
    assert sum(map(glitches, spoken)) <= len(told)


async def test_a_sink_that_is_unplugged_gets_the_rest_when_it_is_back(
    server: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    output = device("tts")
    async with playing(output) as player:
        before, wrong = server.record(), server.record("other")
        task = asyncio.create_task(player.play(make_clip(3.0), lambda: None))
        await second(before)
        server.remove_sink("tts")
        await until(lambda: not output.is_available)
        assert "waiting: " in output.state
        first = before.stop()
        await asyncio.to_thread(wrong.wait_for_silence, 1.0)
        assert not task.done()
        server.add_sink("tts")
        await until(lambda: output.is_available)
        assert output.state == "open at 48000 Hz"
        after = server.record()
        assert await task is Playback.HEARD
        rest = await heard(after)
        # The next utterance finds the right sink too.
        again = server.record()
        assert await player.play(make_clip(1.0), lambda: None) is Playback.HEARD
        (whole,) = utterances(await heard(again))
    parts = [part for frames in (first, rest) for part in utterances(frames)]
    assert sum(map(len, parts)) / RATE_HZ == pytest.approx(3.0, abs=0.2)
    assert len(whole) / RATE_HZ == pytest.approx(1.0, abs=0.005)
    assert utterances(wrong.stop()) == []


async def test_a_sink_is_known_by_its_description(
    server: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    server.add_sink("voice", "Größe-№5-🎤")
    async with playing(device("größe-№5")) as player:
        assert player.states == {"größe-№5": "open at 48000 Hz on voice"}
        recording = server.record("voice")
        assert await player.play(make_clip(0.5), lambda: None) is Playback.HEARD
        (speech,) = utterances(await heard(recording))
    assert len(speech) / RATE_HZ == pytest.approx(0.5, abs=0.005)


@pytest.mark.usefixtures("server")
async def test_alike_descriptions_are_told_apart_by_name(server: PulseServer) -> None:
    for name in ("one", "two"):
        server.add_sink(name, "Alike-Device")
    with pytest.raises(StartError, match="fits more than one") as caught:
        devices.find("Alike-Device")
    assert "'one' (Alike-Device), 'two' (Alike-Device)" in caught.value.message
    assert devices.find("two").name == "two"


async def test_the_default_is_the_server_s(
    server: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    output = device("default")
    async with playing(output) as player:
        assert output.state == "open at 48000 Hz on desk"
        server.control("set-default-sink", "other")
        await until(lambda: output.state == "open at 48000 Hz on other")
        recording = server.record("other")
        assert await player.play(make_clip(0.5), lambda: None) is Playback.HEARD
        (speech,) = utterances(await heard(recording))
    assert len(speech) / RATE_HZ == pytest.approx(0.5, abs=0.005)


async def test_a_restart_of_the_server_is_waited_for(
    server: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    output = device("tts")
    async with playing(output) as player:
        before = server.record()
        task = asyncio.create_task(player.play(make_clip(3.0), lambda: None))
        await second(before)
        server.kill()
        await until(lambda: not output.is_available)
        server.start()
        after = server.record()
        assert await task is Playback.HEARD
        rest = sum(map(len, utterances(await heard(after))))
    assert (sum(map(len, utterances(before.frames()))) + rest) / RATE_HZ == pytest.approx(
        3.0, abs=0.5
    )


async def test_a_suspended_sink_is_told(pulse: PulseServer, playing: Playing) -> None:
    output = device("tts")
    async with playing(output):
        pulse.control("suspend-sink", "tts", "1")
        await until(lambda: "suspended" in output.state)
        assert "pactl suspend-sink tts 0" in output.state
        pulse.control("suspend-sink", "tts", "0")
        await until(lambda: output.is_available)


def process_of(output: DeviceOutput) -> int:
    """Return the number of the process that plays on `output`, the only one of its kind."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    name = "bot.playback.device_process"
    (found,) = (int(c) for c in children if name in Path(f"/proc/{c}/cmdline").read_text())
    assert output.is_available
    return found


async def delay(output: DeviceOutput, recording: Recording) -> None:
    """Stop the process of `output` for a quarter of a second."""
    process = process_of(output)
    os.kill(process, signal.SIGSTOP)
    pause = recording.length + RATE_HZ // 4
    await asyncio.to_thread(recording.wait_for, lambda: recording.length > pause, "pause")
    os.kill(process, signal.SIGCONT)


async def test_what_comes_too_late_is_counted_and_widens_the_buffer(
    server: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    output = device("tts")
    with capture_logs() as logs:
        async with playing(output) as player:
            recording = server.record()
            task = asyncio.create_task(player.play(make_clip(6.0), lambda: None))
            await second(recording)
            counted_before, lost_before = output.underflows, output.lost_s
            await delay(output, recording)
            await until(lambda: any(entry["event"] == "sound buffer widened" for entry in logs))
            assert await task is Playback.HEARD
            frames = await heard(recording)
            assert output.underflows > counted_before
            assert output.is_available
    parts = utterances(frames, pause_s=0.06)
    assert len(parts) >= 2
    silent_s = 6.0 - sum(map(len, parts)) / RATE_HZ
    assert silent_s > 0.1
    # Where the server itself was late, more was due than its sink tells.
    assert silent_s - 0.05 < output.lost_s - lost_before < silent_s + 0.5
    widened = next(entry for entry in logs if entry["event"] == "sound buffer widened")
    assert widened["latency_s"] >= 0.08
    assert "speech lost" in {entry["event"] for entry in logs}


async def test_a_plug_in_that_tells_nothing_is_clocked_and_widened_between_utterances(
    pulse: PulseServer, playing: Playing, make_clip: MakeClip
) -> None:
    with (pulse.folder / ".asoundrc").open("a") as file:
        file.write("\npcm.plugged { type pulse device tts }\n")
    output = device("plugged")
    with capture_logs() as logs:
        async with playing(output) as player:
            recording = pulse.record()
            task = asyncio.create_task(player.play(make_clip(3.0), lambda: None))
            await second(recording)
            await delay(output, recording)
            assert await task is Playback.HEARD
            assert output.lost_s > 0.1
            await until(lambda: any(entry["event"] == "sound buffer widened" for entry in logs))
            await asyncio.to_thread(recording.wait_for_silence)
            again = pulse.record()
            assert await player.play(make_clip(1.0), lambda: None) is Playback.HEARD
            (speech,) = utterances(await heard(again))
    assert len(speech) / RATE_HZ == pytest.approx(1.0, abs=0.012)
    events = [entry["event"] for entry in logs]
    assert events[0] == "sound device open"
    assert "sound device lost" not in events
