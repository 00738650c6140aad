"""Class ordinal: 1., 2e, 3º with the ending that their noun wants, and decades: 90er, 80s."""

import re

from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.reading import Line, Reading, Rule

_FEMININE = ("a", "ª", "re", "res")
"""How what is written behind the digits of a feminine ordinal ends."""
_NOUN = re.compile(r"[^\W\d_]+")
_DECADE = re.compile(rf"(?P<n>(?:1[0-9]|20)?[1-9]0)'?s{END}")
_ER = re.compile(rf"(?P<n>[0-9]{{1,4}})-?er(?P<end>n|s)?{END}")


class Ordinals:
    """Ordinals of one language."""

    def __init__(self, numbers: Numbers) -> None:
        """Take the numbers of the language."""
        self._numbers = numbers
        self._table = numbers.table
        self._ordinal = re.compile(rf"(?P<n>[0-9]{{1,4}}){self._table.ordinals or '(?!)'}")

    def rules(self) -> Rules:
        """Return the rules that the table of the language has words for."""
        rules: list[DigitRule | Rule] = [DigitRule(self._placed, ".a")]
        if self._table.decade_after:
            rules.append(DigitRule(self._decade, "a'"))
        if self._table.er_forms:
            rules.append(DigitRule(self._er, "a-"))
        return tuple(rules)

    def inflected(self, line: Line, at: int, said: str, noun: str, *, is_date: bool = False) -> str:
        """Return an ordinal as it ends between the word before it and its noun."""
        before, table = line.before(at), self._table
        if before in table.inflected_after:
            return f"{said}n"
        if before in table.strong_after:
            return f"{said}{table.ordinal_endings.get(noun, 'r')}"
        ending = table.ordinal_endings.get(noun, "")
        is_bare = ending and (
            (is_date and before not in table.weak_after) or line.begins_sentence(at)
        )
        return f"{said}{ending}" if is_bare else said

    def _placed(self, line: Line, at: int) -> Reading | None:
        """Read 3º, 2e, 1. as ordinals."""
        match = self._ordinal.match(line.text, at)
        if match is None:
            return None
        table = self._table
        noun = line.after(match.end())
        if (
            match[0].endswith(".")
            and not noun
            and (touching := _NOUN.match(line.text, match.end()))
        ):
            noun = touching[0]
        is_date = noun in table.months
        is_stop = match[0].endswith(".")
        if is_stop and noun.islower() and line.before(at) not in table.day_after:
            return None
        if (
            is_stop
            and not noun.islower()
            and (noun.lower() in table.no_nouns or line.before(at) in table.labels)
        ):
            return None  # the stop ends a sentence
        said = self._numbers.words(int(match["n"]), to="ordinal")
        if table.feminine_ordinal and match[0].endswith(_FEMININE):
            masculine, feminine = table.feminine_ordinal
            if said.endswith(masculine):
                said = said.removesuffix(masculine) + feminine
        if match[0].endswith("er"):
            said = table.short_ordinals.get(said, said)
        return Reading(
            match.end(), self.inflected(line, at, said, noun, is_date=is_date), "ordinal"
        )

    def _decade(self, line: Line, at: int) -> Reading | None:
        """Read the 80s of "los 80s"; elsewhere they are seconds."""
        match = _DECADE.match(line.text, at)
        if match is None or line.before(at) not in self._table.decade_after:
            return None
        return Reading(match.end(), self._with_er(int(match["n"])), "decade")

    def _er(self, line: Line, at: int) -> Reading | None:
        """Read 90er and 5er."""
        match = _ER.match(line.text, at)
        if match is None:
            return None
        said = self._with_er(int(match["n"]))
        return Reading(match.end(), f"{said}{match['end'] or ''}", "decade")

    def _with_er(self, number: int) -> str:
        to = "year" if self._table.years_by_hundreds and 1100 <= number < 2000 else "cardinal"
        said = self._numbers.words(number, to=to)
        return self._table.er_forms.get(number) or f"{said}{'er' if self._table.er_forms else ''}"
