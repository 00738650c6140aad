"""Class time: 10:30, 18 h, and how long something takes: 3h20min."""

import re
from collections.abc import Sequence

from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.grammar.measures import Measures
from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.reading import Line, Reading, Rule

_CLOCK = re.compile(
    r"(?P<hour>[01]?[0-9]|2[0-4])(?P<sign>[:hH]|\.(?=[0-5][0-9] ?Uhr))(?P<minute>[0-5][0-9])"
    rf"(?P<unit> ?Uhr| ?hs?)?(?![:.,]?[0-9])(?:{END}|(?=[aApP][mM]{END}))"
)
_HOUR = re.compile(rf"(?P<hour>[01]?[0-9]|2[0-4]) ?[hH]{END}")
_HOURS = re.compile(
    rf"(?P<first>[01]?[0-9]|2[0-4])(?: ?[hH])? ?- ?(?P<last>[01]?[0-9]|2[0-4]) ?[hH]{END}"
)
_SECONDS = r" ?(?P<{}>[0-9]{{1,2}}) ?(?:s|sek|sec|seg)"
_DURATION = re.compile(
    r"(?:(?P<hours>[0-9]{1,3}) ?(?:h|std) ?(?P<minutes>[0-9]{1,2}) ?(?:min|mn|m)"
    rf"(?:{_SECONDS.format('seconds')})?"
    rf"|(?P<minutes2>[0-9]{{1,3}}) ?(?:min|mn|m){_SECONDS.format('seconds2')}"
    rf"|(?P<minutes3>[0-9]{{1,3}}):(?P<seconds3>[0-5][0-9]) ?min(?:ut(?:en|es|os))?){END}",
    re.IGNORECASE,
)
_HALF_AN_HOUR = 30
_STARTS = frozenset({"live", "los"})
_NOON = 12
"""Longer than so many hours is seldom anything: 20h30 is in the evening."""


class Times:
    """Times and durations of one language."""

    def __init__(self, numbers: Numbers, measures: Measures) -> None:
        """Take the numbers and the measures of the language."""
        self._numbers = numbers
        self._measures = measures
        self._table = numbers.table

    def rules(self) -> Rules:
        """Return the rules that the table of the language has words for."""
        rules: list[DigitRule | Rule] = [DigitRule(self.timed, ":.a")]
        if self._table.hour_after:
            rules += [DigitRule(self._hour, "a "), DigitRule(self._hours, "a -")]
        if self._table.units.get("h"):
            rules.append(DigitRule(self._lasting, "a :"))
        if self._table.articles:
            rules.append(Rule(self._article, words=[self._table.articles[1]]))
            rules.append(DigitRule(self._at_hour))
        return tuple(rules)

    def timed(self, line: Line, at: int, *, is_range: bool = False) -> Reading | None:
        """Read 10:30 and 10h30; where it ends a range, its article comes along."""
        match = _CLOCK.match(line.text, at)
        if match is None:
            return None
        hour, minute = int(match["hour"]), int(match["minute"])
        before, table = line.before(at), self._table
        is_told = before in table.clock_after or match["unit"] or is_range or hour > _NOON
        if match["sign"] != ":" and table.clock_after and not is_told:
            said = self._joined([("h", hour), ("min", minute)], is_short=True)
            return Reading(match.end(), said, "duration") if said else None
        spoken = self._numbers.before(table.hour_noun, self._numbers.whole(hour))
        form = table.one_hour if hour < 2 and table.one_hour else table.full_hour
        said = form.format(hour=spoken)
        if minute:
            minutes = self._numbers.words(minute)
            clock = f"{table.one_hour} {{minute}}" if form is table.one_hour else table.clock
            said = clock.format(hour=spoken, minute=minutes)
        if table.articles and before not in table.articles:
            is_bare = minute and not (is_range or before in table.article_wanted)
            said = said if is_bare else f"{table.articles[hour != 1]} {said}"
        return Reading(match.end(), said, "time")

    def _hour(self, line: Line, at: int) -> Reading | None:
        """Read the 20h of "um 20h"."""
        match = _HOUR.match(line.text, at)
        if match is None or line.before(at) not in self._table.hour_after:
            return None
        is_morning = int(match["hour"]) <= _NOON
        if line.before(at) == "ab" and is_morning and line.after(match.end()) not in _STARTS:
            return None  # "ab 3h Spielzeit"
        number = self._numbers.whole(int(match["hour"]))
        spoken = self._numbers.before(self._table.hour_noun, number)
        return Reading(match.end(), self._table.full_hour.format(hour=spoken), "time")

    def _hours(self, line: Line, at: int) -> Reading | None:
        """Read the 14h-18h of "von 14h-18h"."""
        match = _HOURS.match(line.text, at)
        if match is None or line.before(at) not in self._table.clock_after:
            return None
        first, last = (self._numbers.whole(int(match[part])) for part in ("first", "last"))
        spoken = self._numbers.before(self._table.hour_noun, last)
        said = f"{first.said} {self._table.to} {spoken}"
        return Reading(match.end(), self._table.full_hour.format(hour=said), "time")

    def _article(self, line: Line, at: int) -> Reading | None:
        """Read the article of "a las 1:00", which is that of one hour."""
        one, many = self._table.articles or ("", "")
        end = at + len(many)
        return Reading(end, one, "article") if _ONE.match(line.text, end) else None

    def _at_hour(self, line: Line, at: int) -> Reading | None:
        """Read the 1 of "a la 1", which is an hour."""
        match = _ONES.match(line.text, at)
        if match is None or not line.text[max(at - 6, 0) : at].lower().endswith(_AT):
            return None
        hour = self._numbers.before(self._table.hour_noun, self._numbers.whole(int(match[0])))
        return Reading(match.end(), hour, "time")

    def _lasting(self, line: Line, at: int) -> Reading | None:
        """Read 3h20min, 2m 30s and 1:30 min."""
        match = _DURATION.match(line.text, at)
        if match is None:
            return None
        found = {name.rstrip("23"): int(n) for name, n in match.groupdict().items() if n}
        signs = (("hours", "h"), ("minutes", "min"), ("seconds", "s"))
        parts = [(sign, found[name]) for name, sign in signs if found.get(name)]
        said = self._joined(parts)
        return Reading(match.end(), said, "duration") if said else None

    def _joined(self, parts: Sequence[tuple[str, int]], *, is_short: bool = False) -> str:
        """Return units of time one after another."""
        table = self._table
        parts = [(sign, number) for sign, number in parts if number]
        said = [self._measures.unit(sign, number) for sign, number in parts]
        if is_short and len(said) > 1:
            minute = parts[1][1]
            said[1] = self._numbers.words(minute)
            if minute == _HALF_AN_HOUR and table.half_hour:
                said[1] = table.half_hour
        between = table.and_minutes if is_short else table.and_time
        if len(said) > 1 and between:
            return f"{' '.join(said[:-1])} {between} {said[-1]}"
        return " ".join(said)


_AT = ("a la ", "a las ")
_ONES = re.compile(rf"2?1(?![.,:/]?[0-9]){END}")
_ONE = re.compile(r" 0?1:[0-5][0-9](?![0-9:])")
