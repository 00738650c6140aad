"""Numbers in English words."""

from functools import lru_cache

from num2words import num2words

LONGEST_CARDINAL = 15
"""Digits of the longest number that is said as one; a longer one is spelled."""
_LONGEST_BARE = 9
"""The same for a number without separators."""
_MAX_SPELLED = 20
"""Limit of digits that are spelled; the rest is left out."""
_YEARS = range(1900, 2100)
SCALES = {
    "k": "thousand", "thousand": "thousand", "m": "million", "mil": "million", "mill": "million",
    "mio": "million", "million": "million", "b": "billion", "bn": "billion", "bil": "billion",
    "billion": "billion", "lakh": "lakh", "crore": "crore", "t": "trillion", "tn": "trillion",
    "trillion": "trillion",
}  # fmt: skip
"""Words for what multiplies a number."""
NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{2,3}){0,5},[0-9]{3}(?![0-9])|[0-9]++)(?:\.[0-9]++)?"
"""Pattern of a number: digits, maybe grouped (1,000 or 1,00,000), maybe with decimals."""


@lru_cache(maxsize=4096)
def cardinal(number: int) -> str:
    """Return a whole number: "one hundred and five"."""
    return _plain(num2words(number))


@lru_cache(maxsize=1024)
def ordinal(number: int) -> str:
    """Return an ordinal: "twenty first"."""
    return _plain(num2words(number, to="ordinal"))


@lru_cache(maxsize=1024)
def year(number: int) -> str:
    """Return a year as it is said: "nineteen eighty four", "two thousand and six"."""
    return _plain(num2words(number, to="year"))


def digits(text: str, zero: str = "zero") -> str:
    """Return the digits of `text` one by one."""
    return " ".join(zero if c == "0" else cardinal(int(c)) for c in text[:_MAX_SPELLED])


def count(text: str) -> str:
    """Return a number as a count: `text` as in `NUMBER`, never a year."""
    whole, point, decimals = text.replace(",", "").partition(".")
    if not whole:
        words = ""
    elif len(whole) > LONGEST_CARDINAL or (len(whole) > 1 and whole[0] == "0"):
        words = digits(whole)
    else:
        words = cardinal(int(whole))
    return f"{words} point {digits(decimals)}".strip() if point else words


def bare(text: str) -> str:
    """Return a number without a unit: `text` as in `NUMBER`; it may be a year."""
    if text.isdigit():
        if len(text) > _LONGEST_BARE:
            return digits(text)
        if len(text) == 4 and int(text) in _YEARS:
            return year(int(text))
    return count(text)


def pairs(text: str) -> str:
    """Return two to four digits in pairs, as in model numbers: "forty ninety", "ten eighty"."""
    if len(text) < 3 or text[0] == "0":
        return count(text)
    first, last = text[:-2], text[-2:]
    if last == "00":
        whole = int(text)
        return cardinal(whole) if whole % 1000 == 0 else f"{cardinal(int(first))} hundred"
    return f"{cardinal(int(first))} {two_digits(last)}"


def two_digits(text: str) -> str:
    """Return two digits: "forty two", "oh five", "double oh"."""
    if text == "00":
        return "double oh"
    return f"oh {cardinal(int(text[1]))}" if text[0] == "0" else cardinal(int(text))


def plural(words: str) -> str:
    """Return words of a number in the plural: "nineties", "twenties", "thousands"."""
    return (
        words[:-1] + "ies" if words.endswith("y") else words + ("es" if words[-1] == "x" else "s")
    )


def value(text: str) -> float:
    """Return the value of `text` as in `NUMBER`."""
    return float(text.replace(",", "") or 0)


def _plain(words: str) -> str:
    return words.replace(",", "").replace("-", " ")
