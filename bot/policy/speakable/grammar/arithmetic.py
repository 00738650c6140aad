"""Class mathematics: 10-3=7, 5*3, 1920x1080 and 5^2."""

import re
from collections.abc import Mapping

from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.grammar.measures import Measures
from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.reading import Line, Reading, Rule

_N = r"[0-9]{1,12}(?:[.,][0-9]{1,6})?+"
_SUM = re.compile(rf"{_N}(?: ?[-+*xX×/:÷] ?{_N}){{1,6}}+ ?=(?: ?-?{_N}(?![0-9%]){END}|(?= ?\?)|$)")
_PRODUCT = re.compile(rf"(?!0[xX]){_N}(?: ?[*xX×÷] ?(?P<last>{_N})){{1,3}}+(?!\.?[0-9]){END}")
_SIGN_BEFORE = frozenset("+*×/:÷=-")
_LONGEST = 160
"""Characters of a sum."""
_WIDE = 100
"""Sizes of at least so many are pixels."""


class Arithmetic:
    """Sums and products of one language."""

    def __init__(self, numbers: Numbers, measures: Measures) -> None:
        """Take the numbers and the measures of the language."""
        self._measures = measures
        self._numbers = numbers
        self._table = numbers.table

    def rules(self) -> Rules:
        """Return the rules, if the table of the language has words for them."""
        if not self._table.operators:
            return ()
        return (
            DigitRule(self._sum, " -+*×/:÷.,a"),
            DigitRule(self._product, " *×÷.,a"),
            Rule(self._raised, signs="^"),
        )

    def _sum(self, line: Line, at: int) -> Reading | None:
        """Read a sum that says what it comes to, or asks."""
        match = _SUM.match(line.text, at) if "=" in line.text[at : at + _LONGEST] else None
        if match is None or line.text[at - 1 : at] in _SIGN_BEFORE:
            return None
        return self._said(line, at, match.end(), self._table.operators)

    def _product(self, line: Line, at: int) -> Reading | None:
        match = _PRODUCT.match(line.text, at)
        if match is None or line.text[at - 1 : at] in _SIGN_BEFORE:
            return None
        operators = self._table.operators
        factors = re.findall(r"[0-9]+", match[0])
        if all(int(factor) >= _WIDE for factor in factors):
            operators = {**operators, "x": self._table.size_by or operators["x"]}
        last = match.start("last")
        measure = self._measures.measured(line, last)
        if measure is None or measure.kind != "measure":
            return self._said(line, at, match.end(), operators)
        product = self._said(line, at, last, operators)  # 2 x 3 m
        return product and Reading(measure.end, f"{product.said} {measure.said}", "mathematics")

    def _said(self, line: Line, at: int, end: int, operators: Mapping[str, str]) -> Reading | None:
        said: list[str] = []
        while at < end:
            character = line.text[at]
            if character.isdigit():
                number = self._numbers.plain(line, at)
                if number is None or number.end > end:
                    return None
                said.append(number.said)
                at = number.end
                continue
            word = operators.get(character.lower())
            if word:
                said.append(word)
            at += 1
        return Reading(end, " ".join(said), "mathematics")

    def _raised(self, line: Line, at: int) -> Reading | None:
        """Read the sign of 5^2; two of them are a face."""
        text = line.text
        is_power = text[at - 1 : at].isalnum() and "0" <= text[at + 1 : at + 2] <= "9"
        return Reading(at + 1, self._table.power) if at and is_power else None
