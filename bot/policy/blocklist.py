"""Finds blocked words in disguise, and regular expressions, in time linear in the text (RE2)."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

import re2

from bot.policy.skeleton import skeleton

Span = tuple[int, int]
"""Half-open range of characters."""

# What people write for a letter; look-alikes of other scripts are gone from a skeleton.
_WRITTEN_FOR = {
    "a": "4@*",
    "b": "8",
    "c": "(",
    "e": "3*",
    "g": "69",
    "i": "1!|*",
    "l": "1|",
    "o": "0*",
    "s": "5$",
    "t": "7+",
    "u": "*",
    "z": "2",
}
_MARK = r"[!-/:-@\[-`{-~]"
_GAP = r"[ !-/:-@\[-`{-~]"
_NO_LETTER = r"[ -@\[-`{-~]"
_LETTERS = r"[^ -@\[-`{-~]*"
_MAX_MEMORY_BYTES = 64 << 20
_MAX_PATTERN_LENGTH = 500_000

# Digits with a unit are a quantity and not letters in disguise: "45s left" is not "ass left".
_QUANTITY = re.compile(
    rf"{_NO_LETTER}*|[$+!(]*[0-9]+(?:[.,:][0-9]+)*"
    r"(?:[smhdkxbgt]|st|nd|rd|th|am|pm|ms|hz|gb|mb|tb|kg|km|cm|mm|ft|fps|hp)[$+!]*"
)
_NEIGHBOURS_DIFFER_BY = 2
_VOWELS = frozenset("aeiouy")


class Blocklist:
    """Words and regular expressions that share one remedy."""

    def __init__(self, words: Iterable[str], patterns: Iterable[str]) -> None:
        entries = sorted({_Entry(word) for word in words}, key=lambda entry: -len(entry.letters))
        self._literal = frozenset(entry.letters for entry in entries)
        self._innocent = (
            frozenset(n for entry in entries for n in entry.neighbours()) - self._literal
        )
        self._words = [
            _compiled(f"{around}({'|'.join(batch)}){around}")
            for around, kind in ((_NO_LETTER, False), (_GAP, True))
            for batch in _batches(entry.pattern() for entry in entries if entry.is_number is kind)
        ]
        self._patterns = [_compiled(pattern) for pattern in patterns]

    def __bool__(self) -> bool:
        """Tell whether there is anything to look for."""
        return bool(self._words or self._patterns)

    def find(self, text: str) -> list[Span]:
        """Return where clean `text` holds something blocked, in order, possibly overlapping."""
        spans = list(self._find_words(text)) if self._words else []
        for pattern in self._patterns:
            spans += (match.span() for match in pattern.finditer(text) if match[0])
        return sorted(spans)

    def _find_words(self, text: str) -> Iterator[Span]:
        reduced = skeleton(text)
        for words in self._words:
            position = 0
            while (match := words.search(reduced.text, position)) is not None:
                start, end = match.span(1)
                if self._is_meant(match[1].decode()):
                    yield reduced.source_span(start, end)
                    position = end  # what ends this word may begin the next
                else:
                    position = start + 1

    def _is_meant(self, found: str) -> bool:
        letters = "".join(filter(str.isalnum, found))
        if letters in self._literal:
            return True
        return letters not in self._innocent and not _QUANTITY.fullmatch(found)


class _Entry:
    """A blocked word or phrase."""

    def __init__(self, word: str) -> None:
        word = word.strip()
        self._starts_open, self._ends_open = word[:1] == "*", word[-1:] == "*"
        core = "".join(
            c if c.isalnum() or c == " " or not c.isascii() else " "
            for c in skeleton(word).text.decode()
        )
        self._parts = core.split()
        self.letters = "".join(self._parts)
        """The word without spaces."""
        self.is_number = self.letters.isdigit()
        """Whether further digits make it another number; next to a word they are a disguise."""

    def __hash__(self) -> int:
        return hash((self._starts_open, self._ends_open, *self._parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Entry) and self.pattern() == other.pattern()

    def pattern(self) -> str:
        """Return the regular expression for the word, whole or spelled, over a skeleton."""
        whole = f"{_GAP}*".join(_spelled(part, f"{_MARK}*", "") for part in self._parts)
        first = _LETTERS if self._starts_open else ""
        last = _LETTERS if self._ends_open else ""
        spelled = _spelled(self.letters, f"{_GAP}+", "+")
        return (
            f"{first}{whole}{last}|{spelled}" if len(self.letters) > 1 else f"{first}{whole}{last}"
        )

    def neighbours(self) -> Iterator[str]:
        """Yield other words that differ in one doubled letter only.

        English spells another sound with oo, ee and a consonant that is doubled between vowels:
        good is not god in disguise, and rapping is another thing than raping.
        """
        word = self.letters
        for index, letter in enumerate(word):
            around = word[index - 1 : index] + word[index + 1 : index + 2]
            is_between_vowels = len(around) == _NEIGHBOURS_DIFFER_BY and _VOWELS.issuperset(around)
            if letter in "eo" or (is_between_vowels and letter not in _VOWELS):
                yield word[:index] + letter + word[index:]


def _spelled(word: str, between: str, repeated: str) -> str:
    runs = []
    for letter, run in groupby(word):
        one = _letter(letter) + repeated
        count = len(list(run))
        runs.append(f"{one}(?:{between}{one}){{{count - 1},}}")
    return between.join(runs)


def _letter(letter: str) -> str:
    return f"[{re.escape(letter + _WRITTEN_FOR.get(letter, ''))}]"


def _batches(patterns: Iterable[str]) -> Iterator[list[str]]:
    """Yield `patterns` in groups that RE2 takes as one regular expression."""
    batch: list[str] = []
    size = 0
    for pattern in patterns:
        if batch and size + len(pattern) > _MAX_PATTERN_LENGTH:
            yield batch
            batch, size = [], 0
        batch.append(pattern)
        size += len(pattern)
    if batch:
        yield batch


def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = _MAX_MEMORY_BYTES
    return re2.compile(pattern, options)
