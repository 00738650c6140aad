"""What all guests share: the map of voices, texts that are fit to hand on, checks of the answer."""

import unicodedata
from abc import abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from bot.engine.contract import Engine
from bot.engine.process.progress import Progress
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest

WARM_UP = "Hello there."
"""What a guest speaks first, to show that it can."""
LONGEST_SPEECH_S = 60.0
"""Limit of one answer: a piece is spoken in a tenth of it."""
_LONGEST_TEXT = 1000
"""Limit of one text, in characters: no piece is that long."""
_FULL_SCALE = 1.0
_SILENT = 1e-4
"""Peak of what nobody hears: -80 dB of full scale."""


class Guest(Engine):
    """Engine of others, one request at a time."""

    longest_piece = 200

    def __init__(self, *, speed: float, voice: str, voices: Mapping[str, str] | None) -> None:
        """Take the rate, the voice that speaks, and others of theirs by our voices."""
        self._usual_speed = self._speed = speed
        self._voice = voice
        self._by_ours = dict(voices or {})
        self.progress: Progress = Progress()
        """Progress of the answer under way; its steps grow with the text."""

    @property
    def named_voices(self) -> tuple[str, ...]:
        """Their voices that the configuration names, the default first."""
        return tuple(dict.fromkeys((self._voice, *self._by_ours.values())))

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        """Return the speech of each request, in its voice or the default one."""
        return [await self._answer(request) for request in requests]

    async def _answer(self, request: SpeechRequest) -> AudioChunk | UtteranceError:
        try:
            text = fit_to_say(request.text)
            self._speed = self._usual_speed * request.speed
            voice = self._by_ours.get(request.voice, self._voice)
            if request.language and self.language_of(voice) not in ("", request.language):
                voice = self.voice_for(request.language) or voice
            chunk = await self.say(text, voice)
            return _checked(chunk, self.name)
        except UtteranceError as error:
            return error

    def language_of(self, voice: str) -> str:
        """Return the ISO 639 code of what a voice of theirs speaks; empty if it does not tell."""
        del voice
        return ""

    def voice_for(self, language: str) -> str:
        """Return a voice of theirs that speaks `language`; empty if there is none."""
        del language
        return ""

    @abstractmethod
    async def say(self, text: str, voice: str) -> AudioChunk:
        """Return the speech of `text`, a single line, in `voice`, one of theirs.

        Raises:
            UtteranceError: it cannot be spoken; the next text may be.
            TransientError: the guest hangs or is gone.
        """


def fit_to_say(text: str) -> str:
    """Return `text` as one line without what is not writing.

    Raises:
        UtteranceError: nothing is left, or too much.
    """
    kept = "".join(" " if unicodedata.category(c).startswith("C") else c for c in text)
    line = " ".join(kept.split())
    if not line:
        raise UtteranceError("The text holds nothing that can be said.")
    if len(line) > _LONGEST_TEXT:
        raise UtteranceError(f"The text is longer than {_LONGEST_TEXT} characters.")
    return line


def _checked(chunk: AudioChunk, name: str) -> AudioChunk:
    samples = chunk.samples
    if not samples.size or not np.isfinite(samples).all():
        raise UtteranceError(f"{name} gave samples that are not finite, or none.")
    peak = float(np.abs(samples).max())
    if peak < _SILENT:
        raise UtteranceError(f"{name} gave nothing that can be heard.")
    if peak > _FULL_SCALE:
        samples = samples / np.float32(peak)
    return AudioChunk(
        samples=np.ascontiguousarray(samples, np.float32), sample_rate_hz=chunk.sample_rate_hz
    )
