"""Class fraction: ratings (9/10), parts (3/4, 1/2 Liter), 24/7, 7j/7; and what is below zero."""

import re

from bot.policy.speakable.cardinals import minus
from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.grammar.measures import Measures
from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.reading import Line, Reading, Rule

_OF = re.compile(rf"(?P<blank> ?)/ ?(?P<of>[0-9]{{1,6}})(?!/|[.,:]?[0-9]){END}")
_MIXED = re.compile(rf"(?P<whole>[0-9]{{1,3}}) (?P<part>[1-3])/(?P<of>[2-4])(?!/|[.,:]?[0-9]){END}")
_ROUND = re.compile(rf"(?P<n>[0-9]{{1,2}}) ?(?P<unit>h|j|d)/(?P<of>[0-9]{{1,2}}){END}")
_PADDED = re.compile(r"0[0-9]")
_RATED = frozenset({5, 10, 20, 100})
"""What ratings are out of; others with blanks around the stroke are two numbers."""
_YEARS = range(1900, 2100)


class Fractions:
    """What a stroke between two numbers means in one language."""

    def __init__(self, numbers: Numbers, measures: Measures) -> None:
        """Take the numbers and the measures of the language."""
        self._numbers = numbers
        self._measures = measures
        self._table = numbers.table

    def rules(self) -> Rules:
        """Return the rules, if the table of the language has words for them."""
        negative = Rule(self._negative, signs="-")
        if not self._table.out_of:
            return (negative,)
        return (
            negative,
            DigitRule(self._fraction, "/ .,"),
            DigitRule(self._mixed, " "),
            DigitRule(self._round, "a "),
        )

    def _fraction(self, line: Line, at: int) -> Reading | None:
        if line.text[at - 1 : at] == "/":
            return None
        first = self._numbers.plain(line, at)
        match = _OF.match(line.text, first.end) if first else None
        if first is None or match is None:
            return None
        if _PADDED.match(line.text, at) or _PADDED.match(match["of"]):
            return None  # 08/15
        of, end = int(match["of"]), match.end()
        if match["blank"] and of not in _RATED:
            return None
        value = int(first.value) if first.value is not None and not first.value % 1 else None
        is_part = line.before(at) in self._table.labels or (
            line.text[at - 1 : at] == "(" and line.text[end : end + 1] == ")"
        )
        if value is not None and (value, of) in self._table.fractions and not is_part:
            return Reading(end, self._part(line, end, value, of), "fraction")
        second = self._numbers.words(of)
        is_pair = value is not None and (
            (value, of) in {(24, 7), (9, 11)} or (value > 0 and value + of == 100)
        )
        if is_pair or value in _YEARS:
            return Reading(end, f"{first.said} {second}", "pair")
        return Reading(end, f"{first.said} {self._table.out_of} {second}", "fraction")

    def _part(self, line: Line, end: int, part: int, of: int) -> str:
        noun = line.after(end)
        table = self._table
        if (part, of) != (1, 2) or not noun or noun.lower() in table.no_nouns:
            return table.fractions[part, of]
        masculine, feminine, neuter = table.half_before
        if self._numbers.is_feminine(noun):
            return feminine
        if noun in table.ordinal_endings:
            return masculine if table.ordinal_endings[noun] == "r" else neuter
        return masculine if not neuter else table.fractions[part, of]

    def _mixed(self, line: Line, at: int) -> Reading | None:
        """Read 1 1/2, which is also how a number with a ½ behind it is written."""
        match = _MIXED.match(line.text, at)
        if match is None or line.before(at) in self._table.labels:
            return None
        whole, part, of = int(match["whole"]), int(match["part"]), int(match["of"])
        table = self._table
        fraction = table.fractions.get((part, of))
        if fraction is None:
            return None
        noun = line.after(match.end())
        number = self._numbers.whole(whole)
        said = self._numbers.before(noun, number) if noun else number.said
        if of == 2:
            half = table.and_half[self._numbers.is_feminine(noun)]
            if " " not in half:
                said = self._numbers.before("", number)  # "eineinhalb"
            elif noun and noun.lower() not in table.no_nouns:  # "una hora y media"
                end = line.text.index(noun, match.end()) + len(noun)
                noun = noun.removesuffix("s") if whole == 1 else noun
                return Reading(end, half.format(n=f"{said} {noun}"), "fraction")
            return Reading(match.end(), half.format(n=said), "fraction")
        return Reading(match.end(), f"{number.said} {table.and_part} {fraction}", "fraction")

    def _round(self, line: Line, at: int) -> Reading | None:
        """Read 24h/24 and 7j/7."""
        match = _ROUND.match(line.text, at)
        if match is None or match["unit"] not in self._table.units:
            return None
        first = self._measures.unit(match["unit"], int(match["n"]))
        second = self._numbers.words(int(match["of"]))
        return Reading(match.end(), f"{first} {self._table.out_of} {second}", "fraction")

    def _negative(self, line: Line, at: int) -> Reading | None:
        """Read -5 and -1/10, where the hyphen stands behind no word."""
        if at and not line.text[at - 1].isspace():
            return None
        following = line.text[at + 1 : at + 2]
        if not ("0" <= following <= "9"):
            return None
        number = self._fraction(line, at + 1) if self._table.out_of else None
        number = number or self._measures.measured(line, at + 1)
        sign = self._table.minus or minus(self._table.language)
        return Reading(number.end, f"{sign} {number.said}".strip(), "number") if number else None
