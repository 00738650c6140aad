"""Class degree: places on the globe, and ranges of temperatures that have a letter alone."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_PLACE = re.compile(rf"({numerals.NUMBER}) ?° ?([NSEW])(?![^\W_])")
_DIRECTIONS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_TEMPERATURES = re.compile(r"([0-9]{1,3}) ?[-~] ?([0-9]{1,3}) ?([cCfF])(?![^\W_])(?!-)")


def place(line: Line, at: int) -> Reading | None:
    """Read 45°N."""
    match = _PLACE.match(line.text, at)
    if match is None:
        return None
    unit = "degree" if match[1] == "1" else "degrees"
    said = f"{numerals.count(match[1])} {unit} {_DIRECTIONS[match[2]]}"
    return Reading(match.end(), said, "measure")


def temperatures(line: Line, at: int) -> Reading | None:
    """Read 70-75c as a range."""
    match = _TEMPERATURES.match(line.text, at)
    if match is None or int(match[1]) >= int(match[2]):
        return None
    said = f"{numerals.count(match[1])} to {numerals.count(match[2])} {match[3].upper()}"
    return Reading(match.end(), said, "measure")


RULES = (
    Rule(place, digits=True, followed=" °.,"),
    Rule(temperatures, digits=True, followed=" -~"),
)
