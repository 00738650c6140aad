"""Class number: whole ones, decimals behind either mark, thousands, millions, and their nouns."""

import re

from bot.policy.speakable.cardinals import LONGEST_CARDINAL, in_words, number_words
from bot.policy.speakable.grammar.digits import DigitRule, Rules
from bot.policy.speakable.reading import Line, Reading
from bot.policy.speakable.tables import Table
from bot.policy.speakable.tables.shared import COUNTED, SCREENS

END = r"(?![^\W_])"
"""No letter and no digit goes on."""
_SPACES = re.compile(r"[0-9]{1,3}(?:[   ][0-9]{3})+(?![0-9])")
_DOTTED = re.compile(r"[0-9]++(?:\.[0-9]++){2,}")
_SCREEN = re.compile(rf"([248])[kK]{END}")
_MILLIONS = frozenset({"million", "millions", "milliard", "milliards", "millón", "millones"})
_RATE = re.compile(rf" ?[0-9]{{2,3}} ?(?:hz|fps){END}", re.IGNORECASE)


class Numbers:
    """Numbers of one language, by its table."""

    def __init__(self, table: Table) -> None:
        """Take the table of the language."""
        self.table = table
        group, mark = re.escape(table.group), re.escape(table.mark)
        self._number = re.compile(
            rf"(?:(?P<grouped>[0-9]{{1,3}}(?:{group}[0-9]{{3}})++(?![0-9]))|(?P<whole>[0-9]++))"
            rf"(?:{mark}(?P<decimals>[0-9]++))?"
        )
        none = "" if table.point_word else r"(?!)"
        self._pointed = re.compile(
            rf"{none}(?:(?P<whole>[0-9]{{1,9}}){group}(?P<decimals>[0-9]{{1,2}}|[0-9]{{4,6}})"
            rf"|(?P<zero>0){group}(?P<rest>[0-9]{{3}}))(?!{group}?[0-9])"
        )
        self._swapped = re.compile(
            rf"{none}(?P<whole>[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}}){{1,4}})(?![0-9])"
            rf"(?:{group}(?P<decimals>[0-9]{{1,2}})(?![0-9]))?"
        )
        scales = "|".join(sorted(table.scales, key=len, reverse=True)) or r"(?!)"
        self._scale = re.compile(rf" ?(?P<scale>{scales})\.?{END}", re.IGNORECASE)

    def rules(self) -> Rules:
        """Return the rules of numbers that are no measure."""
        return (
            DigitRule(self._dot_joined, "."),
            *((DigitRule(self._screen, "a"),) if self.table.resolution else ()),
        )

    def words(self, number: int, to: str = "cardinal") -> str:
        """Return a whole number in words."""
        return in_words(number, self.table.language, to=to)

    def plain(self, line: Line, at: int) -> Reading | None:
        """Read a number alone: 1.234,5 and, where nothing else is meant, 1.5 or 500,000."""
        known = line.quantities
        if at not in known:
            known[at] = self._plain(line, at)
        return known[at]

    def _plain(self, line: Line, at: int) -> Reading | None:
        if spaced := _SPACES.match(line.text, at):
            return self.reading(spaced.end(), re.sub(r"\D", "", spaced[0]), "", is_grouped=True)
        if other := self._other_marks(line, at):
            return other
        match = self._number.match(line.text, at)
        if match is None:
            return None
        whole = re.sub(r"\D", "", match["grouped"] or match["whole"])
        is_grouped = bool(match["grouped"])
        return self.reading(match.end(), whole, match["decimals"] or "", is_grouped=is_grouped)

    def reading(
        self, end: int, whole: str, decimals: str, *, is_grouped: bool, is_pointed: bool = False
    ) -> Reading:
        """Return the reading of a number, given as its digits."""
        table = self.table
        said = number_words(whole, decimals, table.language, is_grouped=is_grouped)
        if (
            table.years_by_hundreds
            and not (decimals or is_grouped)
            and "1100" <= whole < "2000"
            and len(whole) == 4
        ):
            said = self.words(int(whole), to="year")
        if decimals and is_pointed and table.point_word:
            digits = " ".join(self.words(int(digit)) for digit in decimals)
            units = number_words(whole, "", table.language, is_grouped=True)
            said = f"{units} {table.point_word} {digits}"
        elif decimals and table.mark_words:
            said = said.replace(*table.mark_words)
        is_sayable = len(whole) <= LONGEST_CARDINAL
        value = float(f"{whole}.{decimals or 0}") if is_sayable else None
        return Reading(end, said, "number", said, value)

    def whole(self, number: int) -> Reading:
        """Return the reading of a whole number that stands nowhere."""
        said = self.words(number)
        return Reading(0, said, "number", said, float(number))

    def counted(self, line: Line, at: int, number: Reading) -> Reading:
        """Return a number as it is said before the noun behind it."""
        noun = line.after(number.end)
        if not noun or noun.lower() in self.table.no_nouns or line.before(at) in self.table.labels:
            return number
        if line.text[at - 1 : at] in {"#", "°", "."}:
            return number
        said = self.before(noun, number)
        of = self.of_many(noun, number)
        return number._replace(said=f"{said} {of.strip()}" if of.endswith(" ") else said)

    def before(self, noun: str, number: Reading) -> str:
        """Return a number as it is said before `noun`."""
        said = number.said
        if number.value is not None and number.value % 1:
            return said
        for ending, others in self.table.before_noun.items():
            if said.endswith(ending):
                return said.removesuffix(ending) + others[self.is_feminine(noun)]
        return said

    def of_many(self, noun: str, number: Reading) -> str:
        """Return what stands between whole millions and their noun: "un million d'euros"."""
        small = noun.lower()
        if not self.table.of_millions or number.said.rpartition(" ")[2] not in _MILLIONS:
            return ""
        if small in self.table.no_nouns or small.startswith("d'"):
            return ""
        return self.table.of_millions[small[0] in "aeiouhéèê"]

    def is_feminine(self, noun: str) -> bool:
        """Tell whether `noun` is feminine, as far as its end tells, and a short list."""
        table, small = self.table, noun.lower().partition(" ")[0]
        if small in table.feminine_nouns or small.removesuffix("s") in table.feminine_nouns:
            return True
        if small in table.other_nouns or small.removesuffix("s") in table.other_nouns:
            return False
        return bool(table.feminine) and small.rstrip("s").endswith(table.feminine)

    def scaled(self, line: Line, number: Reading, *, is_unit: bool) -> Reading:
        """Return a number with the scale behind it: 10k, 1,2M, 3 mil; `is_unit` is of a letter."""
        text = line.text
        match = self._scale.match(text, number.end)
        if match is None or number.value is None:
            return number
        sign = match["scale"]
        is_counted = self._is_counted(line, match.end())
        if len(sign) == 1:
            if match[0].startswith(" ") and not (sign == "M" and is_counted):
                return number
            if is_unit and not is_counted:
                return number
            if sign == "m" and "m" not in self.table.scales and not is_counted:
                return number
        scale = self.table.scales.get(sign) or self.table.scales.get(sign.lower())
        value = round(number.value * (scale or self.table.scales[sign.upper()]), 3)
        if value >= 10**LONGEST_CARDINAL or value % 1:
            return number
        said = self.words(int(value))
        if self.table.million and scale != 1000 and value > 1_000_000 and value % 1_000_000:
            one, many = self.table.million
            said = f"{number.said} {one if number.value < 2 else many}"
        return Reading(match.end(), said, "number", said, value)

    @staticmethod
    def _is_counted(line: Line, end: int) -> bool:
        following = line.text[end : end + 12].lower()
        noun = line.after(end).lower()
        if noun in {"d", "de", "di"} or noun.startswith("d'"):
            words = re.findall(r"[^\W\d_]+", line.text[end : end + 32].lower())[1:2]
            return bool(words) and words[0] in COUNTED
        return noun in COUNTED or following.lstrip(" ")[:1] in {"€", "$", "£"}

    def _other_marks(self, line: Line, at: int) -> Reading | None:
        """Read 1.5 where decimals have a comma, and 500,000 where thousands have a point."""
        text = line.text
        if match := self._pointed.match(text, at):
            whole, decimals = match["whole"] or "0", match["decimals"] or match["rest"]
            return self.reading(match.end(), whole, decimals, is_grouped=False, is_pointed=True)
        match = self._swapped.match(text, at)
        if match is None:
            return None
        groups = match["whole"].split(self.table.mark)
        is_round = len(groups) > 2 or match["decimals"] or groups[-1] == "000"
        if not (is_round or self.table.comma_thousands):
            return None
        whole = "".join(groups)
        decimals = match["decimals"] or ""
        return self.reading(match.end(), whole, decimals, is_grouped=True, is_pointed=True)

    def _dot_joined(self, line: Line, at: int) -> Reading | None:
        """Read versions and addresses: 1.2.3."""
        match = _DOTTED.match(line.text, at)
        if match is None:
            return None
        table = self.table
        parts = match[0].split(".")
        if len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]):
            if table.group == ".":
                return None
            return self.reading(match.end(), "".join(parts), "", is_grouped=True)
        point = f" {table.point_word} " if table.point_word else " "
        said = point.join(number_words(part, "", table.language) for part in parts[:6])
        return Reading(match.end(), said, "version")

    def _screen(self, line: Line, at: int) -> Reading | None:
        """Read 4K, the resolution; 4k viewers are counted."""
        match = _SCREEN.match(line.text, at)
        if match is None:
            return None
        end = match.end()
        is_shown = line.after(end).lower() in SCREENS or _RATE.match(line.text, end)
        is_small = line.text[end - 1] == "k" and line.before(at) not in {"in", "en", "auf"}
        if self._is_counted(line, end) or (is_small and not is_shown):
            return None
        return Reading(end, self.table.resolution.format(n=self.words(int(match[1]))), "model")
