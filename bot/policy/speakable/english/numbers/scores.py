"""Class score: kills, deaths and assists, which look like dates."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_TRIPLE = re.compile(
    r"([0-9]{1,3})([-/])([0-9]{1,3})\2([0-9]{1,3})(?![-/]?[0-9])(?![^\W_]|-[^\W_])"
)
_ADDED = re.compile(r"(45|90|105|120)'?\+([0-9]{1,2})'?(?= |[.,!?]|$)")
_SCORED_BEFORE = frozenset(
    {
        "kda", "k/d/a", "kills", "score", "scoreline", "stats", "stat", "im", "i'm", "he's", "hes",
        "she's", "shes", "finishing", "currently", "sitting",
        "being", "am", "they're", "ur", "you're", "we're",
    }
)  # fmt: skip
_SCORED_AFTER = frozenset({"kda", "score", "scoreline", "stats"})
_WENT = frozenset({"went", "go", "goes", "going", "gone"})
_ENDED = frozenset({"ended", "finished", "dropped"})
"""Words before a score or a date."""
_OPENERS = frozenset({"", "a", "my", "nice", "solid"})
_NEAR = 24
"""Characters before three numbers in which they are called a score."""
_PLAYERS = frozenset({"i", "he", "she", "we", "they", "u", "you", "bro", "and", "who", ""})
"""Words before "ended" for one whose score follows; others are before a day."""
_MONTHS, _DAYS = 12, 31
_YEAR_DIGITS = 2
_LEAST_YEAR = 18
"""Least number behind a month and a day of what "went" is said of that is rather a year."""


def score(line: Line, at: int) -> Reading | None:
    """Read 10/2/5 and, where words tell that it is a score, 20-5-10."""
    match = _TRIPLE.match(line.text, at)
    if match is None or (match[2] == "-" and not is_score(line, at)):
        return None
    return Reading(match.end(), " ".join(map(numerals.count, match.group(1, 3, 4))), "score")


def is_score(line: Line, at: int) -> bool:
    """Tell whether words call three numbers a score: kda 4/1/16, went 20/5/10 on jhin.

    Else they may be a date: went 1/2/24, released 8/2/10.
    """
    match = _TRIPLE.match(line.text, at)
    if match is None or any(n[0] == "0" != n for n in match.group(1, 3, 4)):  # 9/11/01
        return False
    before, following = line.before(at), line.after(match.end()).lower()
    if before in _SCORED_BEFORE or following in _SCORED_AFTER:
        return True
    if "kda" in line.text[max(at - _NEAR, 0) : at].lower():
        return True
    is_date = int(match[1]) <= _MONTHS and int(match[4]) >= _LEAST_YEAR
    is_day = int(match[1]) <= _MONTHS < int(match[3]) <= _DAYS and len(match[4]) == _YEAR_DIGITS
    if before == "ended" and is_day and line.before(_start(line, at)) not in _PLAYERS:
        return False  # "war ended 5/23/10"
    if before in _WENT:
        return following == "on" or not is_date
    return not is_date and (before in _ENDED or (following == "on" and before in _OPENERS))


def _start(line: Line, at: int) -> int:
    """Return where the word before `at` begins."""
    return line.text.rfind(" ", 0, max(at - 1, 0)) + 1


def added(line: Line, at: int) -> Reading | None:
    """Read 90+4': minutes that are added to a half."""
    match = _ADDED.match(line.text, at)
    if match is None:
        return None
    return Reading(match.end(), " plus ".join(map(numerals.count, match.groups())), "time")


RULES = (
    Rule(score, digits=True, followed="-/"),
    Rule(added, digits=True, followed="+'"),
)
