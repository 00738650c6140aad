"""Outputs for people: the list of devices, a check, and a test tone."""

import asyncio
import os
from collections.abc import Sequence

import numpy as np

from bot.config.playback import DeviceSettings, OutputSettings, PlaybackSettings
from bot.errors import StartError
from bot.messages import AudioChunk
from bot.playback import portaudio
from bot.playback.clip import Clip
from bot.playback.device import DeviceOutput
from bot.playback.player import Playback, Player
from bot.playback.portaudio import Device, devices

__all__ = ["check", "devices", "table", "test_tone"]

_TONE_HZ = (523.25, 659.26, 783.99)  # C5, E5, G5
_NOTE_S = 0.25
_TONE_RATE_HZ = 48_000
_TONE_AMPLITUDE = 0.25


def table(found: Sequence[Device]) -> str:
    """Return the devices `found` as a table for the terminal; the default is marked with a star."""
    if not found:
        return "This machine has no sound device."
    rows = [("", "NAME", "SYSTEM", "CHANNELS", "RATE")]
    rows += [
        (
            "*" if device.is_default else "",
            device.name,
            device.host_api,
            str(device.channels),
            f"{device.sample_rate_hz} Hz",
        )
        for device in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def check(settings: OutputSettings) -> None:
    """Make sure that an output can be opened now, without making a sound.

    Raises:
        StartError: it cannot; the remedy lists the devices that there are.
    """
    if isinstance(settings, DeviceSettings):
        _check_device(settings.device)
        return
    folder = settings.path.parent
    target = settings.path if settings.path.exists() else folder
    if settings.path.is_dir() or not os.access(target, os.W_OK):
        raise StartError(
            f"The sound file {settings.path} cannot be written.",
            remedy="Choose another path for this output.",
        )


def _check_device(name: str) -> Device:
    sd = portaudio.load()
    device = portaudio.choose(name, devices())
    try:
        sd.check_output_settings(
            device=device.index,
            channels=device.stream_channels,
            dtype="float32",
            samplerate=device.sample_rate_hz,
        )
    except sd.PortAudioError as error:
        raise portaudio.unusable(device.name, error) from error
    return device


async def test_tone(name: str) -> Device:
    """Play three soft notes on the device `name`, the way speech is played; return the device.

    Raises:
        StartError: there is no such device, or it cannot be opened.
    """
    device = _check_device(name)
    settings = PlaybackSettings()
    output = DeviceOutput(name, fade_s=settings.fade_ms / 1000)
    player = Player([output], settings)
    player.give_up()
    clip = Clip()
    for frequency_hz in _TONE_HZ:
        clip.append(_note(frequency_hz))
    clip.finish()
    holding = asyncio.create_task(output.run())
    try:
        playback = await player.play(clip, lambda: None)
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
    if playback is not Playback.HEARD:
        raise StartError(f"Sound device {device.name!r} was not heard: {output.state.rstrip('.')}.")
    return device


def _note(frequency_hz: float) -> AudioChunk:
    t = np.arange(round(_NOTE_S * _TONE_RATE_HZ)) / _TONE_RATE_HZ
    bell = np.sin(np.pi * t / _NOTE_S)  # from silence to silence
    wave = _TONE_AMPLITUDE * bell * np.sin(2 * np.pi * frequency_hz * t)
    return AudioChunk(samples=wave.astype(np.float32), sample_rate_hz=_TONE_RATE_HZ)
