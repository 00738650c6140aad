"""Archive of what was said: sound with JSON beside it, bounded in days and megabytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from bot.messages import AudioChunk, Utterance
from bot.runtime.files.state_folder import state_folder
from bot.runtime.text.cleaning import name_key


class Heard(NamedTuple):
    """Speech that has ended, to its end or not."""

    utterance: Utterance
    text: str
    """What the engine was given; of speech that was cut not all of it was heard."""
    chunks: Sequence[AudioChunk]
    outcome: str
    """`spoken`, or why it ended before."""
    started_at: float
    """Seconds of the daemon's clock."""
    heard_s: float
    """Length of what was heard."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance in the archive: the JSON beside its sound."""

    id: str
    """The id of the message."""
    repeats: str = ""
    """Id of the message that was said once more."""
    channel: str
    chatter_id: str
    chatter: str
    """Display name, untrusted."""
    login: str = ""
    at: float
    """When it began to be heard, in Unix seconds."""
    written: str
    """What the chatter wrote, untrusted; empty where that is not known any more."""
    spoken: str
    """What was sent to the engine."""
    voice: str
    outcome: str
    duration_s: float
    sound: str
    """Name of the sound file."""

    def is_by(self, name: str) -> bool:
        """Tell whether the chatter has this name, login or id."""
        keys = {name_key(self.chatter), name_key(self.login)} - {""}
        return self.chatter_id == name or name_key(name) in keys

    @property
    def key(self) -> str:
        """Short name of this entry for the command line."""
        return self.sound.partition(".")[0].rpartition("-")[2]


def default_folder() -> Path:
    """Return where the archive lies."""
    return state_folder() / "archive"
