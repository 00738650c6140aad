"""Front ends: text to the tokens and frames that a checkpoint takes.

Checkpoints of F5-TTS take characters and know nothing of durations: `Characters` follows upstream.
`phonemes.Phonemes` is for checkpoints that take the phoneme of every mel frame.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from bot.engine.f5.text.duration import (
    MAX_FRAMES,
    Estimate,
    halved,
    paced_frames,
    piece_bytes,
    split_text,
)
from bot.engine.f5.text.vocabulary import Vocabulary, to_ids
from bot.engine.f5.voice.reference import Reference
from bot.messages import WordTime


class Prompt(NamedTuple):
    """Input of the model for one piece of text."""

    tokens: Sequence[int]
    """Tokens of the reference and of the piece behind it."""
    frames: int
    """Length of both together."""
    words: Sequence[WordTime] = ()
    """When each word that is said is heard in the sound of the piece; none where it is not known
    before."""
    unheard_frames: int = 0
    """Frames behind the reference that are no part of the sound."""


class FrontEnd(Protocol):
    """Text to prompts."""

    overlaps: bool
    """Whether pieces are cross-faded; else each begins and ends in a pause of its own."""
    longest_piece: int
    """Letters of a text that all but slow voices speak as one piece."""
    languages: tuple[str, ...]
    """ISO 639-1 codes of what it reads."""
    nothing_to_say: str
    """Error for a text that has no pieces."""

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return the pieces of `text` that can be spoken, none if it holds nothing to say."""

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return the model's input to speak `piece` in the voice of the reference."""


class Characters:
    """Front end of characters and pinyin, at the pace of the reference."""

    overlaps = True
    longest_piece = 126  # 9 s, of the 10 s that upstream leaves behind a reference of 12 s
    languages: tuple[str, ...] = ("en", "zh")
    nothing_to_say = "The text holds no character that the model knows."

    def __init__(self, vocabulary: Vocabulary, estimate: Estimate = paced_frames) -> None:
        """Take the checkpoint's tokens and the estimate of a piece's duration."""
        self._vocabulary = vocabulary
        self._estimate = estimate

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return pieces of at most 22 s, less the reference, as upstream cuts them.

        What takes longer than its bytes tell, such as numbers, is cut once more: a limited length
        would hurry it.
        """

        def fits(piece: str) -> bool:
            return self.prompt(piece, reference, speed).frames < MAX_FRAMES

        cut = split_text(text, piece_bytes(reference, speed))
        pieces = [part for piece in cut for part in halved(piece, fits)]
        # A piece of unknown characters alone, such as emoji, would become noise.
        return [piece for piece in pieces if any(to_ids(piece, self._vocabulary))]

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return the characters and the estimate of their duration."""
        tokens = to_ids(reference.prompt + piece, self._vocabulary)
        return Prompt(tokens, self._estimate(piece, reference, len(tokens), speed))
