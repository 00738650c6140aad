"""Words of English, from the pronunciation lexicon of the package hibari-tts."""

import gzip
from functools import cache
from importlib.resources import files

import msgspec

_FILES = ("us_gold", "us_silver", "gb_gold", "gb_silver")


@cache
def english() -> frozenset[str]:
    """Return about 210,000 words and names in small letters. The first call takes half a second."""
    folder = files("hibari") / "assets"
    words: set[str] = set()
    for name in _FILES:
        data = gzip.decompress((folder / f"lexicon_{name}.json.gz").read_bytes())
        words.update(word.casefold() for word in msgspec.json.decode(data, type=dict[str, object]))
    return frozenset(words)


def is_english(word: str) -> bool:
    """Tell whether `word`, in small letters, is a word of English or a plain form of one."""
    words = english()
    if word in words:
        return True
    stem = word.removesuffix("'s").removesuffix("'")
    is_plural = stem.endswith("s") and not stem.endswith("ss")
    return stem in words or (is_plural and stem[:-1] in words)
