"""What engines are asked for, and what they give."""

from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from bot.messages.base import Message

Samples: TypeAlias = npt.NDArray[np.float32]
"""Mono audio, `[n]`, full scale is -1 to 1."""


class SpeechRequest(Message, frozen=True, kw_only=True):
    """What an engine is asked to say."""

    id: str
    text: str
    """Exactly what is spoken; not empty."""
    voice: str
    language: str = ""
    """ISO 639 code of the text, for engines that speak several; empty for the voice's own."""
    nfe: int = 0
    """Number of function evaluations; 0 leaves it to the engine, and some engines have none."""
    due_s: float = 0.0
    """In how many seconds its sound is needed; 0 where somebody waits for it."""
    speed: float = 1.0
    """Factor on the speaking rate, besides those of engine and voice; some engines have none."""


class WordTime(msgspec.Struct, frozen=True, array_like=True):
    """When a word is heard; on the wire an array of its fields, in this order."""

    text: str
    """As it is written, with the punctuation at it; what is not said, such as a dash, too."""
    start_s: float
    """Seconds from the beginning of the audio that it belongs to, rounded to milliseconds."""
    end_s: float
    """The same; equal to `start_s` if the word is not said."""
    is_exact: bool = False
    """Whether the engine was given these times; else they are estimated."""
    phonemes: str = ""
    """One character a phoneme, as misaki writes them; empty if the engine does not tell."""
    phoneme_starts_s: tuple[float, ...] = ()
    """When each of them begins."""

    def moved(self, by_s: float, latest_s: float = float("inf")) -> "WordTime":
        """Return the word `by_s` seconds later, no part of it before 0 or after `latest_s`."""

        def move(time_s: float) -> float:
            return round(min(max(time_s + by_s, 0.0), latest_s), 3)

        return WordTime(
            self.text,
            move(self.start_s),
            move(self.end_s),
            self.is_exact,
            self.phonemes,
            tuple(map(move, self.phoneme_starts_s)),
        )


class AudioChunk(Message, frozen=True, kw_only=True):
    """A piece of speech from an engine."""

    samples: Samples
    """Mono float32, `[n]`, n at least 1."""
    sample_rate_hz: int
    engine: str = ""
    """Which engine it is from; empty where only one is asked."""
    nfe: int = 0
    """Number of function evaluations that it took; 0 from engines that have none."""
    words: tuple[WordTime, ...] = ()
    """When each word of the text is heard in it, in order."""

    @property
    def duration_s(self) -> float:
        """Return the length in seconds."""
        return len(self.samples) / self.sample_rate_hz
