"""How soon speech is heard and silenced at a sound device, and whether it stays whole under load.

Run from the repository: `python -m tests.bench.playback [--plays N] [--load-s S]`. A PulseAudio
null sink of its own is recorded. Times count to the moment when the recording program handed the
samples over, so they hold its own delay too.
"""

import argparse
import asyncio
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from bot.config.sections.playback import PlaybackSettings
from bot.messages import AudioChunk
from bot.playback.clip import Clip
from bot.playback.device import DeviceOutput
from bot.playback.device_process import LATENCY_S
from bot.playback.player import Player
from tests.bench.report import environment, save, spread_ms
from tests.conftest import RATE_HZ, PulseServer, Recording

_IDLE_S = 20.0
_MIN_GAP_FRAMES = 4


def tone(duration_s: float) -> Clip:
    """Return a sine of 440 Hz in chunks of a second, the last one finished."""
    t = np.arange(round(duration_s * 24_000)) / 24_000
    wave = (0.5 * np.sin(2 * np.pi * 440.0 * t)).astype(np.float32)
    clip = Clip()
    for start in range(0, len(wave), 24_000):
        clip.append(AudioChunk(samples=wave[start : start + 24_000], sample_rate_hz=24_000))
    clip.finish()
    return clip


async def start_and_cut(player: Player, recording: Recording, plays: int) -> dict[str, Any]:
    """Measure hand-over to first sample, and `Player.cut` to the last one."""
    starts, cuts = [], []
    for _ in range(plays):
        clip = tone(5.0)
        handed_over_at = time.monotonic()
        playing = asyncio.create_task(player.play(clip, lambda: None))
        await asyncio.to_thread(recording.wait_for_sound)
        starts.append(time.monotonic() - handed_over_at)
        at_flush = recording.length
        player.cut()
        await playing
        await asyncio.to_thread(recording.wait_for_silence, 0.2)
        loud = np.flatnonzero(recording.frames(at_flush)[:, 0])
        cuts.append(float(loud[-1] + 1) / RATE_HZ if len(loud) else 0.0)
    return {"hand_over_to_first_sample": spread_ms(starts), "flush_to_silence": spread_ms(cuts)}


async def under_load(
    player: Player, output: DeviceOutput, recording: Recording, duration_s: float
) -> dict[str, Any]:
    """Count underflows and gaps while a thread of this process never leaves the interpreter."""
    before, lost_before_s, start = output.underflows, output.lost_s, recording.length
    is_over = threading.Event()

    def hog() -> None:
        while not is_over.is_set():
            sum(range(20_000))

    thread = threading.Thread(target=hog)
    thread.start()
    try:
        await player.play(tone(duration_s), lambda: None)
    finally:
        is_over.set()
        thread.join()
    await asyncio.to_thread(recording.wait_for_silence, 0.2)
    left = recording.frames(start)[:, 0]
    loud = np.flatnonzero(left)
    gaps = np.diff(loud)
    return {
        "duration_s": duration_s,
        "underflows": output.underflows - before,
        "lost_s": round(output.lost_s - lost_before_s, 3),
        "gaps_at_the_sink": int(np.sum(gaps > _MIN_GAP_FRAMES)),
        "heard_s": round(float(loud[-1] - loud[0] + 1) / RATE_HZ, 3),
    }


def children_cpu_s() -> float:
    """Return the processor time of this process's ended children, in seconds."""
    times = os.times()
    return times.children_user + times.children_system


async def idle_share(duration_s: float) -> float:
    """Return the share of one core that a device's process takes while silent, start excluded."""

    async def run_for(seconds: float) -> float:
        before = children_cpu_s()
        output = DeviceOutput("tts", fade_s=0.005)
        holding = asyncio.create_task(output.run())
        await output.wait_until_available()
        await asyncio.sleep(seconds)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        return children_cpu_s() - before

    return (await run_for(duration_s) - await run_for(0.0)) / duration_s


async def measure(server: PulseServer, plays: int, load_s: float) -> dict[str, Any]:
    """Run every measurement on one open device."""
    idle_cpu = await idle_share(_IDLE_S)
    output = DeviceOutput("tts", fade_s=0.005)
    holding = asyncio.create_task(output.run())
    opening_at = time.monotonic()
    await output.wait_until_available()
    opened_s = time.monotonic() - opening_at
    player = Player([output], PlaybackSettings(volume=100))
    recording = server.record()
    try:
        return {
            "process_start_to_open_s": round(opened_s, 2),
            "requested_latency_s": LATENCY_S,
            **await start_and_cut(player, recording, plays),
            "under_load": await under_load(player, output, recording, load_s),
            "cpu_share_while_silent": round(idle_cpu, 4),
        }
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plays", type=int, default=60)
    parser.add_argument("--load-s", type=float, default=60.0)
    arguments = parser.parse_args()
    result = environment("sounddevice", "soxr")
    with tempfile.TemporaryDirectory() as folder:
        server = PulseServer(Path(folder), {"tts": RATE_HZ})
        os.environ.update(server.env)
        server.start()
        try:
            result |= asyncio.run(measure(server, arguments.plays, arguments.load_s))
        finally:
            server.close()
    save("playback", result)


if __name__ == "__main__":
    main()
