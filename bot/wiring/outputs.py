"""Outputs, made or tried as configured."""

import os
from collections.abc import Iterable, Mapping

from bot.config.sections.playback import (
    BrowserSettings,
    DeviceSettings,
    OutputSettings,
    PlaybackSettings,
    WavefileSettings,
)
from bot.errors import StartError
from bot.playback import Output, devices
from bot.playback.browser import BrowserOutput
from bot.playback.device import DeviceOutput
from bot.playback.wavefile import WavefileOutput


def create_all(
    wanted: Iterable[OutputSettings], settings: PlaybackSettings
) -> Mapping[OutputSettings, Output]:
    """Return one output for each different place of `wanted`, not running yet.

    Channels that name the same device, file or browser output share it: their utterances take
    turns.

    Raises:
        StartError: a file, or a browser output, is wanted in two ways.
    """
    fade_s = settings.fade_ms / 1000
    outputs: dict[OutputSettings, Output] = {}
    for entry in dict.fromkeys(each.place for each in wanted):
        if isinstance(entry, DeviceSettings):
            outputs[entry] = DeviceOutput(entry.device, fade_s=fade_s)
            continue
        if isinstance(entry, BrowserSettings):
            if any(isinstance(e, BrowserSettings) and e.name == entry.name for e in outputs):
                raise StartError(
                    f"Two browser outputs are called {entry.name} with different settings.",
                    remedy="Give them the same settings, or different names.",
                )
            outputs[entry] = BrowserOutput(entry, fade_s=fade_s)
            continue
        if any(isinstance(e, WavefileSettings) and e.path == entry.path for e in outputs):
            raise StartError(
                f"Two outputs write {entry.path} with different settings.",
                remedy="Give them the same settings, or different paths.",
            )
        outputs[entry] = WavefileOutput(entry, fade_s=fade_s)
    return outputs


def check(settings: OutputSettings) -> None:
    """Make sure that an output can be opened now, without making a sound.

    Raises:
        StartError: it cannot; for a device the remedy lists those that there are.
    """
    if isinstance(settings, DeviceSettings):
        devices.check(settings.device)
        return
    if isinstance(settings, BrowserSettings):
        return  # pages come and go
    path = settings.path
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise StartError(
            f"The sound file {path} cannot be written.",
            remedy="Choose another path for this output.",
        )
