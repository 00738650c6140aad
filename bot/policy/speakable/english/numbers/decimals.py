"""Class decimal: numbers as Europe writes them, where a unit or what is counted tells."""

import re

from bot.policy.speakable.english.amounts import measures
from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_COMMA = re.compile(
    r"([0-9]{1,3}),([0-9]{1,2})(?= ?(?:hours?|hrs?|h|km|kg|m|cm|mm|gb|mb|tb|min(?:ute)?s?"
    r"|sec(?:ond)?s?|days?|weeks?|months?|years?|million|billion|percent|lit(?:er|re)s?|euros?|dollars?"
    r"|points?|stars?|inch(?:es)?|meters?|metres?|ghz)(?![^\W_])| ?%)",
    re.IGNORECASE,
)
_POINT = re.compile(
    r"([1-9][0-9]{0,2})\.([0-9]{3})(?= (?:subs|subscribers|followers|viewers|views|people|likes"
    r"|bits|members|users|players|downloads)(?![^\W_]))"
)


def comma(line: Line, at: int) -> Reading | None:
    """Read 2,5 hours and 1,8m."""
    match = _COMMA.match(line.text, at)
    if match is None:
        return None
    text = f"{match[1]}.{match[2]}"
    said = numerals.count(text)
    number = Reading(match.end(), said, "number", said, numerals.value(text))
    return measures.with_unit(line, at, number) or number


def point(line: Line, at: int) -> Reading | None:
    """Read 1.000 subs, of whom there are no parts."""
    match = _POINT.match(line.text, at)
    return Reading(match.end(), numerals.count(match[1] + match[2]), "number") if match else None


RULES = (
    Rule(comma, digits=True, followed=","),
    Rule(point, digits=True, followed="."),
)
