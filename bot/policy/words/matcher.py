"""Matcher: blocked words by what they look like, with endings, inside names, and by their sound."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from bot.policy.draft import Span
from bot.policy.words.allowed import Allowed
from bot.policy.words.blocklist import Blocklist
from bot.policy.words.compounds import Compounds, forms
from bot.policy.words.disguises import seen_as
from bot.policy.words.heard import Heard
from bot.policy.words.lexicon import is_english
from bot.policy.words.numerals import Numerals
from bot.policy.words.romanized import romanized
from bot.policy.words.skeleton import is_foreign, seen
from bot.policy.words.splits import CONTRACTION, GRAMMAR
from bot.policy.words.tokens import EDGES, WORDS, Token, humps, spellings

_LONG = 6
"""Letters of a word of which only the beginning is listed, which is looked for by its sound."""
_SHORTEST = 3
"""Letters of a word that is looked for with endings and by its sound."""
_JOINED = re.compile(r"[\s'_,-]{1,3}")
"""What may stand between two halves of a word that sound like it."""
_CACHED = 8_192
_TEXTS = 256
"""Texts whose result is kept: a message is looked at as written and as spoken."""
_LEAST_HALF = 2
_STRETCHED = re.compile(r"[sz]{2,}$|([a-z])\1+$")
"""End that is drawn out: a plural, or the last letter."""
_TWO_SENTENCES = re.compile(r"(?:[a-z]{2}|[0-9]{2})[.!?]\s+(?:[A-Z][a-z]|[0-9]{2})")
_AMOUNT = re.compile(
    r"[$€£¥][0-9]{1,9}[.,][0-9]{1,3}(?![0-9.,])"
    r"|(?<![0-9.,])[0-9]{1,9}[.,][0-9]{1,3} ?(?:[$€£¥%]|(?:usd|eur|gbp|k[mgb]|[cm]m|[gmt]b|m|s)\b)",
    re.IGNORECASE,
)
"""Money or a measure with decimals: nobody says the digits of $88.14 as those of a number."""
_LINK = re.compile(r"['_,-]*")
"""What may stand at the ends of parts that are joined over a space."""
_CHUNKS = 16_384
_LONGEST_CHUNK = 300
_LONGEST_TOKEN = 60


class _Chunk(NamedTuple):
    """Part of a text between spaces."""

    blocked: tuple[Span, ...]
    """Ranges of blocked words in it."""
    first: str
    """First word of it; empty if there is none."""
    first_end: int
    begins: bool
    """Whether the first word may go on one before the space."""
    last: str
    last_at: int
    is_open: bool
    """Whether the last word may go on behind the space."""


_NOTHING = _Chunk((), "", 0, False, "", 0, False)  # noqa: FBT003 - as above


class Matcher:
    """Words and regular expressions that share one remedy."""

    def __init__(
        self, words: Iterable[str], patterns: Iterable[str] = (), *, allowed: Allowed | None = None
    ) -> None:
        """Take blocked words, regular expressions, and what is never blocked."""
        words = list(words)
        latin = [each for word in words for each in romanized(word)]
        spelled = {_sounded(word) for word in latin if "*" not in word}
        self._seen = Blocklist((*words, *latin), patterns)
        self._allowed = allowed or Allowed(())
        plain = {_sounded(word) for word in words if "*" not in word}
        letters = {word for word in plain | spelled if len(word) >= _SHORTEST and word.isalpha()}
        split = (phrase.casefold().split() for phrase in words if " " in phrase)
        phrases = {form for phrase in split for form in _inflected(phrase)}
        self._compounds = Compounds(letters, _letters, phrases=phrases)
        open_ended = {_sounded(word) for word in words if "*" in word.strip()[1:]}
        self._heard = Heard(plain | {word for word in open_ended if len(word) >= _LONG})
        self._digits = frozenset(word for word in plain if word.isdecimal())
        self._is_blocked = lru_cache(maxsize=_CACHED)(self._look)
        self._chunk = lru_cache(maxsize=_CHUNKS)(self._read_chunk)
        self._is_pair = lru_cache(maxsize=_CHUNKS)(self._look_at_pair)
        self._find = lru_cache(maxsize=_TEXTS)(self._find_all)
        self._numbers = Numerals(self._digits)

    def __bool__(self) -> bool:
        """Tell whether anything is listed."""
        return bool(self._seen)

    def find(self, text: str, *, patterns_only: bool = False) -> Sequence[Span]:
        """Return the blocked spans of clean `text`, in order, possibly overlapping."""
        if patterns_only and not self._seen.has_patterns:
            return ()
        if patterns_only:
            return self._allowed.without(self._seen.find(text, patterns_only=True), text)
        return self._find(text)

    def is_word(self, word: str) -> bool:
        """Tell whether `word` alone, without spaces, is blocked."""
        return word in self._digits or any(map(self._is_blocked, spellings(word)))

    def is_form(self, word: str) -> bool:
        """Tell whether `word`, in small letters, is a blocked one with an ending at most."""
        return self._compounds.is_form(word)

    def _find_all(self, text: str) -> Sequence[Span]:
        readings = seen_as(text)
        spans = self._seen.find(text, readings)
        if self._compounds:
            spans += self._in_chunks(text, "")
            for reading in readings:
                spans += self._in_chunks(reading, text)
        if self._numbers:
            spans += self._numbers.find(text)
        meant = [span for span in spans if _TWO_SENTENCES.search(text, *span) is None]
        if meant and self._digits:
            amounts = [match.span() for match in _AMOUNT.finditer(text)]
            meant = [
                span for span in meant if not any(_is_of(text, span, each) for each in amounts)
            ]
        return tuple(sorted(self._allowed.without(meant, text))) if meant else ()

    def _in_chunks(self, text: str, besides: str) -> Iterator[Span]:
        """Yield the spans of `text`, but in chunks that stand in `besides` at the same place."""
        before, before_at, start = _NOTHING, 0, 0
        for written in text.split(" "):
            chunk = self._chunk(written)
            if not besides or besides[start : start + len(written)] != written:
                for first, last in chunk.blocked:
                    yield start + first, start + last
                is_joined = before.is_open and chunk.begins
                if is_joined and self._is_pair(before.last, chunk.first):
                    yield before_at + before.last_at, start + chunk.first_end
            if chunk.first or not written:
                before, before_at = chunk, start
            start += len(written) + 1

    def _read_chunk(self, written: str) -> _Chunk:
        """Return what there is in a part of a text between spaces."""
        blocked: list[Span] = []
        found = list(WORDS.finditer(written)) if len(written) <= _LONGEST_CHUNK else []
        for token in found:
            word = token[0].lower().strip(EDGES)
            if self._compounds.is_form(word) and not self._allowed.is_word(word):
                blocked.append(token.span())
            elif len(word) <= _LONGEST_TOKEN and not is_english(word):
                blocked += self._in_token(Token.of(token))
        for first, second in pairwise(found):
            is_joined = _JOINED.fullmatch(written, first.end(), second.start())
            if is_joined and self._is_pair(first[0], second[0]):
                blocked.append((first.start(), second.end()))
        if not found:
            return _NOTHING
        first, last = found[0], found[-1]
        return _Chunk(
            blocked=tuple(blocked),
            first=first[0],
            first_end=first.end(),
            begins=_LINK.fullmatch(written, 0, first.start()) is not None,
            last=last[0],
            last_at=last.start(),
            is_open=last[0][-1] != "!" and _LINK.fullmatch(written, last.end()) is not None,
        )

    def _look_at_pair(self, first: str, second: str) -> bool:
        """Tell whether two words make a blocked one, or together sound like one."""
        if max(len(first), len(second)) > _LONGEST_TOKEN:
            return False
        words = [word.lower().strip(EDGES) for word in (first, second)]
        if any(self._allowed.is_word(word) and self._is_blocked(_letters(word)) for word in words):
            return False  # it is allowed as it is, and so before an ending: Mónaco es
        are_english = all(map(is_english, words))  # they sound like themselves
        for before in spellings(first)[:2]:
            for behind in spellings(second)[:2]:
                if min(len(before), len(behind)) < _LEAST_HALF:
                    continue
                if not GRAMMAR.isdisjoint((before, behind)):
                    continue
                if self._compounds.is_form(before + behind):
                    return True
                if not are_english and self._heard.is_blocked(_softened(before) + behind):
                    return True
        return False

    def _in_token(self, token: Token) -> Iterator[Span]:
        if self._allowed.is_word(token.text) or CONTRACTION.fullmatch(token.text.casefold()):
            return
        parts = list(humps(token))
        # Whoever writes CucumberCat divides it; a blocked word may be made of such parts too.
        is_divided = parts and (
            all(map(self._is_innocent, parts))
            or any(self._allowed.is_word(part.text) for part in parts)
        )
        if not is_divided and self._is_point(token.text):
            yield token.start, token.end
            return
        for part in parts:
            if not self._is_innocent(part) and self._is_point(part.text):
                yield part.start, part.end
        for first, second in pairwise(parts):
            if self._compounds.is_form((first.text + second.text).casefold()):
                yield first.start, second.end

    def _is_point(self, word: str) -> bool:
        """Tell whether a word of a text is a blocked one in some spelling.

        One of another script is looked at, but not read as if its look-alikes were Latin: there
        are too many ordinary words for that.
        """
        is_point = self._compounds.is_blocked if is_foreign(word) else self._is_blocked
        return any(map(is_point, spellings(word)))

    def _is_innocent(self, part: Token) -> bool:
        word = part.text.casefold()
        if self._allowed.is_word(word):
            return True
        return (word.isdecimal() or is_english(word)) and not self._compounds.is_form(word)

    def _look(self, word: str) -> bool:
        plain = _STRETCHED.sub(lambda end: end[1] or "s", word)
        return any(
            self._compounds.is_blocked(each) or self._heard.is_blocked(each)
            for each in {word, plain}
        )


def _is_of(text: str, span: Span, amount: Span) -> bool:
    """Tell whether all digits in `span` are of `amount`; a word before it can sound like 0."""
    start, end = max(span[0], amount[0]), min(span[1], amount[1])
    around = text[span[0] : start] + text[end : span[1]]
    return start < end and not any(map(str.isdigit, around))


def _softened(word: str) -> str:
    """Return the first one of two words with its end as it sounds before others: groce, vylge."""
    for end, sound in (("ce", "s"), ("ge", "j")):
        if word.endswith(end):
            return word.removesuffix(end) + sound
    return word


def _inflected(phrase: list[str]) -> Iterator[str]:
    """Yield the phrase in one word, with endings at each of its words in turn."""
    for number, part in enumerate(phrase):
        for form in forms(part):
            yield "".join((*phrase[:number], form, *phrase[number + 1 :]))


def _sounded(word: str) -> str:
    """Return the letters of `word` with their accents, which say how it sounds."""
    return "".join(filter(str.isalnum, word.casefold()))


def _letters(word: str) -> str:
    look = seen(word.strip()).text.decode()
    return "".join(letter for letter in look if letter.isalnum())
