"""Reading of a line: rules claim parts of it, the longest claim wins, and nothing is read twice.

The scheme is that of a tokenizer and classifier with semiotic classes (Taylor, "Text-to-Speech
Synthesis", 2009, chapter 5; Ebden and Sproat, "The Kestrel TTS text normalization system", 2014):
each rule knows one class of writing, such as money or dates, and looks at its context itself.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

_ATOM = re.compile(r"[0-9]++|[^\W\d_]++(?:'[^\W\d_]++)*+|[^\w\s]|_")
_WORD_BEFORE = 32
"""Characters before a place in which the word before it is looked for."""


class Reading(NamedTuple):
    """Claim of a rule: the text up to `end` is said as `said`."""

    end: int
    said: str
    kind: str = ""
    """What it is, for rules that are made of others: `number`, `money`, `time`..."""
    bare: str = ""
    """The number alone, if `said` also holds a unit behind it."""
    value: float | None = None
    """The number itself, where it has one."""


LETTER = "letter"
"""Kind of a reading that is a letter of the word around it, such as the $ of Ke$ha."""


class Line:
    """One message while it is read: its text, and what has been found at its places."""

    def __init__(self, text: str, *, is_shouted: bool = False) -> None:
        """Take clean text; a shouted one is in capitals that mean nothing."""
        self.text = text
        self.is_shouted = is_shouted
        self.quantities: dict[int, Reading | None] = {}
        """What stands at a place as a number with its unit, as far as somebody asked."""

    def before(self, at: int) -> str:
        """Return the word, in lower case, that stands before `at` with a space between."""
        if not at or self.text[at - 1] != " ":
            return ""
        words = self.text[max(at - _WORD_BEFORE, 0) : at].split()
        return words[-1].strip("(\"'").lower() if words else ""

    def after(self, end: int) -> str:
        """Return the word that stands behind `end` with a space between, as it is written."""
        match = _AFTER.match(self.text, end)
        return match[1] if match else ""

    def begins_sentence(self, at: int) -> bool:
        """Tell whether the word at `at` is the first of a sentence."""
        before = self.text[:at].rstrip(" \"'(")
        return not before or before[-1] in ".!?"

    def is_open(self, at: int) -> bool:
        """Tell whether a number may begin at `at`: it is not the end of a word or a number."""
        if not at:
            return True
        last = self.text[at - 1]
        return not (
            last.isalnum()
            or last == "_"
            or (last in ".,:" and self.text[at - 2 : at - 1].isdigit())
        )

    def is_end(self, end: int) -> bool:
        """Tell whether neither a word nor a number goes on at `end`."""
        following = self.text[end : end + 1]
        return not (following.isalnum() or following == "_")


_AFTER = re.compile(r"\s+([^\W\d_]+(?:'[^\W\d_]+)*)")

Read: TypeAlias = Callable[[Line, int], Reading | None]
"""Returns what the rule reads at a place of a line, or None."""


class Rule(NamedTuple):
    """A rule, and where it is asked."""

    read: Read
    digits: bool = False
    """Where a number begins."""
    followed: str = ""
    """Characters of which one stands behind its first digits; empty for any or none."""
    inside: bool = False
    """Where digits follow a letter directly."""
    letters: bool = False
    """At words that a digit or a sign follows directly."""
    signs: str = ""
    """At each of these characters."""
    words: Iterable[str] = ()
    """At each of these words, in lower case."""
    every_word: bool = False
    """At every word."""


class Reader:
    """Rules, sorted by what they begin with."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Take the rules; of equally long readings the first rule's counts."""
        numbers = [rule for rule in rules if rule.digits]
        self._digits = [rule.read for rule in numbers if not rule.followed]
        self._digits_before = {
            sign: [rule.read for rule in numbers if not rule.followed or sign in rule.followed]
            for sign in sorted({sign for rule in numbers for sign in rule.followed})
        }
        self._inside = [rule.read for rule in rules if rule.inside]
        self._letters = [rule.read for rule in rules if rule.letters]
        self._every = [rule.read for rule in rules if rule.every_word]
        self._signs = _by_key((sign, rule.read) for rule in rules for sign in rule.signs)
        self._words = _by_key((word, rule.read) for rule in rules for word in rule.words)

    def read(self, line: Line) -> str:
        """Return the words of `line`; what no rule claims stays as it is."""
        text = line.text
        kept: list[str] = []
        end = 0
        for match in _ATOM.finditer(text):
            at = match.start()
            if at < end:
                continue
            reading = self._longest(line, at, match)
            if reading is None:
                continue
            if at == end and kept and reading.said and kept[-1].strip():
                kept.append(" ")  # two readings without anything between them
            kept.append(text[end:at])
            end = reading.end
            kept.append(_apart(text, at, reading))
        return text if not end else "".join((*kept, text[end:]))

    def _longest(self, line: Line, at: int, match: re.Match[str]) -> Reading | None:
        found: Reading | None = None
        for read in self._rules(line, at, match):
            reading = read(line, at)
            if reading is not None and (found is None or reading.end > found.end):
                found = reading
        return found

    def _rules(self, line: Line, at: int, match: re.Match[str]) -> Sequence[Read]:
        atom = match[0]
        first = atom[0]
        if "0" <= first <= "9":
            if not line.is_open(at):
                return self._inside
            following = line.text[match.end() : match.end() + 1]
            return self._digits_before.get(following, self._digits)
        if not first.isalpha():
            return self._signs.get(first, ())
        rules = self._words.get(atom.lower(), ())
        end = match.end()
        following = line.text[end : end + 1]
        if following and following not in _ENDS:
            return (*rules, *self._letters, *self._every)
        return (*rules, *self._every) if self._every else rules


_ENDS = frozenset(' ,!?;:"')
"""Characters behind a word that cannot belong to it."""


def longest(reads: Sequence[Read], line: Line, at: int) -> Reading | None:
    """Return the longest reading of `reads` at `at`, the first of equally long ones."""
    found: Reading | None = None
    for read in reads:
        reading = read(line, at)
        if reading is not None and (found is None or reading.end > found.end):
            found = reading
    return found


def _by_key(rules: Iterable[tuple[str, Read]]) -> Mapping[str, Sequence[Read]]:
    table: dict[str, list[Read]] = defaultdict(list)
    for key, read in rules:
        if read not in table[key]:
            table[key].append(read)
    return dict(table)


def _apart(text: str, at: int, reading: Reading) -> str:
    """Return what is said, with a space where a letter or a digit touches it."""
    said = reading.said
    if not said:
        return " "
    if reading.kind == LETTER:
        return said
    before = " " if _takes_space(text[at - 1 : at]) else ""
    after = " " if _takes_space(text[reading.end : reading.end + 1]) else ""
    return f"{before}{said}{after}"


def _takes_space(character: str) -> bool:
    """Tell whether a word that touches `character` needs a space; kana and kanji have none."""
    return character.isalnum() and not "\u2e80" <= character <= "\u9fff"
