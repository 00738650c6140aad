"""Class word: abbreviations of chat, also with digits and stops, labels (#1, lvl 60), symbols."""

import re
from collections import defaultdict
from collections.abc import Mapping

from bot.policy.speakable.reading import Line, Reading, Rule
from bot.policy.speakable.tables import Table

_WORD = re.compile(r"[^\W\d_]++(?![^\W_]|['&-])")
_FIRST = re.compile(r"[^\W\d_]+")
_NO_STARTS = ("'", "#", "@", "-", ".")
_HASH = re.compile(r"#(?=[0-9]{1,4}(?![^\W_]))")
_BEFORE_NUMBER = re.compile(r"[^\W\d_]++(?:\.|°)? ?(?=[0-9])")
_SOON = re.compile(r" [0-9]{1,3} ?(?:min|mn|h|j|sec|s|heure|jour|an|mois)")
_TOUCHING = frozenset({"no"})
"""Numbers as NFKC writes them (nº): they touch their digits, or are the word of an article."""
_ARTICLES = frozenset({"el", "le", "der", "die"})


def _letters(written: str) -> str:
    return written.rstrip("°.")


class Words:
    """Words of chat of one language."""

    def __init__(self, table: Table) -> None:
        """Take the table of the language."""
        self._table = table
        self._phrases: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._slang: dict[str, str] = {}
        for written, said in table.slang.items():
            first = _FIRST.match(written)
            if _FIRST.fullmatch(written):
                self._slang[written] = said
            elif first:
                self._phrases[first[0]].append((written, said))
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase[0]))

    def slang_rules(self) -> tuple[Rule, ...]:
        """Return the rules of abbreviations."""
        return (
            Rule(self._abbreviation, words=self._slang),
            Rule(self._phrase, words=self._phrases),
            Rule(self._guarded, words=self._table.short_words),
        )

    def label_rules(self) -> tuple[Rule, ...]:
        """Return the rules of what numbers are called: #1, lvl 60, Nr. 5."""
        number = self._table.number_word
        return (
            *((Rule(self._hash, signs="#"),) if number else ()),
            Rule(self._label, words={*map(_letters, self._table.label_words), *_TOUCHING}),
        )

    def symbol_rules(self) -> tuple[Rule, ...]:
        """Return the rules of symbols."""
        return (Rule(self._symbol, signs="".join(self._table.symbols)),)

    def _symbol(self, line: Line, at: int) -> Reading | None:
        return Reading(at + 1, self._table.symbols[line.text[at]])

    def _abbreviation(self, line: Line, at: int) -> Reading | None:
        """Read an abbreviation of chat, written small."""
        match = _WORD.match(line.text, at)
        if match is None or not match[0].islower() or line.text[at - 1 : at] in _NO_STARTS:
            return None
        said = self._slang.get(match[0])
        return Reading(match.end(), said, "slang") if said else None

    def _phrase(self, line: Line, at: int) -> Reading | None:
        """Read an abbreviation that has digits, stops or blanks: gn8, z.B., c koi."""
        text = line.text
        if at and (text[at - 1] in _NO_STARTS or text[at - 1].isalnum()):
            return None
        first = _FIRST.match(text, at)
        if first is None:
            return None
        for written, said in self._phrases[first[0].lower()]:
            end = at + len(written)
            is_same = text[at:end] == written
            if not is_same and (len(written) < 3 or text[at:end].lower() != written):
                continue  # A+ is a grade
            if not line.is_end(end):
                continue
            if written[-1] == "." and not text[end : end + 3].strip():
                end -= written.count(".") == 1  # the stop is that of the sentence
            return Reading(end, said, "slang")
        return None

    def _guarded(self, line: Line, at: int) -> Reading | None:
        """Read a letter that is a word only before certain ones: "c pas", "g perdu"."""
        match = _WORD.match(line.text, at)
        if match is None or not match[0].islower() or line.text[at - 1 : at] in _NO_STARTS:
            return None
        said, after, before = self._table.short_words[match[0]]
        is_word = line.after(match.end()).lower().partition("'")[0] in after
        is_word |= len(match[0]) > 1 and _SOON.match(line.text, match.end()) is not None
        return (
            Reading(match.end(), said, "slang")
            if is_word and line.before(at) not in before
            else None
        )

    def _hash(self, line: Line, at: int) -> Reading | None:
        if at and line.text[at - 1].isalnum():
            return None
        match = _HASH.match(line.text, at)
        return Reading(match.end(), self._table.number_word, "label") if match else None

    def _label(self, line: Line, at: int) -> Reading | None:
        """Read an abbreviation that stands before a number."""
        match = _BEFORE_NUMBER.match(line.text, at)
        if match is None or line.text[at - 1 : at] in _NO_STARTS:
            return None
        labels: Mapping[str, str] = self._table.label_words
        written = match[0].rstrip(" 0123456789").lower()
        said = labels.get(written) or labels.get(written.rstrip("."))
        is_number = match[0][-1] != " " or line.before(at) in _ARTICLES
        if is_number and written.rstrip(".") in _TOUCHING:
            said = self._table.number_word
        if not said:
            return None
        end = match.end()
        return Reading(end - (line.text[end - 1] == " "), said, "label")
