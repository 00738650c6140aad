"""Sections `playback` and `channels[].outputs[]`: outputs of speech."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field

from bot.config.sections.base import Count, Number, Section, matching
from bot.messages import EventKind


class _Selecting(Section):
    """What an output plays of its channel; all that no other one selects, without these keys."""

    voices: tuple[str, ...] = ()
    """Voices that it plays; empty for all."""
    events: tuple[EventKind, ...] = ()
    """Events whose messages it plays; empty for messages with and without one."""

    @property
    def is_selective(self) -> bool:
        """Whether it plays a part of the speech only."""
        return bool(self.voices or self.events)

    def selects(self, voice: str, event: EventKind | None) -> bool:
        """Tell whether speech in `voice`, of a message with `event`, matches each key."""
        return (not self.voices or voice in self.voices) and (
            not self.events or event in self.events
        )

    @property
    def place(self) -> Self:
        """Where it plays, without what it plays: entries of one place share an output."""
        return self.model_copy(update={"voices": (), "events": ()})


class DeviceSettings(_Selecting):
    """A sound device of this machine."""

    type: Literal["device"]
    device: Annotated[str, Field(min_length=1)] = "default"
    """Name from `ishowtts devices`, or an unambiguous part of one; default is the system's."""


def _no_nul(path: Path) -> Path:
    if "\0" in str(path):
        raise ValueError("a path holds no NUL character")
    return path


class WavefileSettings(_Selecting):
    """A WAV file that holds what would be heard."""

    type: Literal["wavefile"]
    path: Annotated[Path, AfterValidator(_no_nul)]
    """File that every start overwrites; past 4 GiB, the limit of WAV, it becomes RF64."""
    sample_rate_hz: Annotated[Count, Field(ge=8_000, le=192_000)] = 48_000
    """Sample rate of the file, in hertz."""
    pace: Literal["realtime", "fast"] = "realtime"
    """realtime takes as long as a device would, so a skip cuts; fast writes at once."""


class BrowserSettings(_Selecting):
    """Pages that play it, such as a browser source in OBS: `/overlay?channel=NAME`."""

    type: Literal["browser"]
    name: Annotated[
        str, matching(r"[A-Za-z0-9_-]{1,40}", "letters, digits, - and _, at most 40")
    ] = "browser"
    """Name of the output; channels with one of the same name take turns on it."""
    listeners: Literal["all", "first"] = "all"
    """Which pages are heard: all in step, or the one that came first."""
    sample_rate_hz: Literal[24_000, 48_000] = 24_000
    """Sample rate of what is sent, in hertz; 24000 is that of the voices."""


OutputSettings = Annotated[
    DeviceSettings | WavefileSettings | BrowserSettings, Field(discriminator="type")
]


class PlaybackSettings(Section):
    """Volume and fades."""

    volume: Annotated[Count, Field(ge=0, le=100)] = 80
    """Percent of full scale; `!tts volume` changes it until the next start."""
    fade_ms: Annotated[Number, Field(ge=0, le=100)] = 5.0
    """Milliseconds of fade at the start and the end of speech, and where it is cut."""
