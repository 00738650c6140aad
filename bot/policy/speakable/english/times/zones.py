"""Class zone: times in a zone whose name is written small, and offsets from Greenwich."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_ZONES = "est|edt|cst|cdt|mst|mdt|pst|pdt|gmt|utc|bst|cet|cest|jst|kst|aest|aedt"
"""Zones whose names are no words, in lower case."""
_NOON = re.compile(rf"(?P<time>noon|midnight) (?P<zone>{_ZONES})(?![^\W_])", re.IGNORECASE)
_HOUR = re.compile(rf"(?P<hour>1[0-2]|0?[1-9]) ?(?P<zone>{_ZONES})(?![^\W_]|[+-])", re.IGNORECASE)
_OFFSET = re.compile(
    r"(UTC|GMT) ?([+-])([0-9]{1,2})(?::?([0-9]{2}))?(?![^\W_]|-[0-9])", re.IGNORECASE
)


def noon(line: Line, at: int) -> Reading | None:
    """Read "noon est"."""
    match = _NOON.match(line.text, at)
    return Reading(match.end(), f"{match['time']} {match['zone'].upper()}") if match else None


def hour(line: Line, at: int) -> Reading | None:
    """Read "7 est" and 5pst."""
    match = _HOUR.match(line.text, at)
    if match is None:
        return None
    return Reading(match.end(), f"{numerals.cardinal(int(match['hour']))} {match['zone'].upper()}")


def offset(line: Line, at: int) -> Reading | None:
    """Read UTC+2, gmt-5."""
    match = _OFFSET.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    minutes = f" {numerals.two_digits(match[4])}" if match[4] and match[4] != "00" else ""
    sign = "plus" if match[2] == "+" else "minus"
    said = f"{match[1].upper()} {sign} {numerals.cardinal(int(match[3]))}{minutes}"
    return Reading(match.end(), said, "time")


RULES = (
    Rule(noon, words=("noon", "midnight")),
    Rule(hour, digits=True, followed=" ecmpgubjkaECMPGUBJKA"),
    Rule(offset, letters=True),
)
