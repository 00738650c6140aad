"""Front end of checkpoints that were trained on the phonemes of English text.

A sentence begins and ends with a pause. Durations come from a model of their own (`timing`), so it
is known when each word will be heard.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.engine.english import read
from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ
from bot.engine.f5.text.duration import MAX_FRAMES, halved, split_text
from bot.engine.f5.text.front_end import Prompt
from bot.engine.f5.text.timing import Timing, durations_s, fit, spread
from bot.engine.f5.text.vocabulary import UNKNOWN_ID, Vocabulary
from bot.engine.f5.voice.reference import Reference
from bot.engine.word_times import written_words
from bot.errors import UtteranceError
from bot.messages import WordTime

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
_SETTLING_FRAMES = 7
"""Pause behind the reference that is computed and not heard: a first sound that follows it closely
is mistaken more often."""
_MAX_PAUSE_FRAMES = 14.0
"""Limit on a pause at either end of a sentence: two of them lie between sentences."""
_PACES = (0.5, 2.0)
"""Slowest and fastest pace believed of a reference, as factors of the natural one."""
_PIECE_S = 8.0
"""Length of a piece, roughly."""
_MOST_S = 12.0
"""Most of a piece, by its predicted length."""
_LETTERS_PER_S = 14.0
"""Natural pace of English, roughly; for cutting alone."""


class _Script(NamedTuple):
    """Symbols of a text in their order."""

    ids: Sequence[int]
    phonemes: Sequence[str]
    owners: Sequence[int | None]
    """For each, the number of its written word; None for pauses."""
    frames: Sequence[float]
    """Duration of each at a natural pace."""


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
        self._spoken = lru_cache(maxsize=64)(lambda text: self._natural(text, _SPOKEN))
        self._heard = lru_cache(maxsize=64)(self._listen)

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return pieces of about 8 s by their letters, and never of more than 12 s as predicted."""
        _, pace = self._heard(reference.transcript, reference.frames)
        window_s = _PIECE_S * pace * speed
        most = min(_MOST_S * _FRAMES_PER_S, MAX_FRAMES - reference.frames - _SETTLING_FRAMES)

        def fits(piece: str) -> bool:
            script = self._spoken(piece)
            return max(sum(script.frames) / (pace * speed), len(script.ids)) <= most

        cut = split_text(text, round(_LETTERS_PER_S * window_s))
        pieces = [part for piece in cut for part in halved(piece, fits)]
        return [piece for piece in pieces if self._spoken(piece).ids]

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return the symbols frame by frame, at the pace of the reference times `speed`.

        Raises:
            UtteranceError: it is longer than the model.
        """
        heard, pace = self._heard(reference.transcript, reference.frames)
        script = self._spoken(piece)
        places = spread(range(len(script.ids)), [each / (pace * speed) for each in script.frames])
        settling = self._ids([PAUSE]) * _SETTLING_FRAMES
        tokens = [*heard, *settling, *(script.ids[place] for place in places)]
        if len(tokens) > MAX_FRAMES:
            raise UtteranceError("The voice's recording leaves no room for speech.")
        # Upstream needs a frame more than tokens. The last two are a pause, and spreading the
        # tokens over the frames doubles the last one.
        words = _times(piece, script, places)
        return Prompt(tokens[:-1], len(tokens), words, _SETTLING_FRAMES)

    def _listen(self, transcript: str, frames: int) -> tuple[list[int], float]:
        """Return the symbol of each of the reference's frames, and its pace.

        The pace is a factor of the natural one. The times of a recording's phonemes are not
        measured: the model's durations are stretched to its length.
        """
        script = self._natural(transcript, _RECORDED)
        pace = sum(script.frames) / frames if script.ids else 1.0
        tokens = fit(script.ids, script.frames, frames) if script.ids else [UNKNOWN_ID] * frames
        return tokens, min(max(pace, _PACES[0]), _PACES[1])

    def _natural(self, text: str, ends: _Ends) -> _Script:
        """Return the symbols of `text` and how many frames each takes at a natural pace."""
        symbols: list[str] = []
        owners: list[int | None] = []
        frames: list[float] = []
        last_sound = 0
        for sentence in read(text):
            said = [PAUSE, *sentence.phonemes, PAUSE]
            durations = [s * _FRAMES_PER_S for s in durations_s(self._timing, self._ids(said))]
            durations[0] = min(durations[0], _MAX_PAUSE_FRAMES)
            durations[-1] = min(durations[-1], _MAX_PAUSE_FRAMES)
            last = max(n for n, phoneme in enumerate(said) if phoneme.isalpha())
            last_sound = len(symbols) + last
            symbols += said
            owners += [None, *sentence.owners, None]
            frames += durations
        if frames:
            frames[0], frames[-1] = ends.lead, ends.tail
            frames[last_sound] = min(frames[last_sound], ends.last_sound)
            for place in range(last_sound + 1, len(frames) - 1):
                frames[place] = min(frames[place], ends.sentence_end)
        return _Script(self._ids(symbols), symbols, owners, frames)

    def _ids(self, symbols: Sequence[str]) -> list[int]:
        return [self._vocabulary.get(symbol, UNKNOWN_ID) for symbol in symbols]


def _times(piece: str, script: _Script, places: Sequence[int]) -> tuple[WordTime, ...]:
    """Return when each word of `piece` is heard; `places` holds the symbol of each frame.

    Sound begins with the middle of the first frame and ends with that of the last one: in between
    a frame lies half a hop to both sides of its middle.
    """
    ends = [0] * len(script.ids)
    for frame, place in enumerate(places):
        ends[place] = frame + 1
    last = len(places) - 1
    starts_s = [_sound_s(end, last) for end in [0, *ends[:-1]]]
    ends_s = [_sound_s(end, last) for end in ends]
    said: dict[int, list[int]] = {}
    for place, (phoneme, owner) in enumerate(zip(script.phonemes, script.owners, strict=True)):
        if owner is not None and phoneme.isalpha():
            said.setdefault(owner, []).append(place)
    return tuple(
        WordTime(
            word,
            starts_s[said[number][0]],
            ends_s[said[number][-1]],
            is_exact=True,
            phonemes="".join(script.phonemes[place] for place in said[number]),
            phoneme_starts_s=tuple(starts_s[place] for place in said[number]),
        )
        for number, word in enumerate(written_words(piece))
        if number in said
    )


def _sound_s(frame: int, last: int) -> float:
    """Return when the sound of a frame begins; `last` is the last frame."""
    return round(min(max(frame - 0.5, 0), last) / _FRAMES_PER_S, 3)
