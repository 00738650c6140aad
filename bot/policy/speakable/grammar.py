"""Grammar of the languages other than English: numbers, money, measures, dates by their tables."""

import re

from bot.config.policy import SpeakableSettings
from bot.policy.speakable.cardinals import LONGEST_CARDINAL, in_words, minus, number_words
from bot.policy.speakable.reading import Line, Reader, Reading, Rule
from bot.policy.speakable.tables import table_of

_END = r"(?![^\W_])"
_DOTTED = re.compile(r"[0-9]++(?:\.[0-9]++){2,}")
_DATE = re.compile(
    r"(?:(?P<day>0?[1-9]|[12][0-9]|3[01])(?P<sign>[./-])(?P<month>0?[1-9]|1[0-2])(?P=sign)"
    r"(?P<year>(?:1[0-9]|20)[0-9]{2})|(?P<year2>(?:1[0-9]|20)[0-9]{2})(?P<sign2>[-/.])"
    rf"(?P<month2>0?[1-9]|1[0-2])(?P=sign2)(?P<day2>0?[1-9]|[12][0-9]|3[01]))(?![0-9]){_END}"
)
_CLOCK = re.compile(
    rf"(?P<hour>[01]?[0-9]|2[0-4])[:hH](?P<minute>[0-5][0-9])(?: ?Uhr| ?hs?)?(?![:.,]?[0-9]){_END}"
)
_DAY = re.compile(r"(?P<day>0?[1-9]|[12][0-9]|3[01])\.(?P<month>0?[1-9]|1[0-2])\.(?= |$)")
_SCORE = re.compile(rf"([0-9]{{1,3}}):([0-9]{{1,3}})(?![:.,]?[0-9]){_END}")
_TIMES = re.compile(rf"([0-9]{{1,3}})[xX]{_END}")
_FEMININE = ("a", "ª", "re", "res")
"""How what is written behind the digits of a feminine ordinal ends."""
_DASH = re.compile(r" ?[-~] ?(?=[0-9])")
_SPACES = re.compile(r"[0-9]{1,3}(?:[   ][0-9]{3})+(?![0-9])")


class Grammar:
    """Reading of one language, as its table says; what no rule claims stays as it is."""

    def __init__(self, settings: SpeakableSettings) -> None:
        self._table = table = table_of(settings.language)
        self.decimal_mark = table.mark
        group, mark = re.escape(table.group), re.escape(table.mark)
        self._number = re.compile(
            rf"(?:(?P<grouped>[0-9]{{1,3}}(?:{group}[0-9]{{3}})++(?![0-9]))|(?P<whole>[0-9]++))"
            rf"(?:{mark}(?P<decimals>[0-9]++))?"
        )
        signs = "|".join(sorted(map(re.escape, table.currencies), key=len, reverse=True)) or r"(?!)"
        self._money_before = re.compile(rf"(?P<sign>{signs}) ?(?=[0-9])")
        self._money_behind = re.compile(rf" ?(?P<sign>{signs}){_END}")
        units = "|".join(sorted(map(re.escape, table.units), key=len, reverse=True)) or r"(?!)"
        self._unit = re.compile(rf" ?(?P<unit>{units}){_END}", re.IGNORECASE)
        scales = "|".join(sorted(table.scales, key=len, reverse=True)) or r"(?!)"
        self._scale = re.compile(rf" ?(?P<scale>{scales})\.?{_END}", re.IGNORECASE)
        self._ordinal = re.compile(rf"(?P<n>[0-9]{{1,4}}){table.ordinals or '(?!)'}")
        self._slang = dict(table.slang) if settings.slang else {}
        numbers = self._number_rules() if settings.numbers else ()
        self._numbers = Reader(numbers)
        self._chat = Reader(
            [
                Rule(self._abbreviation, words=self._slang),
                *numbers,
                *((Rule(self._symbol, signs="".join(table.symbols)),) if settings.symbols else ()),
            ]
        )

    def read(self, text: str) -> str:
        """Return chat in words; where there are no words for a number, its digits stay."""
        return self._chat.read(Line(text))

    def read_numbers(self, text: str) -> str:
        """Return text of the configuration, such as an introduction, with its numbers in words."""
        return self._numbers.read(Line(text))

    def _number_rules(self) -> tuple[Rule, ...]:
        starts = "".join({sign[0] for sign in self._table.currencies if not sign[0].isalpha()})
        words = [sign.lower() for sign in self._table.currencies if sign.isalpha()]
        letters = any(sign[0].isalpha() and not sign.isalpha() for sign in self._table.currencies)
        return (
            Rule(self._dated, digits=True),
            Rule(self._day, digits=True),
            Rule(self._timed, digits=True),
            Rule(self._scored, digits=True),
            Rule(self._repeated, digits=True),
            Rule(self._placed, digits=True),
            Rule(self._ranged, digits=True),
            Rule(self._dot_joined, digits=True),
            Rule(self._measured, digits=True, inside=True),
            Rule(self._paid, signs=starts, words=words, letters=letters),
            Rule(self._negative, signs="-"),
        )

    def _plain(self, line: Line, at: int) -> Reading | None:
        """Read a number alone: 1.234,5."""
        if spaced := _SPACES.match(line.text, at):
            return self._reading(spaced.end(), re.sub(r"\D", "", spaced[0]), "", is_grouped=True)
        match = self._number.match(line.text, at)
        if match is None:
            return None
        whole = re.sub(r"\D", "", match["grouped"] or match["whole"])
        is_grouped = bool(match["grouped"])
        return self._reading(match.end(), whole, match["decimals"] or "", is_grouped=is_grouped)

    def _reading(self, end: int, whole: str, decimals: str, *, is_grouped: bool) -> Reading:
        said = number_words(whole, decimals, self._table.language, is_grouped=is_grouped)
        if (
            self._table.years_by_hundreds
            and not (decimals or is_grouped)
            and "1100" <= whole < "2000"
            and len(whole) == 4
        ):
            said = in_words(int(whole), self._table.language, to="year")
        if decimals and self._table.mark_words:
            said = said.replace(*self._table.mark_words)
        is_sayable = len(whole) <= LONGEST_CARDINAL
        return Reading(
            end, said, "number", said, float(f"{whole}.{decimals or 0}") if is_sayable else None
        )

    def _measured(self, line: Line, at: int) -> Reading | None:
        """Read a number with a scale, a unit, a currency or a percent sign behind it."""
        number = self._plain(line, at)
        if number is None:
            return None
        number = self._scaled(line, number)
        text, table = line.text, self._table
        if match := self._money_behind.match(text, number.end):
            return Reading(match.end(), self._amount(number, match["sign"]), "money")
        if match := self._unit.match(text, number.end):
            said = self._with_unit(number, table.units[match["unit"].lower()])
            return Reading(match.end(), said, "measure")
        end = number.end + (text[number.end : number.end + 2] == " %")
        if table.percent and text[end : end + 1] == "%":
            said = self._with_unit(number, (table.percent, table.percent))
            return Reading(end + 1, said, "measure")
        if noun := line.after(number.end):
            return number._replace(said=self._before(noun, number.said))
        return number

    def _scaled(self, line: Line, number: Reading) -> Reading:
        match = self._scale.match(line.text, number.end)
        if match is None or number.value is None:
            return number
        is_unit = self._unit.match(line.text, number.end) or match[0].startswith(" ")
        scale = self._table.scales[match["scale"].lower()]
        value = number.value * scale
        if (is_unit and len(match["scale"]) == 1) or value >= 10**LONGEST_CARDINAL or value % 1:
            return number
        said = in_words(int(value), self._table.language)
        return Reading(match.end(), said, "number", said, value)

    def _paid(self, line: Line, at: int) -> Reading | None:
        """Read a currency before its number."""
        match = self._money_before.match(line.text, at)
        if match is None or (at and line.text[at - 1].isalnum()):
            return None
        number = self._plain(line, match.end())
        if number is None:
            return None
        number = self._scaled(line, number)
        return Reading(number.end, self._amount(number, match["sign"]), "money")

    def _amount(self, number: Reading, sign: str) -> str:
        table = self._table
        forms, cents = table.currencies[sign], table.cents.get(sign)
        hundredths = round((number.value or 0) * 100) % 100
        if number.value is None or not hundredths or cents is None:
            return self._with_unit(number, forms)
        whole = int(number.value)
        small = self._with_unit(self._whole(hundredths), cents)
        if not whole:
            return small
        main = self._with_unit(self._whole(whole), forms)
        return table.cents_after.format(whole=main, cents=small)

    def _whole(self, number: int) -> Reading:
        said = in_words(number, self._table.language)
        return Reading(0, said, "number", said, float(number))

    def _with_unit(self, number: Reading, forms: tuple[str, str]) -> str:
        noun = forms[number.value != 1]
        return f"{self._before(noun, number.said)}{' ' if self._table.is_spaced else ''}{noun}"

    def _before(self, noun: str, said: str) -> str:
        """Return a number as it is said before `noun`."""
        feminine = self._table.feminine
        is_feminine = bool(feminine) and noun.rstrip("s").endswith(feminine)
        for ending, others in self._table.before_noun.items():
            if said.endswith(ending):
                return said.removesuffix(ending) + others[is_feminine]
        return said

    def _negative(self, line: Line, at: int) -> Reading | None:
        """Read -5, where the hyphen stands behind no word."""
        if at and not line.text[at - 1].isspace():
            return None
        following = line.text[at + 1 : at + 2]
        if not ("0" <= following <= "9"):
            return None
        number = self._measured(line, at + 1)
        sign = self._table.minus or minus(self._table.language)
        return Reading(number.end, f"{sign} {number.said}".strip(), "number") if number else None

    def _ranged(self, line: Line, at: int) -> Reading | None:
        """Read 5-10 and 5-10 %."""
        first = self._plain(line, at)
        if first is None or not self._table.to or line.text[at - 1 : at] == "-":
            return None
        match = _DASH.match(line.text, first.end)
        second = self._measured(line, match.end()) if match else None
        if second is None or line.text[second.end : second.end + 1] == "-":
            return None
        if second.kind == "number" and (second.value or 0) <= (first.value or 0):
            return Reading(second.end, f"{first.said} {second.said}", "score")
        return Reading(second.end, f"{first.said} {self._table.to} {second.said}", "range")

    def _dated(self, line: Line, at: int) -> Reading | None:
        """Read 31.12.2024 and 2024-12-31."""
        table = self._table
        match = _DATE.match(line.text, at)
        if match is None or not table.months:
            return None
        day = int(match["day"] or match["day2"])
        month = int(match["month"] or match["month2"])
        year = int(match["year"] or match["year2"])
        date = self._day_and_month(line, at, day, month)
        spoken = in_words(
            year, table.language, to="year" if table.years_by_hundreds else "cardinal"
        )
        if not table.is_spaced:
            return Reading(match.end(), f"{spoken}年{date}", "date")
        return Reading(match.end(), f"{date}{table.of_year}{spoken}", "date")

    def _day(self, line: Line, at: int) -> Reading | None:
        """Read 15.03. where ordinals have a stop, unless it may end a sentence."""
        match = _DAY.match(line.text, at) if self._table.day_is_ordinal else None
        if match is None:
            return None
        is_dated = line.before(at) in self._table.inflected_after
        is_first = not line.text[:at].strip() and line.text[match.end() + 1 :][:1].islower()
        if not is_dated and not is_first:  # "Version 1.2. ist raus"
            return None
        said = self._day_and_month(line, at, int(match["day"]), int(match["month"]))
        return Reading(match.end(), said, "date")

    def _day_and_month(self, line: Line, at: int, day: int, month: int) -> str:
        table = self._table
        said = in_words(day, table.language, to="ordinal" if table.day_is_ordinal else "cardinal")
        if day == 1 and table.first_day:
            said = table.first_day
        name = table.months[month - 1]
        return table.date.format(day=self._inflected(line, at, said, name), month=name)

    def _scored(self, line: Line, at: int) -> Reading | None:
        """Read 1:0, the score of a match."""
        match = _SCORE.match(line.text, at)
        between = self._table.against or self._table.to
        if match is None or not between:
            return None
        first, second = (in_words(int(number), self._table.language) for number in match.groups())
        space = " " if self._table.is_spaced else ""
        return Reading(match.end(), f"{first}{space}{between}{space}{second}", "score")

    def _repeated(self, line: Line, at: int) -> Reading | None:
        """Read 3x as "three times"."""
        match = _TIMES.match(line.text, at) if self._table.times else None
        if match is None:
            return None
        times = self._before("", in_words(int(match[1]), self._table.language))
        return Reading(match.end(), self._table.times.format(n=times), "number")

    def _timed(self, line: Line, at: int) -> Reading | None:
        """Read 10:30 and 10h30."""
        match = _CLOCK.match(line.text, at)
        if match is None:
            return None
        hour = in_words(int(match["hour"]), self._table.language)
        if self._table.language == "de":
            hour = self._before("Uhr", hour)
        minute = int(match["minute"])
        if not minute:
            return Reading(match.end(), self._table.full_hour.format(hour=hour), "time")
        said = self._table.clock.format(hour=hour, minute=in_words(minute, self._table.language))
        return Reading(match.end(), said, "time")

    def _placed(self, line: Line, at: int) -> Reading | None:
        """Read 3º, 2e, 1. as ordinals."""
        match = self._ordinal.match(line.text, at)
        if match is None:
            return None
        table = self._table
        said = in_words(int(match["n"]), table.language, to="ordinal")
        if table.feminine_ordinal and match[0].endswith(_FEMININE):
            masculine, feminine = table.feminine_ordinal
            if said.endswith(masculine):
                said = said.removesuffix(masculine) + feminine
        noun = line.after(match.end())
        return Reading(match.end(), self._inflected(line, at, said, noun), "ordinal")

    def _inflected(self, line: Line, at: int, said: str, noun: str) -> str:
        """Return an ordinal as it ends between the word before it and its noun."""
        if line.before(at) in self._table.inflected_after:
            return f"{said}n"
        ending = self._table.ordinal_endings.get(noun, "") if line.begins_sentence(at) else ""
        return f"{said}{ending}"

    def _dot_joined(self, line: Line, at: int) -> Reading | None:
        """Read versions and addresses: 1.2.3."""
        match = _DOTTED.match(line.text, at)
        if match is None:
            return None
        parts = match[0].split(".")
        if len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]):
            return (
                None
                if self._table.group == "."
                else self._reading(match.end(), "".join(parts), "", is_grouped=True)
            )
        said = " ".join(number_words(p, "", self._table.language) for p in parts[:6])
        return Reading(match.end(), said, "version")

    def _symbol(self, line: Line, at: int) -> Reading | None:
        return Reading(at + 1, self._table.symbols[line.text[at]])

    def _abbreviation(self, line: Line, at: int) -> Reading | None:
        """Read an abbreviation of chat, written small."""
        match = _WORD.match(line.text, at)
        if (
            match is None
            or not match[0].islower()
            or line.text[at - 1 : at] in ("'", "#", "@", "-", ".")
        ):
            return None
        said = self._slang.get(match[0])
        return Reading(match.end(), said, "slang") if said else None


_NO_STARTS = ("'", "#", "@", "-", ".")
_WORD = re.compile(r"[^\W\d_]++(?![^\W_]|['&-])")
