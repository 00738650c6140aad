"""Numerals: digits in words, for blocked words that are numbers."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_UNITS = {
    "zero": 0, "oh": 0, "o": 0, "one": 1, "won": 1, "two": 2, "to": 2, "too": 2, "three": 3,
    "four": 4, "for": 4, "fore": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ate": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_HOMOPHONES = frozenset({"oh", "o", "won", "to", "too", "for", "fore", "ate"})
_TIMES = {"double": 2, "triple": 3}
_WORD = re.compile(
    "|".join(sorted((*_UNITS, *_TENS, *_TIMES, "hundred", "thousand"), key=len, reverse=True))
    + r"|[a-z]+|[0-9]+"
)
_SPOILT = re.compile(r"(?<![^\W_])(?=[lio]*[0-9])[0-9lio]*(?![^\W_])")
"""Digits among letters that look like some."""
_DIGITS = str.maketrans("lio", "110")
_GAP = re.compile(r"[\s,.'/:_-]*(?:and[\s-]+)?")
_MAX_PARTS = 8
_MEANT = 4
"""Words in a row that sound like digits and are meant as such: ate ate won for."""


class _Part(NamedTuple):
    digits: str
    start: int
    end: int
    is_homophone: bool


class Numerals:
    """Blocked numbers, however they are said."""

    def __init__(self, numbers: Iterable[str]) -> None:
        """Take numbers as digits."""
        self._numbers = frozenset(numbers)

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._numbers)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the ranges of `text` that say a blocked number."""
        read = _SPOILT.sub(lambda match: match[0].translate(_DIGITS), text.lower())
        for run in _runs(read):
            digits = "".join(part.digits for part in run[:_MAX_PARTS])
            are_words = all(part.is_homophone for part in run) and len(run) < _MEANT
            if digits.lstrip("0") in self._numbers and not are_words:
                yield run[0].start, run[-1].end


def _runs(text: str) -> Iterator[list[_Part]]:
    """Yield the parts of numbers that follow each other."""
    run: list[_Part] = []
    for part in _parts(text):
        if run and not _go_on(text, run[-1], part):
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _go_on(text: str, before: _Part, behind: _Part) -> bool:
    """Tell whether two parts may be of one number: it cost 88. 14 people came."""
    is_end = ". " in text[before.end : behind.start]
    if is_end and min(len(before.digits), len(behind.digits)) > 1:
        return False
    return _GAP.fullmatch(text, before.end, behind.start) is not None


def _parts(text: str) -> Iterator[_Part]:
    words = list(_WORD.finditer(text))
    at = 0
    while at < len(words):
        value, count = _number(words, at, text)
        if count:
            start, end = words[at].start(), words[at + count - 1].end()
            is_homophone = count == 1 and words[at][0] in _HOMOPHONES
            yield _Part(value, start, end, is_homophone)
        at += count or 1


def _number(words: list[re.Match[str]], at: int, text: str) -> tuple[str, int]:
    """Return the digits of the number that begins with a word, and of how many words it is."""
    word = words[at][0]
    if word.isdigit():
        return word, 1
    if word in _TIMES and at + 1 < len(words):
        digits, count = _number(words, at + 1, text)
        if count == 1 and len(digits) == 1:
            return digits * _TIMES[word], 2
    value, count = _below_hundred(words, at)
    if not count:
        return "", 0
    total = 0
    while at + count < len(words):
        unit = words[at + count][0]
        scale = {"hundred": 100, "thousand": 1_000}.get(unit)
        if scale is None:
            break
        value, count = value * scale, count + 1
        if scale > 100:  # noqa: PLR2004
            total, value = total + value, 0
        if at + count < len(words) and words[at + count][0] == "and":
            count += 1
        more, of = _below_hundred(words, at + count)
        value, count = value + more, count + of
    return str(total + value), count


def _below_hundred(words: list[re.Match[str]], at: int) -> tuple[int, int]:
    if at >= len(words):
        return 0, 0
    word = words[at][0]
    if word in _TENS:
        unit = words[at + 1][0] if at + 1 < len(words) else ""
        if 0 < _UNITS.get(unit, 0) < 10 and unit not in _HOMOPHONES:  # noqa: PLR2004
            return _TENS[word] + _UNITS[unit], 2
        return _TENS[word], 1
    return (_UNITS[word], 1) if word in _UNITS else (0, 0)
