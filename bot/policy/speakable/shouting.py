"""Shouting: words in capitals, but no acronyms, become lower case, since engines spell capitals."""

from collections.abc import Iterable

_SHOUTED_SHARE = 0.6
"""Least share of capitals in a message that shouts."""
_SHOUTED_LETTERS = 6
"""Least number of capitals in a message that shouts."""
_LONGEST_ACRONYM = 4
"""Letters of the longest word in capitals that is kept in a message that does not shout."""
_AROUND = ".,!?;:'\"-()"


class Shouting:
    """Lower case for shouted words."""

    def __init__(self, acronyms: Iterable[str]) -> None:
        self._acronyms = frozenset({"I", *(acronym.upper() for acronym in acronyms)})

    def lower(self, text: str) -> str:
        """Return `text` with shouted words in lower case."""
        words = text.split()
        loud = [word for word in words if word.isupper() and not self._is_acronym(word)]
        if not loud:
            return text
        capitals = sum(map(_letters, loud))
        is_shouted = capitals >= max(_SHOUTED_LETTERS, _SHOUTED_SHARE * _letters(text))
        return " ".join([self._quiet(word, is_shouted=is_shouted) for word in words])

    def _quiet(self, word: str, *, is_shouted: bool) -> str:
        if not word.isupper() or self._is_acronym(word):
            return word
        return word.lower() if is_shouted or _letters(word) > _LONGEST_ACRONYM else word

    def _is_acronym(self, word: str) -> bool:
        return word.strip(_AROUND) in self._acronyms


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
