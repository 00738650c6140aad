"""Class code: letters with many digits behind them, as names with a year and serial numbers."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_SERIAL = re.compile(
    r"(?![0-9]+[A-Za-z]+(?![^\W_]))(?=[A-Za-z0-9]*[A-Za-z])(?=[A-Za-z0-9]*[0-9]{4})"
    r"[A-Za-z0-9]{5,}(?![^\W_])"
    r"|(?=[A-Za-z0-9/-]*[A-Za-z])(?=[A-Za-z0-9/-]*[0-9]{5})"
    r"[A-Za-z0-9]{1,12}(?:[/-][A-Za-z0-9]{1,12}){2,8}(?![^\W_])"
)
_NAMED = re.compile(r"(?P<name>[A-Za-z]{2,20})(?P<n>[1-9][0-9]{2,5})(?![^\W_]|[.,:/-][0-9])")
_LEAST_LETTERS = 3
"""Letters of the shortest word that a year stands behind; fewer are those of a code."""
_YEARS = frozenset({"fy", "cy", "bf", "fm", "pes"})
"""Short words for a year, and short names of games."""
_HEXADECIMAL = re.compile(r"0[xX](?=[0-9]|[A-Fa-f]{4})([0-9A-Fa-f]{1,16})(?![^\W_])")
_PARTS = re.compile(r"[A-Za-z]+|[0-9]+")


def named(line: Line, at: int) -> Reading | None:
    """Read a word with a year or a round number behind it: Worlds2024, kid2005, cheer1000."""
    match = _NAMED.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    name, number = match["name"], match["n"]
    is_year = number.startswith(("19", "20")) and len(number) == 4
    if name.lower().startswith("cheer"):
        said = numerals.count(number)
    elif is_year and (len(name) >= _LEAST_LETTERS or name.lower() in _YEARS):
        said = numerals.year(int(number))
    elif len(name) >= _LEAST_LETTERS and number.endswith("00") and len(number) == 4:
        said = numerals.pairs(number)
    else:
        return None
    return Reading(match.end(), f"{name} {said}", "model")


def serial(line: Line, at: int) -> Reading | None:
    """Read a code of letters and four digits or more digit by digit: ab9453."""
    match = _SERIAL.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    said = [
        numerals.digits(part)
        if part.isdigit() and (len(part) > 3 or part[0] == "0")
        else numerals.count(part)
        if part.isdigit()
        else part
        for part in _PARTS.findall(match[0])
    ]
    return Reading(match.end(), " ".join(said), "code")


def hexadecimal(line: Line, at: int) -> Reading | None:
    """Read 0x1F."""
    match = _HEXADECIMAL.match(line.text, at)
    if match is None:
        return None
    parts = (
        numerals.digits(part) if part.isdigit() else part.upper()
        for part in _PARTS.findall(match[1])
    )
    return Reading(match.end(), f"zero X {' '.join(parts)}", "code")


RULES = (
    Rule(hexadecimal, digits=True, followed="xX"),
    Rule(named, letters=True),
    Rule(serial, letters=True, digits=True),
)
