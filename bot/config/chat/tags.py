"""Sections `policy.tags` and `sounds`: voices and sounds that chatters put into a message."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bot.config.sections.base import Count, Number, Section

TagName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""Name of a voice's folder, or of a sound's file without its ending."""
Bits = Annotated[Count, Field(ge=0)]
LeastRole = Literal["everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody"]


class VoiceTagSettings(Section):
    """Voices within a message: `[name] text`."""

    most: Annotated[Count, Field(ge=0, le=20)] = 4
    """Most changes of voice in a message; 0 for none. Further tags are read as text."""
    bits: Bits = 0
    """Bits of the smallest cheer in which they work; 0 for all messages."""
    prices: dict[TagName, Bits] = {}
    """The same for single voices."""


class SoundTagSettings(Section):
    """Sounds within a message: `(name)`."""

    most: Annotated[Count, Field(ge=0, le=20)] = 2
    """Most sounds in a message; 0 for none. Further tags are read as text."""
    role: LeastRole = "everyone"
    """Least role for a sound."""
    roles: dict[TagName, LeastRole] = {}
    """The same for single sounds."""
    bits: Bits = 0
    """Bits of the smallest cheer in which they work; 0 for all messages."""
    prices: dict[TagName, Bits] = {}
    """The same for single sounds."""


class TagSettings(Section):
    """Voices and sounds within a message; a tag that is unknown or not allowed is read as text."""

    voices: VoiceTagSettings = VoiceTagSettings()
    sounds: SoundTagSettings = SoundTagSettings()


class SoundSettings(Section):
    """Sounds for messages and announcements."""

    folder: Path = Path("sounds")
    """Folder of the sounds: airhorn.wav is `(airhorn)`. WAV; with the extra `voices` also FLAC, OGG
    and MP3. It need not be there."""
    max_s: Annotated[Number, Field(gt=0, le=30)] = 5.0
    """Longest sound in seconds; of a longer one its beginning is played."""
    gain_db: Annotated[Number, Field(ge=-40, le=6)] = 0.0
    """Level of the sounds beside the voices', in decibels."""
