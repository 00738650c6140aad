"""Class measure: numbers with a unit, a percent sign or money, and what they are per."""

import re

from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.grammar.numbers import END, Numbers
from bot.policy.speakable.reading import Line, Reading, Rule

_CASED = frozenset("GMS")
"""Capitals that are no unit: 5G is a network, 5M are millions."""
_WORDS = frozenset({" to"})
"""Units behind a blank that are rather words."""
_MOST_LOST_WATTS = 20
"""Fewer W are wins."""
_POWER = r"(?:(?<=[mM])\^?(?P<power>[23])(?![0-9]))?"
_COINS = re.compile(r"([0-9]{1,4})([€$£])([0-9]{2})(?![0-9.,])")
_HEIGHT = re.compile(
    r"(?P<whole>[12])(?:m(?P<cm>[4-9][0-9]|0[0-9])"
    rf"|[,.](?P<of>[0-9]{{2}})(?: ?m|(?= gro(?:ß|ss)))){END}"
)


class Measures:
    """Measures and money of one language."""

    def __init__(self, numbers: Numbers) -> None:
        """Take the numbers of the language."""
        self._numbers = numbers
        self._table = table = numbers.table
        signs = "|".join(sorted(map(re.escape, table.currencies), key=len, reverse=True)) or r"(?!)"
        self._before = re.compile(rf"(?P<sign>{signs}) ?(?=[0-9])")
        self._behind = re.compile(rf" ?(?P<sign>{signs}){END}")
        units = "|".join(sorted(map(re.escape, table.units), key=len, reverse=True)) or r"(?!)"
        power = _POWER if table.powers else r"(?P<power>(?!))?"
        self._unit = re.compile(rf" ?(?P<unit>{units}){power}{END}", re.IGNORECASE)
        per = "|".join(sorted(map(re.escape, table.per_units), key=len, reverse=True)) or r"(?!)"
        self._per = re.compile(rf" ?/ ?(?P<unit>{per}){END}", re.IGNORECASE)
        self._money_nouns = {
            noun.lower() for forms in table.currencies.values() for noun in forms
        } | {forms[0].split()[0].lower() for forms in table.currencies.values()}
        self._money_nouns |= {forms[1].split()[0].lower() for forms in table.currencies.values()}

    def rules(self) -> Rules:
        """Return the rules."""
        signs = "".join({sign[0] for sign in self._table.currencies if not sign[0].isalpha()})
        words = [sign.lower() for sign in self._table.currencies if sign.isalpha()]
        letters = any(sign[0].isalpha() and not sign.isalpha() for sign in self._table.currencies)
        return (
            *((DigitRule(self._high, "a.,"),) if self._table.powers else ()),
            *((DigitRule(self._coins, "€$£"),) if self._table.cents else ()),
            DigitRule(self.measured),
            Rule(self.measured, inside=True),
            Rule(self._paid, signs=signs, words=words, letters=letters),
            *((Rule(self._per_alone, signs="/"),) if self._table.per_units else ()),
        )

    def measured(self, line: Line, at: int) -> Reading | None:
        """Read a number with a scale, a unit, a currency or a percent sign behind it."""
        number = self._numbers.plain(line, at)
        if number is None:
            return None
        text, table = line.text, self._table
        is_unit = self._unit_behind(line, number) is not None
        number = self._numbers.scaled(line, number, is_unit=is_unit)
        if match := self._behind.match(text, number.end):
            return self._with_per(line, match.end(), self._amount(number, match["sign"]), "money")
        if match := self._unit_behind(line, number):
            said = self.with_unit(number, self._forms(match))
            return self._with_per(line, self._stop(line, match), said, "measure")
        end = number.end + (text[number.end : number.end + 2] == " %")
        if table.percent and text[end : end + 1] == "%":
            said = self.with_unit(number, (table.percent, table.percent))
            return Reading(end + 1, said, "measure")
        return self._numbers.counted(line, at, number)

    def with_unit(self, number: Reading, forms: tuple[str, str]) -> str:
        """Return a number and its noun, which has a form for one and one for more."""
        value = number.value
        is_one = value == 1 or (self._table.one_below_two and value is not None and value < 2)
        noun = forms[not is_one]
        of = self._numbers.of_many(noun, number) or (" " if self._table.is_spaced else "")
        of = f" {of}" if of.strip() else of
        return f"{self._numbers.before(noun, number)}{of}{noun}"

    def unit(self, sign: str, number: int) -> str:
        """Return whole `number` with the unit that is written `sign`."""
        return self.with_unit(self._numbers.whole(number), self._table.units[sign])

    def _unit_behind(self, line: Line, number: Reading) -> re.Match[str] | None:
        match = self._unit.match(line.text, number.end)
        if match is None or match["unit"] in _CASED or match[0] in _WORDS:
            return None
        if match["unit"] in {"W", "w"} and (number.value or 0) < _MOST_LOST_WATTS:
            return None
        return match

    def _forms(self, match: re.Match[str]) -> tuple[str, str]:
        forms = self._table.units[match["unit"].lower()]
        power = self._table.powers.get(match["power"] or "")
        if power is None:
            return forms
        one, more = power
        if one.startswith("{"):
            return one.format(forms[0]), more.format(forms[1])
        return one.format(forms[0].lower()), more.format(forms[1].lower())

    def _stop(self, line: Line, match: re.Match[str]) -> int:
        """Return where a unit ends: behind the stop of an abbreviation, unless a sentence ends."""
        end = match.end()
        is_short = match["unit"].lower() in self._table.stopped
        following = line.text[end : end + 3]
        if (
            is_short
            and following[:2] == ". "
            and (following[2:].islower() or following[2:].isdigit())
        ):
            return end + 1
        return end

    def _with_per(self, line: Line, end: int, said: str, kind: str) -> Reading:
        match = self._per.match(line.text, end)
        if match is None:
            return Reading(end, said, kind)
        per = self._table.per_units[match["unit"].lower()]
        return Reading(match.end(), f"{said} {self._table.per} {per}", kind)

    def _per_alone(self, line: Line, at: int) -> Reading | None:
        """Read the stroke of "Spiele/Tag"."""
        match = self._per.match(line.text, at)
        if match is None or len(match["unit"]) < 3 or not line.text[at - 1 : at].isalpha():
            return None
        per = self._table.per_units[match["unit"].lower()]
        return Reading(match.end(), f" {self._table.per} {per}", "measure")

    def _paid(self, line: Line, at: int) -> Reading | None:
        """Read a currency before its number."""
        match = self._before.match(line.text, at)
        if match is None or (at and line.text[at - 1].isalnum()):
            return None
        number = self._numbers.plain(line, match.end())
        if number is None:
            return None
        number = self._numbers.scaled(line, number, is_unit=False)
        if code := self._behind.match(line.text, number.end):
            return Reading(code.end(), self._amount(number, code["sign"]), "money")
        noun = line.after(number.end)
        if noun.lower() in self._money_nouns:  # "$100 pesos"
            return number._replace(said=self._numbers.before(noun, number), kind="money")
        return self._with_per(line, number.end, self._amount(number, match["sign"]), "money")

    def _amount(self, number: Reading, sign: str) -> str:
        table = self._table
        forms, cents = table.currencies[sign], table.cents.get(sign)
        hundredths = round((number.value or 0) * 100) % 100
        if number.value and not number.value % 1 and table.point_word in number.said.split():
            number = self._numbers.whole(int(number.value))  # $2.00
        if number.value is None or not hundredths or cents is None:
            return self.with_unit(number, forms)
        whole = int(number.value)
        small = self.with_unit(self._numbers.whole(hundredths), cents)
        if not whole:
            return small
        main = self.with_unit(self._numbers.whole(whole), forms)
        return table.cents_after.format(whole=main, cents=small)

    def _coins(self, line: Line, at: int) -> Reading | None:
        """Read 5€50."""
        match = _COINS.match(line.text, at)
        if match is None or match[2] not in self._table.currencies:
            return None
        number = self._numbers.reading(match.end(), match[1], match[3], is_grouped=False)
        return Reading(match.end(), self._amount(number, match[2]), "money")

    def _high(self, line: Line, at: int) -> Reading | None:
        """Read 1m80 and 1,80 m, the height of somebody."""
        match = _HEIGHT.match(line.text, at)
        if match is None:
            return None
        centimetres = int(match["cm"] or match["of"])
        if not centimetres or line.text[match.end() : match.end() + 1] == "/":
            return None
        whole = self.unit("m", int(match["whole"]))
        return Reading(match.end(), f"{whole} {self._numbers.words(centimetres)}", "measure")
