"""How a checkpoint takes text: in what pieces, as which tokens, for how many frames.

Checkpoints of F5-TTS take characters and know nothing of durations: `Characters` follows upstream.
A `model.yaml` that names the front end `phonemes` belongs to a checkpoint that wants the phoneme of
every mel frame: `Phonemes` finds the phonemes and asks a model of durations for the times.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ
from bot.engine.f5.text.duration import MAX_FRAMES, Estimate, paced_frames, piece_bytes, split_text
from bot.engine.f5.text.phonemes import PAUSE, phonemize
from bot.engine.f5.text.timing import Timing, durations_s, fit, spread
from bot.engine.f5.text.vocabulary import UNKNOWN_ID, Vocabulary, to_ids
from bot.engine.f5.voice.reference import Reference

_FRAMES_PER_S = SAMPLE_RATE_HZ / HOP_SAMPLES


class _Ends(NamedTuple):
    """What of a sentence's first pause and of its last sound is kept, in frames at natural pace.

    The teacher lets the last sound of a sentence last half a second, of which it fills a tenth: the
    rest is silence, like the sentence end and the pause behind it.
    """

    lead: float
    last_sound: float
    sentence_end: float
    tail: float


_SPOKEN = _Ends(lead=5.0, last_sound=12.0, sentence_end=4.0, tail=8.0)
_RECORDED = _Ends(lead=1.0, last_sound=7.0, sentence_end=1.0, tail=4.0)
"""Of a reference, whose quiet ends are cut off (`reference.prepare`)."""
_LONGEST_PAUSE_FRAMES = 14.0
"""Half of what lies between two sentences of a piece at most."""
_RATES = (0.5, 2.0)
"""Factors of the natural pace that are believed of a reference."""
_LONGEST_PIECE_S = 8.0
_LONGEST_CHARACTERS_S = 10.0
"""What upstream's 22 s leave behind a reference of 12 s."""
_LETTERS_PER_S = 14.0
"""What a natural pace comes to in English, for cutting alone."""
_SLOW = 0.9
"""Pace of voices that still speak the longest piece in one go; those of slower ones are cut."""


class Prompt(NamedTuple):
    """What the model is given for one piece of text."""

    tokens: Sequence[int]
    """Of the reference and of the piece behind it."""
    frames: int
    """Length of both together."""


class FrontEnd(Protocol):
    """Text to prompts."""

    overlaps: bool
    """Whether pieces are cross-faded; else each begins and ends in a pause of its own."""
    longest_piece: int
    """Limit of a text that most voices speak as one piece, in letters."""
    nothing_to_say: str
    """What is wrong with a text that has no pieces, for people."""

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return the pieces of `text` that can be spoken, none if it holds nothing to say."""

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return what the model is given to speak `piece` in the voice of the reference."""


class Characters:
    """Characters and pinyin, in the time that the pace of the reference comes to."""

    overlaps = True
    longest_piece = round(_LONGEST_CHARACTERS_S * _LETTERS_PER_S * _SLOW)
    nothing_to_say = "The text holds no character that the model knows."

    def __init__(self, vocabulary: Vocabulary, estimate: Estimate = paced_frames) -> None:
        """Take the checkpoint's tokens and what estimates how long a piece lasts."""
        self._vocabulary = vocabulary
        self._estimate = estimate

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return pieces of at most 22 s, less the reference, as upstream cuts them."""
        pieces = split_text(text, piece_bytes(reference, speed))
        # A piece of unknown characters alone, such as emoji, would become noise.
        return [piece for piece in pieces if any(to_ids(piece, self._vocabulary))]

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return the characters and the estimate of their duration."""
        tokens = to_ids(reference.prompt + piece, self._vocabulary)
        return Prompt(tokens, self._estimate(piece, reference, len(tokens), speed))


class Phonemes:
    """The phoneme of every frame, in English."""

    overlaps = False
    longest_piece = round(_LONGEST_PIECE_S * _LETTERS_PER_S * _SLOW)
    nothing_to_say = "The text holds nothing that can be said in English."

    def __init__(self, vocabulary: Vocabulary, timing: Timing) -> None:
        """Take the checkpoint's symbols and its model of durations."""
        self._vocabulary = vocabulary
        self._timing = timing
        self._heard = lru_cache(maxsize=64)(self._listen)

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return pieces of about 8 s, cut behind punctuation where there is any."""
        _, pace = self._heard(reference.transcript, reference.frames)
        window_s = _LONGEST_PIECE_S * pace * speed
        pieces = split_text(text, round(_LETTERS_PER_S * window_s))
        return [piece for piece in pieces if phonemize(piece)]

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return the symbols frame by frame, at the pace of the reference times `speed`."""
        heard, pace = self._heard(reference.transcript, reference.frames)
        symbols, natural = self._natural(piece, _SPOKEN)
        spoken = spread(symbols, [frames / (pace * speed) for frames in natural])
        tokens = [*heard, *spoken][:MAX_FRAMES]
        # Upstream makes room for a frame more than there are tokens. The last two are a pause, and
        # spreading the tokens over the frames doubles the last one.
        return Prompt(tokens[:-1], len(tokens))

    def _listen(self, transcript: str, frames: int) -> tuple[list[int], float]:
        """Return the symbol of each of the reference's frames, and its pace.

        The pace is how many times faster than natural the reference speaks. Nobody measures when
        each phoneme of a recording was said: the model's durations are stretched to its length.
        """
        symbols, natural = self._natural(transcript, _RECORDED)
        pace = sum(natural) / frames if symbols else 1.0
        tokens = fit(symbols, natural, frames) if symbols else [UNKNOWN_ID] * frames
        return tokens, min(max(pace, _RATES[0]), _RATES[1])

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
            durations[0] = min(durations[0], _LONGEST_PAUSE_FRAMES)
            durations[-1] = min(durations[-1], _LONGEST_PAUSE_FRAMES)
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
