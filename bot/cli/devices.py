"""`ishowtts devices`: lists the sound devices, plays a tone on one."""

import argparse
import asyncio
from collections.abc import Sequence

import numpy as np

from bot.cli import EXIT_OK
from bot.cli.shared import columns, quiet_logs
from bot.config.sections.playback import PlaybackSettings
from bot.errors import StartError, shown
from bot.messages import AudioChunk
from bot.playback import devices
from bot.playback.clip import Clip
from bot.playback.device import DeviceOutput
from bot.playback.device_entry import Device
from bot.playback.player import Playback, play_alone

_TONE_HZ = (523.25, 659.26, 783.99)  # C5, E5, G5
_NOTE_S = 0.25
_TONE_RATE_HZ = 48_000
_TONE_AMPLITUDE = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--test", metavar="NAME", help="play a short tone on this device instead")


def run(options: argparse.Namespace) -> int:
    """List the devices, or play a tone."""
    quiet_logs()
    if options.test is not None:
        device = asyncio.run(play_tone(options.test))
        print(f"Played a tone on {device.name}.")
    else:
        print(table(devices.known()))
    return EXIT_OK


def table(found: Sequence[Device]) -> str:
    """Return the devices `found` as a table for the terminal; the default is marked with a star."""
    if not found:
        return "This machine has no sound device."
    rows = [("", "NAME", "DESCRIPTION", "SYSTEM", "CHANNELS", "RATE")]
    rows += [
        (
            "*" if device.is_default else "",
            device.name,
            device.description,
            device.host_api,
            str(device.channels),
            f"{device.sample_rate_hz} Hz",
        )
        for device in found
    ]
    return columns(rows)


async def play_tone(name: str) -> Device:
    """Play three soft notes on the device `name`, the way speech is played; return the device.

    Raises:
        StartError: there is no such device, or it cannot be opened.
    """
    device = devices.check(name)
    settings = PlaybackSettings()
    output = DeviceOutput(name, fade_s=settings.fade_ms / 1000)
    if await play_alone(output, settings, _fill) is not Playback.HEARD:
        raise StartError(
            f"Sound device {shown(device.name)} was not heard: {output.state.rstrip('.')}."
        )
    return device


async def _fill(clip: Clip) -> None:
    for frequency_hz in _TONE_HZ:
        clip.append(_note(frequency_hz))
    clip.finish()


def _note(frequency_hz: float) -> AudioChunk:
    t = np.arange(round(_NOTE_S * _TONE_RATE_HZ)) / _TONE_RATE_HZ
    bell = np.sin(np.pi * t / _NOTE_S)  # from silence to silence
    wave = _TONE_AMPLITUDE * bell * np.sin(2 * np.pi * frequency_hz * t)
    return AudioChunk(samples=wave.astype(np.float32), sample_rate_hz=_TONE_RATE_HZ)
