"""Outputs, made as configured."""

from collections.abc import Iterable, Mapping

from bot.config.playback import DeviceSettings, OutputSettings, PlaybackSettings
from bot.errors import StartError
from bot.playback import Output
from bot.playback.device import DeviceOutput
from bot.playback.wavefile import WavefileOutput


def create_all(
    wanted: Iterable[OutputSettings], settings: PlaybackSettings
) -> Mapping[OutputSettings, Output]:
    """Return one output for each different entry of `wanted`, not running yet.

    Channels that name the same device or file share it: their utterances take turns.

    Raises:
        StartError: a file is wanted in two ways.
    """
    fade_s = settings.fade_ms / 1000
    outputs: dict[OutputSettings, Output] = {}
    for entry in dict.fromkeys(wanted):
        if isinstance(entry, DeviceSettings):
            outputs[entry] = DeviceOutput(entry.device, fade_s=fade_s)
            continue
        if any(not isinstance(e, DeviceSettings) and e.path == entry.path for e in outputs):
            raise StartError(
                f"Two outputs write {entry.path} with different settings.",
                remedy="Give them the same settings, or different paths.",
            )
        outputs[entry] = WavefileOutput(entry, fade_s=fade_s)
    return outputs
