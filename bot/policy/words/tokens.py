"""Tokens: the words of a text as they look, with what stands between them."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from bot.policy.words.skeleton import seen
from bot.policy.words.splits import QUANTITY, TAG

WORDS = re.compile(r"[^\s.,;:?\"(){}\[\]<>/\\]+")
"""What stands between spaces and marks."""
_HUMPS = re.compile(r"[^\W\d_]*?[a-z\u00df-\u00ff](?=[A-Z])|[A-Z]+(?=[A-Z][a-z])|[^\W_]+|[\W_]+")
EDGES = "!*'#@_-~^|+"
_LEET = {
    "0": ("o",), "1": ("i", "l"), "2": ("z",), "3": ("e",), "4": ("a",), "5": ("s",),
    "6": ("g", "b"), "7": ("t",), "8": ("b", "ai", "ate"), "9": ("g",), "@": ("a",), "$": ("s",),
    "!": ("i", "l"), "|": ("l", "i"), "+": ("t",), "€": ("e",), "#": ("h",), "*": ("a", "o", "u"),
}  # fmt: skip
_LINKS = str.maketrans({"-": "", "_": ""})
_MAX_READINGS = 6
_MAX_LETTERS = 60


class Token(NamedTuple):
    """A word of a text."""

    start: int
    """Where it begins in the text."""
    end: int
    text: str
    """As it is written."""

    @classmethod
    def of(cls, match: re.Match[str]) -> "Token":
        """Return the word that `WORDS` has found."""
        return cls(match.start(), match.end(), match[0])


def humps(token: Token) -> Iterator[Token]:
    """Yield the parts of a word such as `BadWordFan` or `bad_word_fan`; none if it has one part."""
    parts = [
        Token(token.start + match.start(), token.start + match.end(), match[0])
        for match in _HUMPS.finditer(token.text)
        if any(map(str.isalnum, match[0]))
    ]
    if len(parts) > 1:
        yield from parts


@lru_cache(maxsize=20_000)
def spellings(word: str) -> tuple[str, ...]:
    """Return the letters that `word` can be read as, in small letters; the plainest first."""
    whole = seen(word[:_MAX_LETTERS]).text.decode().replace(TAG, "").strip()
    look = whole.strip(EDGES)
    look, whole = (part.translate(_LINKS) for part in (look, whole))
    if not look:
        return ()
    found = {look: None}
    written = word[:_MAX_LETTERS].casefold().strip(EDGES)
    if written.isalpha() and not written.isascii():
        found[written] = None  # accents say how it sounds
    if QUANTITY.fullmatch(look):
        return tuple(found)
    letters = look.rstrip("0123456789")
    if letters != look and letters:
        found[letters] = None
    for text in dict.fromkeys((look, letters, whole)):
        # Mostly digits are a number or a model: 13900KS is no word in disguise.
        if text.isalpha() or 2 * sum(map(str.isalpha, text)) < len(text):
            continue
        choices = [
            (letter,) if letter.isalpha() else _LEET.get(letter, (letter,)) for letter in text
        ]
        for chosen in islice(product(*choices), _MAX_READINGS):
            found["".join(filter(str.isalpha, "".join(chosen)))] = None
    return tuple(found)[: 2 * _MAX_READINGS]
