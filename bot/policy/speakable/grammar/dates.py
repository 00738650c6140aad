"""Class date: 31.12.2024, 2024-12-31, 24.12., 14/07 and 5.-7. Juni."""

import re

from bot.policy.speakable.cardinals import in_words
from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.grammar.ordinals import Ordinals
from bot.policy.speakable.reading import Line, Reading, Rule

_D = r"0?[1-9]|[12][0-9]|3[01]"
_M = r"0?[1-9]|1[0-2]"
_DATE = re.compile(
    rf"(?:(?P<day>{_D})(?P<sign>[./-])(?P<month>{_M})(?P=sign)"
    r"(?P<year>(?:1[0-9]|20)[0-9]{2})|(?P<year2>(?:1[0-9]|20)[0-9]{2})(?P<sign2>[-/.])"
    rf"(?P<month2>{_M})(?P=sign2)(?P<day2>{_D}))(?![0-9]){END}"
)
_SHORT = re.compile(
    rf"(?P<day>{_D})(?P<sign>[./])(?P<month>{_M})(?P=sign)(?P<year>[2-4][0-9])(?!\.?[0-9]){END}"
)
_DAY = re.compile(rf"(?P<day>{_D})\.(?P<month>{_M})(?P<stop>\.?)(?=[ ,!?)]|$)")
_SLASHED = re.compile(rf"(?P<day>{_D})/(?P<month>{_M})(?![0-9/]|[.,][0-9]){END}")
_DAYS = re.compile(rf"(?P<first>{_D})\.? ?(?:-|bis|und) ?(?P<last>{_D})\. (?=[A-ZÄÖÜ])")
_FIRST_OF = re.compile(rf"(?:0?1)(?P<of> de | )(?=[^\W\d_]{{3,10}}{END})")
_FEASTS = frozenset({(24, 12), (25, 12), (31, 12), (31, 10)})
"""Days that are known without a word before them."""
_CENTURY = 2000
_PART_OF = frozenset({"de", "des", "du", "d", "del", "temps"})
_THE_DAY = ("el día ", "al día ")
_BEST = 10
_DATE_ENDS = re.compile(rf"[ .!?)]*+(?:$|(?:à|au|a){END}|[0-9]{{1,2}}[:h])")


class Dates:
    """Dates of one language."""

    def __init__(self, numbers: Numbers, ordinals: Ordinals) -> None:
        """Take the numbers and the ordinals of the language."""
        self._table = numbers.table
        self._numbers = numbers
        self._ordinals = ordinals

    def rules(self) -> Rules:
        """Return the rules that the table of the language has words for."""
        table = self._table
        if not table.months:
            return ()
        rules: list[DigitRule | Rule] = [DigitRule(self._dated, "./-")]
        if table.day_is_ordinal:
            rules += [DigitRule(self._day, "."), DigitRule(self._days, ".- ")]
        if table.date_words:
            rules.append(DigitRule(self._short, "./"))
        if table.slash_dates:
            rules.append(DigitRule(self._slashed, "/"))
        if table.first_day:
            rules.append(DigitRule(self._first, " "))
        return tuple(rules)

    def _dated(self, line: Line, at: int) -> Reading | None:
        """Read 31.12.2024 and 2024-12-31."""
        match = _DATE.match(line.text, at)
        if match is None:
            return None
        day = int(match["day"] or match["day2"])
        month = int(match["month"] or match["month2"])
        year = int(match["year"] or match["year2"])
        return Reading(match.end(), self._whole(line, at, day, month, year), "date")

    def _whole(self, line: Line, at: int, day: int, month: int, year: int) -> str:
        table = self._table
        date = self._day_and_month(line, at, day, month)
        to = "year" if table.years_by_hundreds else "cardinal"
        spoken = in_words(year, table.language, to=to)
        return f"{date}{table.of_year}{spoken}" if table.is_spaced else f"{spoken}年{date}"

    def _short(self, line: Line, at: int) -> Reading | None:
        """Read 24.12.24 or 14/07/24; 12/10/24 may be kills, deaths and assists."""
        match = _SHORT.match(line.text, at)
        if match is None or (match["sign"] == ".") is not self._table.day_is_ordinal:
            return None
        before = line.before(at)
        is_padded = "0" in {match["day"][0], match["month"][0]} or match["sign"] == "."
        is_long = len(match["day"]) == len(match["month"]) == 2
        if before in self._table.labels or not (
            before in self._table.date_words or (is_padded and is_long)
        ):
            return None
        year = _CENTURY + int(match["year"])
        said = self._whole(line, at, int(match["day"]), int(match["month"]), year)
        return Reading(match.end(), said, "date")

    def _day(self, line: Line, at: int) -> Reading | None:
        """Read 15.03. where ordinals have a stop, unless it may end a sentence."""
        match = _DAY.match(line.text, at)
        before = line.before(at)
        if match is None or before in self._table.labels:  # "Version 1.2. ist raus"
            return None
        is_long = len(match["month"]) == 2
        is_dated = before in self._table.date_words
        if match["stop"]:
            following = line.text[match.end() + 1 : match.end() + 2]
            is_first = following.islower() and not line.text[:at].strip()
            if not (is_dated or is_first or is_long):
                return None
        elif not is_dated or not (is_long or before == "am"):
            return None
        said = self._day_and_month(line, at, int(match["day"]), int(match["month"]))
        return Reading(match.end(), said, "date")

    def _days(self, line: Line, at: int) -> Reading | None:
        """Read 5.-7. Juni, and 3.-5. Platz."""
        match = _DAYS.match(line.text, at)
        noun = line.after(match.end() - 1) if match else ""
        if match is None or not (noun in self._table.months or "-" in match[0]):
            return None
        table = self._table
        between = table.to if "und" not in match[0] else "und"
        first, last = (
            self._ordinals.inflected(
                line,
                at,
                in_words(int(match[part]), table.language, to="ordinal"),
                noun,
                is_date=True,
            )
            for part in ("first", "last")
        )
        return Reading(match.end() - 1, f"{first} {between} {last}", "date")

    def _slashed(self, line: Line, at: int) -> Reading | None:
        """Read 14/07 and, behind a word that tells it, 1/5; other strokes are ratings."""
        match = _SLASHED.match(line.text, at)
        if match is None or line.text[at - 1 : at] == "/":
            return None
        day, month = int(match["day"]), int(match["month"])
        is_part = (day, month) in self._table.fractions and (
            line.after(match.end()).lower().partition("'")[0] in _PART_OF
        )
        before = line.text[max(at - 7, 0) : at].lower()
        is_event = line.before(at) == "día" and not before.endswith(_THE_DAY)
        is_rated = match["month"] == "10" and day <= _BEST
        is_rated = is_rated and not _DATE_ENDS.match(line.text, match.end())
        is_other = is_part or is_event or is_rated
        is_told = line.before(at) in self._table.date_words and not is_other
        is_padded = match["month"][0] == "0" or match["day"][0] == "0"
        if not (is_told or (is_padded and len(match["day"]) == 2) or (day, month) in _FEASTS):
            return None
        return Reading(match.end(), self._day_and_month(line, at, day, month), "date")

    def _first(self, line: Line, at: int) -> Reading | None:
        """Read the 1 of "1 de mayo"."""
        match = _FIRST_OF.match(line.text, at)
        if match is None or line.after(match.end() - 1).lower() not in self._table.months:
            return None
        return Reading(match.start("of"), self._table.first_day, "date")

    def _day_and_month(self, line: Line, at: int, day: int, month: int) -> str:
        table = self._table
        said = in_words(day, table.language, to="ordinal" if table.day_is_ordinal else "cardinal")
        if day == 1 and table.first_day:
            said = table.first_day
        name = table.months[month - 1]
        day_said = self._ordinals.inflected(line, at, said, name, is_date=True)
        return table.date.format(day=day_said, month=name)
