"""Class roman: numerals behind the words that they number: GTA VI, Teil II, Louis XIV."""

import re

from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.reading import Line, Reading, Rule
from bot.policy.speakable.tables.shared import GAMES

_TENS, _ONES = ("", "X", "XX", "XXX"), ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_VALUES = {
    f"{tens}{one}": 10 * ten + number
    for ten, tens in enumerate(_TENS)
    for number, one in enumerate(_ONES)
    if tens or one
}
_NOTES = frozenset({"I", "V", "X", "VI", "XX", "XXX", "XI", "XXI"})
"""Numerals that are a word, a face or a name more often: they count behind a numbered word."""
_ROMAN = re.compile(rf"([IVX]{{1,8}}|[ivx]{{2,8}}|v){END}")
_JOINED = re.compile(rf"(FF|WW)([IVX]{{1,5}}){END}")
_CENTURY = re.compile(rf"([IVX]{{1,6}})(?:er|e|ème|eme|è){END}")


class Romans:
    """Roman numerals in one language."""

    def __init__(self, numbers: Numbers) -> None:
        """Take the numbers of the language."""
        self._numbers = numbers
        self._table = numbers.table

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules, if the table of the language has words for them."""
        if not self._table.numbered:
            return ()
        numerals = [numeral.lower() for numeral in _VALUES]
        joined = [f"{name}{numeral}" for name in ("ff", "ww") for numeral in numerals]
        centuries = [f"{n}{end}" for n in numerals for end in ("er", "e", "ème", "eme", "è")]
        return (
            Rule(self._roman, words=numerals),
            Rule(self._joined, words=joined),
            *((Rule(self._century, words=centuries),) if self._table.century else ()),
        )

    def _roman(self, line: Line, at: int) -> Reading | None:
        match = _ROMAN.match(line.text, at)
        number = _VALUES.get(match[1].upper()) if match else None
        if match is None or number is None:
            return None
        written, before, table = match[1], line.before(at), self._table
        end = match.end()
        if written.isupper() and (before in table.kings or before in table.queens):
            return self._king(line, end, number, is_queen=before in table.queens)
        is_unknown = written == "X" and before not in table.centuries
        if before in GAMES or (
            before in table.numbered and written not in {"vi", "v"} and not is_unknown
        ):
            is_word = written == "I" and before in GAMES
            return None if is_word else Reading(end, self._numbers.words(number), "roman")
        if not written.isupper() or line.text[max(at - 32, 0) : at + 32].isupper():
            return None
        following = line.after(end + 1)
        if following in table.wars and line.text[end : end + 1] == ".":
            return self._ordinal(line, at, end + 1, number, following)
        if written in _NOTES:
            return None
        words = line.text[max(at - 32, 0) : at].split()
        is_title = bool(words) and words[-1][0].isupper() and words[-1][-1].isalnum()
        return Reading(end, self._numbers.words(number), "roman") if is_title else None

    def _ordinal(self, line: Line, at: int, end: int, number: int, noun: str) -> Reading:
        said = self._numbers.words(number, to="ordinal")
        is_weak = line.before(at) in self._table.inflected_after
        ending = "n" if is_weak else self._table.ordinal_endings.get(noun, "r")
        if line.before(at) in self._table.weak_after:
            ending = ""
        return Reading(end, f"{said}{ending}", "roman")

    def _king(self, line: Line, end: int, number: int, *, is_queen: bool) -> Reading:
        table = self._table
        if table.day_is_ordinal:
            said = self._numbers.words(number, to="ordinal")
            is_stop = line.text[end : end + 1] == "." and line.text[end + 1 : end + 2] == " "
            return Reading(
                end + is_stop, f"{table.king_article[is_queen]} {said.capitalize()}", "roman"
            )
        is_ordinal = number <= table.last_ordinal_king
        said = self._numbers.words(number, to="ordinal" if is_ordinal else "cardinal")
        if is_queen and is_ordinal and table.feminine_ordinal:
            masculine, feminine = table.feminine_ordinal
            said = said.removesuffix(masculine) + feminine
        return Reading(end, said, "roman")

    def _joined(self, line: Line, at: int) -> Reading | None:
        """Read FFXIV."""
        match = _JOINED.match(line.text, at)
        number = _VALUES.get(match[2]) if match else None
        if match is None or number is None:
            return None
        return Reading(match.end(), f"{match[1]} {self._numbers.words(number)}", "roman")

    def _century(self, line: Line, at: int) -> Reading | None:
        """Read XXe siècle."""
        match = _CENTURY.match(line.text, at)
        number = _VALUES.get(match[1]) if match else None
        if match is None or number is None or line.after(match.end()) not in self._table.century:
            return None
        return Reading(match.end(), self._numbers.words(number, to="ordinal"), "roman")
