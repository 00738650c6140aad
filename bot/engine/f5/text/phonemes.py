"""Front end of checkpoints that were trained on phonemes of English.

A sentence begins and ends with a pause. Durations come from a model of their own (`timing`).
"""

from functools import lru_cache
from typing import NamedTuple

from bot.engine.english import phonemize
from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ
from bot.engine.f5.text.duration import MAX_FRAMES, split_text
from bot.engine.f5.text.front_end import Prompt
from bot.engine.f5.text.timing import Timing, durations_s, fit, spread
from bot.engine.f5.text.vocabulary import UNKNOWN_ID, Vocabulary
from bot.engine.f5.voice.reference import Reference

PAUSE = "_"
_FRAMES_PER_S = SAMPLE_RATE_HZ / HOP_SAMPLES


class _Ends(NamedTuple):
    """Limits on the ends of a text, in frames at natural pace.

    The teacher lets the last sound of a sentence last half a second, of which it fills a tenth: the
    rest is silence, like the sentence end and the pause behind it.
    """

    lead: float
    """Length of the first pause."""
    last_sound: float
    """Most of the last sound."""
    sentence_end: float
    """Most of each punctuation mark behind it."""
    tail: float
    """Length of the last pause."""


_SPOKEN = _Ends(lead=5.0, last_sound=12.0, sentence_end=4.0, tail=8.0)
_RECORDED = _Ends(lead=1.0, last_sound=7.0, sentence_end=1.0, tail=4.0)
"""Ends of a reference, whose quiet is cut off (`reference.prepare`)."""
_MAX_PAUSE_FRAMES = 14.0
"""Limit on a pause at either end of a sentence: two of them lie between sentences."""
_PACES = (0.5, 2.0)
"""Slowest and fastest pace believed of a reference, as factors of the natural one."""
_PIECE_S = 8.0
"""Length of a piece, roughly."""
_LETTERS_PER_S = 14.0
"""Natural pace of English, roughly; for cutting alone."""


class Phonemes:
    """Front end of checkpoints that take the phoneme of every frame, in English."""

    overlaps = False
    longest_piece = 100  # 8 s of voices a tenth slower than natural
    languages: tuple[str, ...] = ("en",)
    nothing_to_say = "The text holds nothing that can be said in English."

    def __init__(self, vocabulary: Vocabulary, timing: Timing) -> None:
        """Take the checkpoint's symbols and its model of durations."""
        self._vocabulary = vocabulary
        self._timing = timing
        self._heard = lru_cache(maxsize=64)(self._listen)

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return pieces of about 8 s, cut behind punctuation where there is any."""
        _, pace = self._heard(reference.transcript, reference.frames)
        window_s = _PIECE_S * pace * speed
        pieces = split_text(text, round(_LETTERS_PER_S * window_s))
        return [piece for piece in pieces if phonemize(piece)]

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return the symbols frame by frame, at the pace of the reference times `speed`."""
        heard, pace = self._heard(reference.transcript, reference.frames)
        symbols, natural = self._natural(piece, _SPOKEN)
        spoken = spread(symbols, [frames / (pace * speed) for frames in natural])
        tokens = [*heard, *spoken][:MAX_FRAMES]
        # Upstream needs a frame more than tokens. The last two are a pause, and spreading the
        # tokens over the frames doubles the last one.
        return Prompt(tokens[:-1], len(tokens))

    def _listen(self, transcript: str, frames: int) -> tuple[list[int], float]:
        """Return the symbol of each of the reference's frames, and its pace.

        The pace is a factor of the natural one. The times of a recording's phonemes are not
        measured: the model's durations are stretched to its length.
        """
        symbols, natural = self._natural(transcript, _RECORDED)
        pace = sum(natural) / frames if symbols else 1.0
        tokens = fit(symbols, natural, frames) if symbols else [UNKNOWN_ID] * frames
        return tokens, min(max(pace, _PACES[0]), _PACES[1])

    def _natural(self, text: str, ends: _Ends) -> tuple[list[int], list[float]]:
        """Return the symbols of `text` and how many frames each takes at a natural pace."""
        symbols: list[int] = []
        frames: list[float] = []
        pause = self._vocabulary[PAUSE]
        last_sound = 0
        for phonemes in phonemize(text):
            ids = [self._vocabulary.get(phoneme, UNKNOWN_ID) for phoneme in phonemes]
            sentence = [pause, *ids, pause]
            durations = [s * _FRAMES_PER_S for s in durations_s(self._timing, sentence)]
            durations[0] = min(durations[0], _MAX_PAUSE_FRAMES)
            durations[-1] = min(durations[-1], _MAX_PAUSE_FRAMES)
            last = max(n for n, phoneme in enumerate(phonemes, start=1) if phoneme.isalpha())
            last_sound = len(symbols) + last
            symbols += sentence
            frames += durations
        if frames:
            frames[0], frames[-1] = ends.lead, ends.tail
            frames[last_sound] = min(frames[last_sound], ends.last_sound)
            for place in range(last_sound + 1, len(frames) - 1):
                frames[place] = min(frames[place], ends.sentence_end)
        return symbols, frames
