"""Matcher: blocked words by what they look like, with endings, inside names, and by their sound."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from bot.policy.draft import Span
from bot.policy.words.allowed import Allowed
from bot.policy.words.blocklist import Blocklist
from bot.policy.words.compounds import Compounds, forms
from bot.policy.words.disguises import seen_as
from bot.policy.words.heard import Heard
from bot.policy.words.lexicon import is_english
from bot.policy.words.numerals import Numerals
from bot.policy.words.skeleton import seen
from bot.policy.words.splits import CONTRACTION, GRAMMAR
from bot.policy.words.tokens import EDGES, Token, humps, is_end, spellings, tokens

_SHORTEST = 3
"""Letters of a word that is looked for with endings and by its sound."""
_JOINED = re.compile(r"[\s'’_,-]{1,3}")
"""What may stand between two halves of a word that sound like it."""
_CACHED = 8_192
_LEAST_HALF = 2
_LONGEST_TOKEN = 60


class Matcher:
    """Words and regular expressions that share one remedy."""

    def __init__(
        self, words: Iterable[str], patterns: Iterable[str] = (), *, allowed: Allowed | None = None
    ) -> None:
        """Take blocked words, regular expressions, and what is never blocked."""
        words = list(words)
        self._seen = Blocklist(words, patterns)
        self._allowed = allowed or Allowed(())
        plain = {_sounded(word) for word in words if "*" not in word}
        letters = {word for word in plain if len(word) >= _SHORTEST and word.isalpha()}
        phrases = (phrase.casefold().split() for phrase in words if " " in phrase)
        letters |= {form for phrase in phrases for form in _inflected(phrase)}
        self._compounds = Compounds(letters, _letters)
        self._heard = Heard(plain)
        self._is_blocked = lru_cache(maxsize=_CACHED)(self._look)
        self._numbers = Numerals(word for word in plain if word.isdecimal())

    def __bool__(self) -> bool:
        """Tell whether anything is listed."""
        return bool(self._seen)

    def find(self, text: str, *, patterns_only: bool = False) -> list[Span]:
        """Return the blocked spans of clean `text`, in order, possibly overlapping."""
        spans = self._seen.find(text, patterns_only=patterns_only)
        if not patterns_only:
            if self._compounds:
                spans += self._in_tokens(text, "")
                for reading in seen_as(text):
                    spans += self._in_tokens(reading, text)
            if self._numbers:
                spans += self._numbers.find(text)
        return sorted(self._allowed.without(spans, text)) if spans else spans

    def _in_tokens(self, text: str, besides: str) -> Iterator[Span]:
        """Yield the spans of `text`, but in words that stand in `besides` at the same place."""
        before: Token | None = None
        was_english = True
        for token in tokens(text):
            is_old = besides[token.start : token.end] == token.text
            if len(token.text) > _LONGEST_TOKEN or is_old:
                before = None
                continue
            is_known = is_english(token.text.casefold().strip(EDGES))
            if not is_known:
                yield from self._in_token(token)
            if before is not None and _JOINED.fullmatch(text, before.end, token.start):
                yield from self._in_both(before, token, are_english=is_known and was_english)
            before = None if is_end(token) else token
            was_english = is_known

    def _in_token(self, token: Token) -> Iterator[Span]:
        if self._allowed.is_word(token.text) or CONTRACTION.fullmatch(token.text.casefold()):
            return
        parts = list(humps(token))
        # Whoever writes CucumberCat divides it; a blocked word may be made of such parts too.
        if not parts or not all(map(self._is_innocent, parts)):
            if any(map(self._is_blocked, spellings(token.text))):
                yield token.start, token.end
                return
        for part in parts:
            if not self._is_innocent(part) and any(map(self._is_blocked, spellings(part.text))):
                yield part.start, part.end
        for first, second in pairwise(parts):
            if self._compounds.is_form((first.text + second.text).casefold()):
                yield first.start, second.end

    def _is_innocent(self, part: Token) -> bool:
        word = part.text.casefold()
        if self._allowed.is_word(word):
            return True
        return (word.isdecimal() or is_english(word)) and not self._compounds.is_form(word)

    def _in_both(self, first: Token, second: Token, *, are_english: bool) -> Iterator[Span]:
        """Yield the span of two halves that make a blocked word, or together sound like one.

        Two words of English sound like themselves.
        """
        for before in spellings(first.text)[:2]:
            for behind in spellings(second.text)[:2]:
                if min(len(before), len(behind)) < _LEAST_HALF:
                    continue
                if not GRAMMAR.isdisjoint((before, behind)):
                    continue
                joined = before + behind
                if self._compounds.is_form(joined) or (
                    not are_english and self._heard.is_blocked(joined)
                ):
                    yield first.start, second.end
                    return

    def _look(self, word: str) -> bool:
        return self._compounds.is_blocked(word) or self._heard.is_blocked(word)


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
