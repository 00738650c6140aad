"""Class date: months with days and years, numeric dates, quarters."""

import re

from bot.policy.speakable.english.numbers import numbers, numerals, scores
from bot.policy.speakable.english.tables.months import MONTHS, NAMES
from bot.policy.speakable.reading import Line, Reading, Rule

# They are words of other meanings, too.
_AMBIGUOUS = frozenset({"may", "march", "mar", "dec", "sep", "jan", "jun"})
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_MONTH_DAY = re.compile(
    rf"(?P<month>{_MONTH})\.?(?:[ -]|(?<=\.))(?P<day>[0-9]{{1,2}})(?P<ending>st|nd|rd|th)?"
    r"(?: ?[-~] ?(?P<last>[0-9]{1,2})(?:st|nd|rd|th)?)?(?![0-9:]|[.,][0-9]|[^\W_])"
    r"(?:(?:,? ?|-)(?P<year>(?:1[0-9]|20)[0-9]{2})(?![0-9:.]|[^\W_]))?",
    re.IGNORECASE,
)
_DAY_MONTH = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<ending>st|nd|rd|th)?(?P<of> of)?[ -]"
    rf"(?P<month>{_MONTH})(?![^\W_])\.?"
    r"(?:(?:,? ?|-)(?P<year>(?:1[0-9]|20)[0-9]{2})(?![0-9:.]|[^\W_]))?",
    re.IGNORECASE,
)
_MONTH_YEAR = re.compile(
    rf"(?P<month>{_MONTH})\.?,? (?P<year>(?:1[0-9]|20)[0-9]{{2}})(?![0-9:.]|[^\W_])", re.IGNORECASE
)
_ISO = re.compile(
    r"(?P<year>(?:1[0-9]|20)[0-9]{2})([-/.])(?P<month>0?[1-9]|1[0-2])\2(?P<day>0?[1-9]|[12][0-9]"
    r"|3[01])(?![-/.]?[0-9])(?![^\W_])"
)
_NUMERIC = re.compile(
    r"(?P<first>[0-9]{1,2})([-/.])(?P<second>[0-9]{1,2})\2(?P<year>(?:1[0-9]|20)[0-9]{2}"
    r"|[0-9]{2})(?![-/.]?[0-9])(?![^\W_])"
)
_QUARTER = re.compile(
    r"(?P<quarter>[1-4])q ?'?(?P<year>20[0-9]{2}|[0-9]{2})(?![^\W_])", re.IGNORECASE
)
_SEASON = re.compile(r"(?P<year>(?:19|20)[0-9]{2})/(?P<next>[0-9]{2})(?![^\W_]|/)")
_SEASON_AFTER = re.compile(r" (?:season|campaign|squad|title|league|edition|kit)", re.IGNORECASE)
_DAYS, _MONTHS = range(1, 32), range(1, 13)
_FOLLOWS_DATE = frozenset(
    {
        "is", "at", "for", "to", "and", "or", "but", "we", "i", "it", "in", "on", "if", "was",
        "will", "works", "this", "lol", "pls", "please", "then", "so", "as", "because",
    }
)  # fmt: skip


def month_first(line: Line, at: int) -> Reading | None:
    """Read january 1, Jan. 15 2020, may 5th."""
    match = _MONTH_DAY.match(line.text, at)
    if match is None or int(match["day"]) not in _DAYS or not _is_ending(match):
        return None
    written = line.text[at : match.end("month")]
    is_sure = (
        match["ending"]
        or match["year"]
        or written[0].isupper()
        or written.lower() not in _AMBIGUOUS
    )
    following = line.after(match.end())
    if not is_sure and following and following.lower() not in _FOLLOWS_DATE:
        return None  # "may 5 people join"
    last = f" to {numerals.ordinal(int(match['last']))}" if match["last"] else ""
    said = f"{_month(match)} {numerals.ordinal(int(match['day']))}{last}{_year(match)}"
    return Reading(match.end(), said, "date")


def day_first(line: Line, at: int) -> Reading | None:
    """Read 22 july 2012, 3rd of May, 16-Jul."""
    match = _DAY_MONTH.match(line.text, at)
    if match is None or int(match["day"]) not in _DAYS or not _is_ending(match):
        return None
    written = match["month"]
    if written in _AMBIGUOUS and not (match["ending"] or match["year"] or match["of"]):
        return None  # "top 5 may change"
    article = "" if line.before(at) in ("the", "this", "every") else "the "
    said = f"{article}{numerals.ordinal(int(match['day']))} of {_month(match)}{_year(match)}"
    end = match.end()
    if (
        line.text[end - 1] == "."
        and not match["year"]
        and (len(written) > 4 or not line.after(end))
    ):
        end -= 1
    return Reading(end, said, "date")


def month_and_year(line: Line, at: int) -> Reading | None:
    """Read Jan 2020, sept. 1999."""
    match = _MONTH_YEAR.match(line.text, at)
    return Reading(match.end(), f"{_month(match)}{_year(match)}", "date") if match else None


def iso(line: Line, at: int) -> Reading | None:
    """Read 2006-08-05 and 2006/08/05."""
    match = _ISO.match(line.text, at)
    if match is None:
        return None
    return _numeric(match, int(match["month"]), int(match["day"]))


def numeric(line: Line, at: int) -> Reading | None:
    """Read 12/25/2020 as in the United States, 25.12.2020 and 25/12/2020 as what they are."""
    match = _NUMERIC.match(line.text, at)
    if match is None:
        return None
    first, second = int(match["first"]), int(match["second"])
    is_month_first = match[2] != "." and first in _MONTHS
    month, day = (first, second) if is_month_first else (second, first)
    if month not in _MONTHS or day not in _DAYS or (len(match["year"]) == 2 and match[2] == "."):
        return None
    if len(match["year"]) == 2 and scores.is_score(line, at):
        return None
    return _numeric(match, month, day)


def _numeric(match: re.Match[str], month: int, day: int) -> Reading:
    said = f"{NAMES[month - 1].capitalize()} {numerals.ordinal(day)}{_year(match)}"
    return Reading(match.end(), said, "date")


def quarter(line: Line, at: int) -> Reading | None:
    """Read 2Q22: a quarter of a year."""
    match = _QUARTER.match(line.text, at)
    if match is None:
        return None
    year = match["year"]
    said = numerals.cardinal(int(year)) if len(year) == 2 else numerals.year(int(year))
    return Reading(
        match.end(), f"the {numerals.ordinal(int(match['quarter']))} quarter of {said}", "date"
    )


def season(line: Line, at: int) -> Reading | None:
    """Read 2024/25: a year and the next one."""
    match = _SEASON.match(line.text, at)
    if match is None or (int(match["year"]) + 1) % 100 != int(match["next"]):
        return None
    is_season = _SEASON_AFTER.match(line.text, match.end()) is not None
    if int(match["next"]) in _MONTHS and not is_season:  # "2011/12" may be a month
        return None
    said = f"{numerals.year(int(match['year']))} {numerals.two_digits(match['next'])}"
    return Reading(match.end(), said, "date")


def _is_ending(match: re.Match[str]) -> bool:
    ending = match["ending"]
    return ending is None or ending.lower() == numbers.ending(int(match["day"]))


def _month(match: re.Match[str]) -> str:
    name = MONTHS[match["month"].lower()]
    return name.capitalize() if match["month"][0].isupper() else name


def _year(match: re.Match[str]) -> str:
    year = match["year"]
    if not year:
        return ""
    return f" {numerals.year(int(year)) if len(year) > 2 else numerals.two_digits(year)}"


RULES = (
    Rule(month_first, words=MONTHS),
    Rule(month_and_year, words=MONTHS),
    Rule(day_first, digits=True, followed=" -sSnNrRtT"),
    Rule(iso, digits=True, followed="-/."),
    Rule(numeric, digits=True, followed="-/."),
    Rule(season, digits=True, followed="/"),
    Rule(quarter, digits=True, followed="qQ"),
)
