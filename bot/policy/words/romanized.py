"""Romanized: blocked words of Cyrillic in Latin letters, in which a voice says them as well."""

# ruff: noqa: RUF001 - Cyrillic is meant

from collections.abc import Iterator
from itertools import islice, product

from bot.policy.words.lexicon import is_english

_LATIN: dict[str, tuple[str, ...]] = {
    "а": ("a",), "б": ("b",), "в": ("v",), "г": ("g",), "ґ": ("g",), "д": ("d",),
    "е": ("e", "ye"), "ё": ("yo", "e"), "є": ("ye", "ie"), "ж": ("zh", "j"), "з": ("z",),
    "и": ("i",), "і": ("i",), "ї": ("yi", "i"), "й": ("y", "i", "j"), "к": ("k",), "л": ("l",),
    "м": ("m",), "н": ("n",), "о": ("o",), "п": ("p",), "р": ("r",), "с": ("s",), "т": ("t",),
    "у": ("u",), "ў": ("u", "w"), "ф": ("f",), "х": ("h", "kh", "x"), "ц": ("ts", "c"),
    "ч": ("ch",), "ш": ("sh",), "щ": ("shch", "sch", "sh"), "ъ": ("",), "ы": ("y", "i"),
    "ь": ("",), "э": ("e",), "ю": ("yu", "u", "ju"), "я": ("ya", "ia", "ja"),
}  # fmt: skip
_MAX_READINGS = 6
_LEAST_LETTERS = 4
"""Letters of a word that is looked for; short ones are words and names of many languages."""


def romanized(word: str) -> Iterator[str]:
    """Yield a blocked word of Cyrillic as people write it in Latin letters; nothing for others.

    What makes a word of English means that one.
    """
    letters = word.casefold()
    if not any(letter in _LATIN for letter in letters):
        return
    if any(letter.isalpha() and letter not in _LATIN for letter in letters):
        return
    choices = (_LATIN.get(letter, (letter,)) for letter in letters)
    for chosen in islice(product(*choices), _MAX_READINGS):
        latin = "".join(chosen)
        if sum(map(str.isalpha, latin)) >= _LEAST_LETTERS and not is_english(latin.strip("* ")):
            yield latin
