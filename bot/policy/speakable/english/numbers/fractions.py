"""Class fraction: halves and eighths, mixed numbers, ratings (9/10), and pairs that are neither."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.english.tables.units import UNITS
from bot.policy.speakable.reading import Line, Reading, Rule

_FRACTION = re.compile(
    r"([0-9]{1,6}) ?/ ?([0-9]{1,6})(?![0-9]|/[0-9]|[.,][0-9])(ths|rds|nds|th|rd|nd|s)?"
    r"(?![^\W_]|-[A-Za-z])"
)
_TIGHT = re.compile(r"([0-9]{1,6})/([0-9]{1,6})(?![0-9]|/[0-9]|[.,][0-9])")
_MIXED = re.compile(r"([0-9]{1,4})(?: |-)([0-9]{1,3})/([0-9]{1,3})(?![0-9]|/[0-9])(?![^\W_])")
_RATING = re.compile(r"([0-9]{1,3}\.[0-9]{1,2})/(5|10|20|100)(?![0-9/.])(?![^\W_])")
_KITCHEN_UNIT = re.compile(r" ?(tsp|tbsp|oz|lbs?|kg|km|mi|ft|in|gal)\.?(?![^\W_])")
_RAID = re.compile(r"([0-9]{1,2})/([0-9]{1,2}) ?([MHN])(?![^\W_]|&)")
_LEAST_BOSSES = 4
"""A raid has more bosses than these; 3/4M are a part of a million."""
PAIRS = {
    ("24", "7"): "twenty four seven", ("50", "50"): "fifty fifty", ("20", "20"): "twenty twenty",
    ("9", "11"): "nine eleven", ("7", "11"): "seven eleven", ("12", "25"): "twelve twenty five",
    ("60", "40"): "sixty forty", ("40", "60"): "forty sixty", ("80", "20"): "eighty twenty",
    ("70", "30"): "seventy thirty", ("30", "70"): "thirty seventy", ("90", "10"): "ninety ten",
    ("20", "80"): "twenty eighty", ("5", "0"): "five oh", ("4", "20"): "four twenty",
    ("4", "4"): "four four", ("6", "8"): "six eight", ("7", "4"): "seven four",
}  # fmt: skip
"""Pairs that have names of their own."""
_PARTS = {2: "half", 4: "quarter"}
_RATED = frozenset({5, 6, 7, 9, 10, 20, 100})
"""Most points of usual ratings; six, seven and nine of a joke."""
_KITCHEN = frozenset({2, 3, 4, 8, 16, 32, 64})
"""Parts that measures are divided into."""
_PART_AFTER = frozenset(
    {
        "of", "cup", "cups", "tsp", "tbsp", "teaspoon", "teaspoons", "mile", "miles", "inch",
        "inches", "in", "hour", "hours", "lb", "lbs", "oz", "pint", "gallon", "way", "as", "the",
        "a",
    }
)  # fmt: skip
_BETWEEN = dict.fromkeys(
    ("part", "page", "day", "ep", "episode", "chapter", "round", "stage", "phase", "disc"), "of"
) | {"pressure": "over", "bp": "over"}
"""Words between two numbers, by the word before them."""
_BETWEEN_PARTS = frozenset(
    {
        "lap", "boss", "map", "act", "game", "set", "try", "attempt", "level", "wave", "quest",
        "raid",
    }
)  # fmt: skip
"""Words before the number of a part and that of all, unless it rates them: "this boss 9/10"."""
_POINTS = frozenset({10, 100})
"""Most points of ratings that are nothing else."""
_WHOLES = frozenset({"of", "cup", "mile", "hour"})
OF_A_WHOLE = _WHOLES | {
    "price", "off", "speed", "empty", "full", "done", "way", "through", "size",
}  # fmt: skip
"""Words behind a fraction, whatever stands before it."""
_DATED = frozenset({"on", "by", "until", "till", "since", "before", "after", "from", "due"})
_MOST_PARTS = 200
"""Parts that a whole is divided into at most; 1/8192 are odds."""
_WHOLE = range(101, 1000)
"""Numbers of all that there is, of which a part is counted: 150/151."""
_TEN = 10
_JOKE = 2
"""Ratings may be higher than all points, as in 11/10."""


def fraction(line: Line, at: int) -> Reading | None:
    """Read 1/2, 9/10, 24/7, 350/500, 22/3."""
    match = _FRACTION.match(line.text, at)
    if match is None:
        return None
    above, below = match[1], match[2]
    is_alone = _is_alone(line, at, match.end())
    if line.text[match.end() :].lstrip()[:1] == "=":
        said = f"{numerals.count(above)} divided by {numerals.count(below)}"
        return Reading(match.end(), said, "number")
    if " " in match[0] and not is_alone:
        return None
    if (named := PAIRS.get((above, below))) and not match[3]:
        return Reading(match.end(), named, "pair")
    top, bottom = int(above), int(below)
    if between := _between(line, at, match):
        said = f"{numerals.count(above)} {between} {numerals.count(below)}"
        return Reading(match.end(), said, "pair")
    if top == 1 and bottom > 20 and (bottom > _MOST_PARTS or not is_alone):
        return Reading(match.end(), f"one in {numerals.count(below)}", "fraction")
    if match[3] or _is_part(top, bottom, line.after(match.end()).lower()):
        said = f"{numerals.cardinal(top)} fourths" if match[3] == "ths" and bottom == 4 else ""
        return Reading(match.end(), said or _ordinal(top, bottom), "fraction")
    return _rated(line, at, match, is_alone=is_alone)


def _between(line: Line, at: int, match: re.Match[str]) -> str | None:
    """Return the word between two numbers that are a part and all of something."""
    before, top, bottom = line.before(at), int(match[1]), int(match[2])
    if before == "day" and is_date(line, at, top, bottom):  # "pi day 3/14"
        return None
    if before in _BETWEEN_PARTS and bottom not in _POINTS:
        return "of" if line.after(match.end()).lower() not in OF_A_WHOLE else None
    return _BETWEEN.get(before)


def _rated(line: Line, at: int, match: re.Match[str], *, is_alone: bool) -> Reading:
    """Read a rating, a day, or two numbers that are neither."""
    above, below = match[1], match[2]
    top, bottom = int(above), int(below)
    if is_date(line, at, top, bottom):
        return Reading(match.end(), f"{numerals.count(above)} {numerals.two_digits(below)}", "date")
    is_rating = (
        (bottom == _TEN and above[0] == "1" and not above[1:].strip("0"))
        or (bottom in _RATED and top <= bottom)
        or (bottom in _POINTS and top < _JOKE * bottom)
        or top == bottom > 1
    )
    is_whole = 1 < top <= bottom and bottom in _WHOLE
    is_part = bottom and is_alone and (top > bottom or " " in match[0] or bottom % 100)
    if is_part and not is_rating and not is_whole:
        return Reading(match.end(), _ordinal(top, bottom), "fraction")
    if is_rating or top <= bottom or (bottom in (5, 10, 100) and top < _JOKE * bottom):
        return Reading(match.end(), _out_of(above, below), "rating")
    return Reading(match.end(), f"{numerals.count(above)} {numerals.count(below)}", "pair")


def _is_part(top: int, bottom: int, following: str) -> bool:
    """Tell whether it is a part of something: halves to eighths, and what is a part "of" it."""
    if bottom in _KITCHEN and (top <= 1 or top < bottom or following in _PART_AFTER):
        return True
    if bottom <= 1:
        return False
    return following in _WHOLES or (top == 1 and bottom not in (5, 10, 20, 100))


def is_date(line: Line, at: int, month: int, day: int) -> bool:
    """Tell whether it is a day: 3/14; what counts parts of 16, 20 or 30 is none by itself."""
    if month > 12 or not 12 < day <= 31:
        return False
    return day not in (16, 20, 24, 25, 30) or line.before(at) in _DATED


def measured(line: Line, at: int) -> Reading | None:
    """Read 1/4 tsp, 3/4 cup and 1/2 lb with their units."""
    match = _TIGHT.match(line.text, at)
    if match is not None and int(match[2]) in _KITCHEN and is_inch(line, match.end()):
        said = _ordinal(int(match[1]), int(match[2]))
        return Reading(match.end() + 1, f"{said} inch", "measure")
    unit = _KITCHEN_UNIT.match(line.text, match.end()) if match else None
    if match is None or unit is None or int(match[2]) not in _KITCHEN:
        return None
    one, many = UNITS[unit[1].lower()]
    top, bottom = int(match[1]), int(match[2])
    return Reading(
        unit.end(), f"{_ordinal(top, bottom)} {one if top <= bottom else many}", "measure"
    )


def rating(line: Line, at: int) -> Reading | None:
    """Read 4.5/5."""
    match = _RATING.match(line.text, at)
    return Reading(match.end(), _out_of(match[1], match[2]), "rating") if match else None


def raid(line: Line, at: int) -> Reading | None:
    """Read 8/8M and 3/9H: bosses of a raid, and how hard it is."""
    match = _RAID.match(line.text, at)
    if match is None or not int(match[1]) <= int(match[2]) > _LEAST_BOSSES:
        return None
    said = f"{numerals.count(match[1])} of {numerals.count(match[2])} {match[3]}"
    return Reading(match.end(), said, "pair")


def mixed(line: Line, at: int) -> Reading | None:
    """Read 1 1/2, 2 3/4."""
    match = _MIXED.match(line.text, at)
    if match is None or not int(match[3]):
        return None
    if int(match[2]) > int(match[3]) and not _is_alone(line, at, match.end()):
        return None
    top, bottom = int(match[2]), int(match[3])
    part = "a half" if (top, bottom) == (1, 2) else _ordinal(top, bottom)
    said = f"{numerals.count(match[1])} and {part}"
    if is_inch(line, match.end()):
        inch = "inch" if line.after(match.end() + 1) else "inches"
        return Reading(match.end() + 1, f"{said} {inch}", "measure")
    if unit := _KITCHEN_UNIT.match(line.text, match.end()):
        return Reading(unit.end(), f"{said} {UNITS[unit[1].lower()][1]}", "measure")
    return Reading(match.end(), said, "number", said, int(match[1]) + top / bottom)


def is_inch(line: Line, end: int) -> bool:
    """Tell whether a sign of inches stands at `end`, which ends no quotation."""
    return line.text[end : end + 1] == '"' and line.text.count('"', 0, end) % 2 == 0


def _is_alone(line: Line, at: int, end: int) -> bool:
    return not line.text[:at].strip() and not line.text[end:].strip(" .!?")


def _out_of(above: str, below: str) -> str:
    return f"{numerals.count(above)} out of {numerals.count(below)}"


def _ordinal(top: int, bottom: int) -> str:
    """Return a fraction in words: "two thirds", "twenty two sevenths"."""
    if bottom == 1:
        return f"{numerals.cardinal(top)} over one"
    if bottom == 2:
        return f"{numerals.cardinal(top)} {'half' if top == 1 else 'halves'}"
    part = _PARTS.get(bottom) or numerals.ordinal(bottom)
    return f"{numerals.cardinal(top)} {part}{'' if top == 1 else 's'}"


RULES = (
    Rule(measured, digits=True, followed="/"),
    Rule(rating, digits=True, followed="."),
    Rule(raid, digits=True, followed="/"),
    Rule(mixed, digits=True, followed=" -"),
    Rule(fraction, digits=True, followed=" /"),
)
