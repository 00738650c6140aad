"""Class model: RTX 4090, i7-9700K, v1.2, 5G; and telephone numbers, digit by digit."""

import re

from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.reading import Line, Reading, Rule
from bot.policy.speakable.tables.shared import CARDS

_CARD = re.compile(rf"(?P<name>[A-Za-z]{{2,7}})[ -]?(?P<n>[0-9]{{4}})(?=[A-Za-z]{{0,3}}{END})")
_CHIP = re.compile(r"[iI][3579]-(?P<n>[0-9]{4,5})(?![0-9])")
_VERSION = re.compile(r"[vV]\.? ?(?P<n>[0-9]{1,4}(?:\.[0-9]{1,5}){0,4})(?![0-9])")
_POINTED = re.compile(rf"(?P<n>[0-9]{{1,4}}\.[0-9]{{1,3}})(?!\.?[0-9])(?=[a-z]?{END})")
_ABROAD = re.compile(r"\+[0-9]{1,3}(?:[ /-]?\(?[0-9]{1,12}\)?){1,8}+(?![0-9])")
_CYLINDERS = frozenset({"6", "8", "10", "12"})
_ENGINES = frozenset({"motor", "moteur"})
_LEAST_DIGITS, _MOST_DIGITS = 8, 15


class Models:
    """Numbers that are names: of cards, versions and telephones."""

    def __init__(self, numbers: Numbers) -> None:
        """Take the numbers of the language."""
        self._numbers = numbers
        self._table = numbers.table
        self._point = numbers.table.point_word
        self._telephone = re.compile(rf"(?:{self._table.telephones or '(?!)'})(?![0-9])")

    def rules(self) -> Rules:
        """Return the rules, if the table of the language has words for them."""
        if not self._point or not self._table.resolution:
            return ()
        return (
            Rule(self._card, words=CARDS),
            Rule(self._chip, words=["i"]),
            Rule(self._version, words=["v"]),
            DigitRule(self._pointed, "."),
            Rule(self._abroad, signs="+"),
            DigitRule(self._called, " /-"),
        )

    def _pairs(self, digits: str) -> str:
        """Return four digits as two numbers, five as they are counted."""
        first, second = digits[:-2], digits[-2:]
        if second == "00" or len(digits) > 4:
            return self._numbers.words(int(digits))
        ones = [self._numbers.words(int(d)) for d in second] if second[0] == "0" else []
        return " ".join(
            (self._numbers.words(int(first)), *(ones or [self._numbers.words(int(second))]))
        )

    def _card(self, line: Line, at: int) -> Reading | None:
        match = _CARD.match(line.text, at)
        if match is None or match["n"][0] == "0":
            return None
        return Reading(match.end(), f"{match['name']} {self._pairs(match['n'])}", "model")

    def _chip(self, line: Line, at: int) -> Reading | None:
        match = _CHIP.match(line.text, at)
        if match is None:
            return None
        generation = self._numbers.words(int(line.text[at + 1]))
        return Reading(match.end(), f"i {generation} {self._pairs(match['n'])}", "model")

    def _version(self, line: Line, at: int) -> Reading | None:
        """Read v1.2 and v2; "v 5" is against five, V8 an engine."""
        match = _VERSION.match(line.text, at)
        if match is None or not line.is_end(match.end()) or line.text[at - 1 : at].isalnum():
            return None
        is_joined = line.text[at + 1].isdigit()
        is_engine = not is_joined or line.text[at] == "V"
        is_engine |= match["n"] in _CYLINDERS and line.after(match.end()).lower() in _ENGINES
        if is_engine and "." not in match["n"]:
            return None
        return Reading(match.end(), f"{self._table.version} {self._parts(match['n'])}", "version")

    def _pointed(self, line: Line, at: int) -> Reading | None:
        """Read the 13.10 of "patch 13.10", which is no thirteen point one."""
        match = _POINTED.match(line.text, at)
        if match is None or line.before(at) not in self._table.versioned:
            return None
        return Reading(match.end(), self._parts(match["n"]), "version")

    def _parts(self, written: str) -> str:
        point = f" {self._point} "
        return point.join(
            self._numbers.reading(0, n, "", is_grouped=False).said for n in written.split(".")
        )

    def _abroad(self, line: Line, at: int) -> Reading | None:
        """Read +49 151 23456789."""
        match = _ABROAD.match(line.text, at)
        digits = re.sub(r"\D", "", match[0]) if match else ""
        if match is None or not _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS:
            return None
        plus = self._table.symbols["+"]
        return Reading(match.end(), f"{plus} {self._digits(match[0])}", "telephone")

    def _called(self, line: Line, at: int) -> Reading | None:
        match = self._telephone.match(line.text, at)
        if match is None or line.text[at - 1 : at] in {"-", "/", "+"}:
            return None
        return Reading(match.end(), self._digits(match[0]), "telephone")

    def _digits(self, written: str) -> str:
        """Return digits one by one, with a pause between their groups."""
        groups = re.findall(r"[0-9]+", written)
        return ", ".join(" ".join(self._numbers.words(int(d)) for d in group) for group in groups)
