"""Allowed: words and phrases that are never an alarm, such as names of places and families."""

import re
from collections.abc import Iterable

import re2

from bot.policy.draft import Span
from bot.policy.words.skeleton import seen

_N = "\ua761"
"""Letter in place of ñ."""
_MAX_MEMORY_BYTES = 64 << 20


class Allowed:
    """Words and phrases, as they look."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Take the entries; upper and lower case, accents and look-alikes do not count."""
        looks = sorted({_look(entry) for entry in entries} - {""}, key=len, reverse=True)
        self._words = frozenset(look for look in looks if " " not in look)
        self._expression: re2._Regexp | None = None
        if looks:
            options = re2.Options()
            options.max_mem = _MAX_MEMORY_BYTES
            options.log_errors = False
            alternatives = "|".join(
                "[^a-z0-9]+".join(re.findall(r"[^\W_]+", look)) for look in looks
            )
            pattern = rf"\b(?:{alternatives})(?:'s|s)?\b"
            self._expression = re2.compile(pattern.encode(), options)

    def is_word(self, word: str) -> bool:
        """Tell whether `word` alone is allowed; digits at its end do not count."""
        return bool(self._words) and _look(word).rstrip("0123456789") in self._words

    def without(self, spans: Iterable[Span], text: str) -> list[Span]:
        """Return `spans` of `text` but those that lie in what is allowed."""
        if self._expression is None:
            return list(spans)
        reduced = seen(_marked(text))
        free = [
            reduced.source_span(*match.span())
            for match in self._expression.finditer(reduced.text)
            if match[0]
        ]
        return [
            (start, end)
            for start, end in spans
            if not any(first <= start and end <= last for first, last in free)
        ]


def _marked(text: str) -> str:
    """Return `text` with another letter for ñ, which is no n with an accent."""
    return text.replace("ñ", _N).replace("Ñ", _N)


def _look(text: str) -> str:
    return " ".join(seen(_marked(text)).text.decode().split())
