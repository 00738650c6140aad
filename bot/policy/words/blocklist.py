"""Blocklist: finds words in disguise, and regular expressions, in time linear in the text (RE2)."""

# ruff: noqa: RUF001 - letters that look alike are the point

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, product
from typing import NamedTuple

import re2

from bot.policy.draft import Span
from bot.policy.words.skeleton import (
    ACCENTED,
    CLOSING,
    LETTER,
    LOOK_ALIKE,
    OPENING,
    UNKNOWN,
    Skeleton,
    heard,
    seen,
)
from bot.policy.words.splits import CONTRACTION, QUANTITY, TAG, is_one_word

# What people write for a letter; look-alikes of other scripts are gone from a skeleton.
_WRITTEN_FOR = {
    "a": "4@*",
    "b": "8",
    "c": "(",
    "e": "3*",
    "g": "69",
    "i": "1!|*",
    "l": "1|!",
    "o": "0*",
    "s": "5$",
    "t": "7+",
    "u": "*",
    "z": "2",
    "б": "6",
    "з": "3",
    "ч": "4",
}
# Classes over skeletons; what a skeleton for the ear leaves open may be read or not.
_PUNCTUATION = rf"!-/:-@\[-`{{-~{UNKNOWN}{OPENING}{CLOSING}{TAG}"
_MARK = rf"{_PUNCTUATION}{ACCENTED}{LOOK_ALIKE}"
_GAP = rf" {_MARK}"
_OTHER_SCRIPT = rf"{OPENING}[ -~{LETTER}]*{CLOSING}"
_LETTERS = {
    True: rf"[a-z{LETTER}{UNKNOWN}{ACCENTED}{LOOK_ALIKE}]*",
    False: r"[^\x00-@\[-`{-~]*",
}
"""By whether they are in ASCII."""
_MAX_MEMORY_BYTES = 64 << 20
_MAX_PATTERN_LENGTH = 60_000
"""Characters; long patterns are fast on sentences, short ones on noise, where RE2 builds states."""

_NEIGHBOURS_DIFFER_BY = 2
_VOWELS = frozenset("aeiouy")


class Blocklist:
    """Words and regular expressions that share one remedy."""

    def __init__(self, words: Iterable[str], patterns: Iterable[str]) -> None:
        # One of marks alone would be found in every text.
        spelled = (entry for entry in map(_Entry, words) if entry.letters)
        different = {entry.whole(): entry for entry in spelled}
        entries = sorted(different.values(), key=lambda entry: -len(entry.letters))
        self._literal = frozenset(entry.letters for entry in entries)
        self._innocent = (
            frozenset(n for entry in entries for n in entry.neighbours()) - self._literal
        )
        # Words of other scripts are searched for by eye, Latin ones by ear: see skeleton.
        self._seen = list(_batches((entry for entry in entries if not entry.is_latin), "utf-8"))
        self._heard = list(_batches((entry for entry in entries if entry.is_latin), "latin-1"))
        self._patterns = [_compiled(pattern, is_cased=False) for pattern in patterns]

    def __bool__(self) -> bool:
        """Tell whether anything is listed."""
        return bool(self._seen or self._heard or self._patterns)

    @property
    def has_patterns(self) -> bool:
        """Whether there are regular expressions."""
        return bool(self._patterns)

    def find(
        self, text: str, readings: Sequence[str] = (), *, patterns_only: bool = False
    ) -> list[Span]:
        """Return the blocked spans of clean `text`, in order, possibly overlapping.

        `readings` are what it can be seen as besides itself.
        """
        spans: list[Span] = []
        for reading in () if patterns_only else (text, *readings):
            if self._heard:
                spans += self._find_words(self._heard, heard(reading))
            if self._seen:
                spans += self._find_words(self._seen, seen(reading))
        for pattern in self._patterns:
            spans += (match.span() for match in pattern.finditer(text) if match[0])
        return sorted(spans)

    def _find_words(self, batches: Iterable["_Batch"], reduced: Skeleton) -> Iterator[Span]:
        for batch in batches:
            position = 0
            while (match := batch.expression.search(reduced.text, position)) is not None:
                start, end = match.start() + 1, match.end() - 1
                before = reduced.text[max(0, start - 2) : start]
                if self._is_meant(reduced.read(start, end), before, in_pieces=batch.in_pieces):
                    yield reduced.source_span(start, end)
                    position = end  # what ends this word may begin the next
                else:
                    position = start

    def _is_meant(self, found: str, before: bytes, *, in_pieces: bool) -> bool:
        if in_pieces and not is_one_word(found, before):
            return False
        letters = "".join(filter(str.isalnum, found))
        if letters in self._literal:
            return CONTRACTION.fullmatch(found) is None
        return letters not in self._innocent and not QUANTITY.fullmatch(found)


class _Entry:
    """Blocked word or phrase."""

    def __init__(self, word: str) -> None:
        word = word.strip()
        self._starts_open, self._ends_open = word[:1] == "*", word[-1:] == "*"
        core = "".join(
            c if c.isalnum() or c == " " or not c.isascii() else " "
            for c in seen(word).text.decode()
        )
        self._parts = core.split()
        self.letters = "".join(self._parts)
        """The word without spaces."""
        self.is_number = self.letters.isdigit()
        """Whether it is digits alone: further digits make it another number, letters do not; next
        to a word, digits are a disguise."""
        self.is_latin = self.letters.isascii()

    def whole(self) -> str:
        """Return the regular expression for the word, with punctuation in it at most."""
        first = _LETTERS[self.is_latin] if self._starts_open else ""
        last = _LETTERS[self.is_latin] if self._ends_open else ""
        return first + f"[{_GAP}]*".join(_spelled(part, _MARK) for part in self._parts) + last

    def in_pieces(self) -> str:
        """Return the regular expression for the word in any number of pieces."""
        return _spelled(self.letters, _GAP, rf"|{_OTHER_SCRIPT}")

    def neighbours(self) -> Iterator[str]:
        """Yield other words that differ in one doubled letter only.

        English spells another sound with oo, ee and a consonant that is doubled between vowels:
        good is not god in disguise, and rapping is another thing than raping.
        """
        word = self.letters
        for index, letter in enumerate(word):
            around = word[index - 1 : index] + word[index + 1 : index + 2]
            is_between_vowels = len(around) == _NEIGHBOURS_DIFFER_BY and _VOWELS.issuperset(around)
            if letter in around:
                continue  # a third one makes no other word
            if letter in "eo" or (is_between_vowels and letter not in _VOWELS):
                yield word[:index] + letter + word[index:]


def _spelled(word: str, gap: str, wide_gap: str = "") -> str:
    runs = [(_letters(letter), len(list(run))) for letter, run in groupby(word)]
    spelled = ""
    for index, (letter, count) in enumerate(runs):
        between = rf"(?:[{gap}]{wide_gap})*" if wide_gap else f"[{gap}]*"
        spelled += between.join([f"[{letter}]+"] * count)
        if index == len(runs) - 1:
            break
        # Repeated on both sides of a gap as well, but not at an end: a word that could begin in
        # many places and end in one would take quadratic time.
        spelled += f"(?:[{gap}{letter if index else ''}]{wide_gap})*"
    return spelled


def _letters(letter: str) -> str:
    """Return the character class of everything that may be read as `letter`."""
    written = re.escape(letter + _WRITTEN_FOR.get(letter, ""))
    if not letter.isascii():
        return written
    accented = letter.upper() if letter.isalpha() else ""
    return rf"{written}{accented}\x{ord(letter) + 0x80:x}"


class _Batch(NamedTuple):
    """Words that one expression finds."""

    expression: re2._Regexp
    """Matches a word and the byte on either side; without groups, which RE2 finds slowly."""
    in_pieces: bool
    """Whether there may be spaces in a word."""


def _batches(entries: Iterable["_Entry"], encoding: str) -> Iterator[_Batch]:
    """Yield `entries` in groups that RE2 takes as one regular expression."""
    entries = list(entries)
    for is_number, in_pieces in product((False, True), repeat=2):
        spelled = (
            entry.in_pieces() if in_pieces else entry.whole()
            for entry in entries
            if entry.is_number == is_number
        )
        beside = "^0-9" if is_number else rf" 0-9{_PUNCTUATION}{LOOK_ALIKE}"
        for words in _alternations(spelled):
            expression = f"[{beside}][{ACCENTED}]*(?:{words})[{ACCENTED}]*[{beside}]"
            yield _Batch(_compiled(expression, encoding=encoding), in_pieces)


def _alternations(patterns: Iterable[str]) -> Iterator[str]:
    """Yield alternations of `patterns`, each of `_MAX_PATTERN_LENGTH` at most."""
    some: list[str] = []
    size = 0
    for pattern in patterns:
        if some and size + len(pattern) > _MAX_PATTERN_LENGTH:
            yield "|".join(some)
            some, size = [], 0
        some.append(pattern)
        size += len(pattern)
    if some:
        yield "|".join(some)


def _compiled(pattern: str, *, encoding: str = "utf-8", is_cased: bool = True) -> re2._Regexp:
    options = re2.Options()
    options.case_sensitive = is_cased
    options.max_mem = _MAX_MEMORY_BYTES
    options.log_errors = False
    if encoding == "latin-1":
        options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern.encode(encoding), options)
