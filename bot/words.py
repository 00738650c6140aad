"""Times of words in speech: what an overlay highlights while it is heard.

The engine's process imports this module, so it runs on Python 3.10.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Chinese characters: written without spaces, each a syllable or two."""
_WORD = re.compile(rf"[^\w\s]*[{_WIDE}][^\w\s]*|[^\s{_WIDE}]+")


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


def written_words(text: str) -> list[str]:
    """Return the words of `text` as they are written: between spaces, or a Chinese character.

    Put together they are the text without its spaces.
    """
    return _WORD.findall(text)


def gather(text: str, heard: Iterable[WordTime]) -> tuple[WordTime, ...]:
    """Return every word of `text` once, with the times of `heard`, its words in order.

    Those of `heard` may be parts of a word where pieces were cut inside it, and may lack some: what
    is not among them is not said.
    """
    rest = list(reversed(list(heard)))
    words: list[WordTime] = []
    at_s, is_exact = (rest[-1].start_s, rest[-1].is_exact) if rest else (0.0, False)
    for word in written_words(text):
        parts: list[WordTime] = []
        left = word
        while left and rest and left.startswith(rest[-1].text):
            parts.append(rest.pop())
            left = left[len(parts[-1].text) :]
        words.append(_joined(word, parts) if parts else WordTime(word, at_s, at_s, is_exact))
        at_s, is_exact = words[-1].end_s, words[-1].is_exact
    return tuple(words)


def _joined(word: str, parts: Sequence[WordTime]) -> WordTime:
    return WordTime(
        word,
        parts[0].start_s,
        parts[-1].end_s,
        all(part.is_exact for part in parts),
        "".join(part.phonemes for part in parts),
        tuple(start_s for part in parts for start_s in part.phoneme_starts_s),
    )
