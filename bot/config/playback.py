"""Sections `playback` and `channels[].outputs[]`: where speech is heard."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.config.base import Count, Number, Section


class DeviceSettings(Section):
    """A sound device of this machine."""

    type: Literal["device"]
    device: Annotated[str, Field(min_length=1)] = "default"
    """Name from `ishowtts devices`, or an unambiguous part of one; default is the system's."""


def _no_nul(path: Path) -> Path:
    if "\0" in str(path):
        msg = "a path holds no NUL character"
        raise ValueError(msg)
    return path


class WavefileSettings(Section):
    """A file that holds what would be heard."""

    type: Literal["wavefile"]
    path: Annotated[Path, AfterValidator(_no_nul)]
    """Written anew at every start; past 4 GiB, the most of WAV, it is RF64."""
    sample_rate_hz: Annotated[Count, Field(ge=8_000, le=192_000)] = 48_000
    """Rate of the file, in hertz."""
    pace: Literal["realtime", "fast"] = "realtime"
    """realtime plays silently as a device would, so that a skip cuts; fast writes at once."""


OutputSettings = Annotated[DeviceSettings | WavefileSettings, Field(discriminator="type")]


class PlaybackSettings(Section):
    """How speech is played."""

    volume: Annotated[Count, Field(ge=0, le=100)] = 80
    """Percent of full scale; `!tts volume` changes it until the next start."""
    fade_ms: Annotated[Number, Field(ge=0, le=100)] = 5.0
    """Fade at the start and the end of speech and where it is cut, in milliseconds."""
