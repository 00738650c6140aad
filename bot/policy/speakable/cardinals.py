"""Numbers in the words of any language, as num2words has them."""

import re
from functools import lru_cache

from num2words import num2words

LONGEST_CARDINAL = 15
"""Digits of the longest number that is said as one, with separators; a longer one is spelled."""
_LONGEST_BARE = 9
"""The same without separators."""
_MOST_SPELLED = 12
"""Limit of digits that are spelled; the rest is left out."""
_MOST_DECIMALS = 6


@lru_cache(maxsize=4096)
def number_words(whole: str, decimals: str, language: str, *, is_grouped: bool = False) -> str:
    """Return a number in words; endless ones and those that begin with a zero digit by digit."""
    most = LONGEST_CARDINAL if is_grouped else _LONGEST_BARE
    if len(whole) > most or (len(whole) > 1 and whole[0] == "0"):
        words = _spelled(whole, language)
    else:
        words = in_words(int(whole), language)
    if not decimals:
        return words
    if len(whole) > _LONGEST_BARE:
        return f"{words} {_spelled(decimals[:_MOST_DECIMALS], language)}"
    return in_words(float(f"{whole}.{decimals[:_MOST_DECIMALS]}"), language)


def _spelled(digits: str, language: str) -> str:
    return " ".join(in_words(int(digit), language) for digit in digits[:_MOST_SPELLED])


def minus(language: str) -> str:
    """Return what stands before a negative number, where it is a word of its own."""
    words = in_words(-1, language).split()
    return words[0] if len(words) > 1 else ""


@lru_cache(maxsize=4096)
def in_words(number: float, language: str, to: str = "cardinal") -> str:
    """Return `number` in words of `language`, or in digits where num2words has no words."""
    try:
        words = num2words(number, lang=language, to=to)
    except Exception:  # noqa: BLE001 - fifty languages fail in as many ways; digits stay digits
        return str(number)
    said = str(words).replace(",", "").replace("-", " ")
    for wrong, right in _MENDED.get(language, ()):
        said = wrong.sub(right, said)
    return said


_MENDED = {
    "es": (
        (re.compile(r"veintiuno(?= mil)"), "veintiún"),
        (re.compile(r"\buno(?= mil)"), "un"),
        (re.compile(r"décimoprimero"), "undécimo"),
        (re.compile(r"décimosegundo"), "duodécimo"),
    )
}
"""What num2words says otherwise than people do, by language."""
