"""Class day: a month and a day, or a month and a year, where words tell that it is a date."""

import re

from bot.policy.speakable.english.numbers import counts, numerals
from bot.policy.speakable.english.tables.months import NAMES
from bot.policy.speakable.reading import Line, Reading, Rule

_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})(?![0-9]|/[0-9]|[.,][0-9]|[^\W_]|-[A-Za-z])")
_MONTH_YEAR = re.compile(r"(0?[1-9]|1[0-2])/((?:19|20)[0-9]{2})(?![0-9]|/[0-9]|[^\W_])")
_LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_HAPPENS = frozenset(
    {
        "drops", "bday", "birthday", "bday's", "birthday's", "ends", "expires", "until", "till",
        "til", "since", "releases", "launches", "launched", "released", "starts", "due",
        "premieres",
        "born", "date", "deadline", "anniversary", "scheduled",
    }
)  # fmt: skip
"""Words before a day on which something happens."""
_BORN = re.compile(
    r"\b(?:b-?day|birthday|release date|launch|deadline|anniversary) (?:is|was|on|=) $",
    re.IGNORECASE,
)
_LOSES = re.compile(r"\b(?:hp|health|boss|bosses|mobs?|he|she) drops $", re.IGNORECASE)
"""What drops a part of something."""
_TIMED = re.compile(
    r" (?:at (?:[0-9]|noon|midnight)|@ ?[0-9]|(?:[0-9]{1,2}(?::[0-9]{2})? ?[ap]m))", re.IGNORECASE
)
_TO = re.compile(r" ?(?:to|-|until|till|thru|through) ?([0-9]{1,2})/([0-9]{1,2})(?![0-9/])")
_FROM = re.compile(
    r"\bfrom ([0-9]{1,2})/([0-9]{1,2}) ?(?:to|-|until|till|thru|through) ?$", re.IGNORECASE
)
_UNTIL = re.compile(
    r"(?<![0-9/])([0-9]{1,2})/([0-9]{1,2}) ?(?:to|-|until|till|thru|through) ?$", re.IGNORECASE
)
_MOST_PARTS = 8
_PARTS = frozenset({10, 16})
"""Lower numbers of fractions and ratings above these: 1/2 to 3/4, 3/16."""
_NEAR = 28
_NO_DATE_AFTER = frozenset(
    {"of", "cup", "cups", "the", "price", "hp", "health", "stars", "way", "full", "times", "every"}
)
_YEAR_BEFORE = frozenset(
    {
        "in",
        "since",
        "until",
        "till",
        "out",
        "from",
        "on",
        "by",
        "before",
        "after",
        "released",
        "born",
    }
)


def day(line: Line, at: int) -> Reading | None:
    """Read "drops 3/4", "my bday is 4/12", "from 3/10 to 3/17" and "on 5/9 at noon"."""
    match = _DAY.match(line.text, at)
    if match is None or not _is_day(match):
        return None
    end = match.end()
    following = line.after(end).lower()
    until = _TO.match(line.text, end)
    last = line.after(until.end()).lower() if until else ""
    if not {following, last}.isdisjoint(_NO_DATE_AFTER) or counts.is_plural(following):
        return None  # "from 1/2 to 3/4 cup"
    before, near = line.before(at), line.text[max(at - _NEAR, 0) : at]
    if _LOSES.search(near) or (before == "was" and match[2] == "10"):  # rated: bday was 7/10
        return None
    is_dated = (
        before in _HAPPENS
        or _BORN.search(near) is not None
        or (before == "on" and _TIMED.match(line.text, end) is not None)
        or (before == "from" and _is_span(match, until))
        or _is_span(match, _FROM.search(near))
        or _is_month(match, until)
        or _is_month(_UNTIL.search(near), match)
    )
    if not is_dated:
        return None
    name = NAMES[int(match[1]) - 1].capitalize()
    return Reading(end, f"{name} {numerals.ordinal(int(match[2]))}", "date")


def _is_day(match: re.Match[str]) -> bool:
    month, day_ = int(match[1]), int(match[2])
    return 0 < month <= len(_LAST_DAYS) and 0 < day_ <= _LAST_DAYS[month - 1]


def _is_span(match: re.Match[str], other: re.Match[str] | None) -> bool:
    """Tell whether two days are the first and the last of something, and no ratings: 3/10, 7/10."""
    return other is not None and _is_day(other) and other[2] != match[2]


def _is_month(first: re.Match[str] | None, last: re.Match[str] | None) -> bool:
    """Tell whether two days of a month are the first and the last of something: 6/1 to 6/15."""
    if first is None or last is None or not (_is_day(first) and _is_day(last)):
        return False
    day_, until = int(first[2]), int(last[2])
    return first[1] == last[1] and day_ < until > _MOST_PARTS and until not in _PARTS


def month(line: Line, at: int) -> Reading | None:
    """Read 08/2019, and 8/2019 behind "in" or "since"."""
    match = _MONTH_YEAR.match(line.text, at)
    if match is None or (match[1][0] != "0" and line.before(at) not in _YEAR_BEFORE):
        return None
    name = NAMES[int(match[1]) - 1].capitalize()
    return Reading(match.end(), f"{name} {numerals.year(int(match[2]))}", "date")


RULES = (
    Rule(day, digits=True, followed="/"),
    Rule(month, digits=True, followed="/"),
)
