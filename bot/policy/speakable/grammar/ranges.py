"""Class range: 5-10, 14h-18h, scores (1:0), and how often something is: 3x, x2."""

import re

from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.grammar.measures import Measures
from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.grammar.times import Times
from bot.policy.speakable.reading import Line, Reading, Rule

_DASH = re.compile(r" ?[-~] ?(?=[0-9])")
_SCORE = re.compile(rf"([0-9]{{1,3}}):([0-9]{{1,3}})(?![:.,]?[0-9]){END}")
_TIMES = re.compile(rf"[0-9]{{1,3}}(?P<part>[.,][0-9]{{1,2}})?(?=[xX]{END})")
_BY = re.compile(rf"[xX](?P<n>[0-9]{{1,3}}){END}")
_PROCESSORS = frozenset({"32", "64", "86"})


_LONGEST = 48
"""Characters of the first end of a range."""


class Ranges:
    """What two numbers mean together, in one language."""

    def __init__(self, numbers: Numbers, measures: Measures, times: Times) -> None:
        """Take the numbers, measures and times of the language."""
        self._numbers = numbers
        self._measures = measures
        self._times = times
        self._table = numbers.table

    def rules(self) -> Rules:
        """Return the rules that the table of the language has words for."""
        rules: list[DigitRule | Rule] = [DigitRule(self._scored, ":")]
        if self._table.times:
            rules.append(DigitRule(self._repeated, "a.,"))
        if self._table.by:
            rules.append(Rule(self._by, letters=True))
        if self._table.to:
            rules.append(DigitRule(self._ranged))
        return tuple(rules)

    def _ranged(self, line: Line, at: int) -> Reading | None:
        """Read 5-10, 5-10 %, 14h-18h and 18:00-20:00."""
        near = line.text[at : at + _LONGEST]
        if ("-" not in near and "~" not in near) or line.text[at - 1 : at] == "-":
            return None
        first = self._numbers.plain(line, at)
        if first is None:
            return None
        match = _DASH.match(line.text, first.end)
        if match is None:
            return self._ranged_units(line, at)
        second = self._measures.measured(line, match.end())
        if second is None or line.text[second.end : second.end + 1] == "-":
            return None
        if second.kind == "number" and (second.value or 0) <= (first.value or 0):
            return Reading(second.end, f"{first.said} {second.bare}", "score")
        return Reading(second.end, f"{first.said} {self._table.to} {second.said}", "range")

    def _ranged_units(self, line: Line, at: int) -> Reading | None:
        """Read a range whose ends both have a unit, or both are times."""
        first = self._times.timed(line, at, is_range=True)
        is_time = first is not None
        first = first or self._measures.measured(line, at)
        match = _DASH.match(line.text, first.end) if first else None
        if first is None or match is None:
            return None
        second = self._times.timed(line, match.end(), is_range=True) if is_time else None
        second = second or self._measures.measured(line, match.end())
        if second is None or second.kind == "number":
            return None
        return Reading(second.end, f"{first.said} {self._table.to} {second.said}", "range")

    def _scored(self, line: Line, at: int) -> Reading | None:
        """Read 1:0, the score of a match."""
        match = _SCORE.match(line.text, at)
        between = self._table.against or self._table.to
        if match is None or not between:
            return None
        first, second = (self._numbers.words(int(number)) for number in match.groups())
        space = " " if self._table.is_spaced else ""
        return Reading(match.end(), f"{first}{space}{between}{space}{second}", "score")

    def _repeated(self, line: Line, at: int) -> Reading | None:
        """Read 3x as "three times"."""
        match = _TIMES.match(line.text, at)
        number = self._numbers.plain(line, at) if match else None
        if match is None or number is None or number.end != match.end():
            return None
        if match["part"]:
            return Reading(match.end() + 1, self._table.times_part.format(n=number.said), "number")
        times = self._numbers.before("", number)
        return Reading(match.end() + 1, self._table.times.format(n=times), "number")

    def _by(self, line: Line, at: int) -> Reading | None:
        """Read x2 as "times two"; x64 is a processor."""
        match = _BY.match(line.text, at)
        if match is None or match["n"] in _PROCESSORS or match["n"][0] == "0":
            return None
        if line.text[at - 1 : at].isalnum():
            return None
        number = self._numbers.words(int(match["n"]))
        return Reading(match.end(), f"{self._table.by} {number}", "number")
