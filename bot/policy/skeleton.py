"""Skeletons: text reduced to what the eye and the ear take from it, with the way back.

The idea of a skeleton and most look-alikes are those of Unicode's confusables (UTS #39); the table
holds those that occur in chat, mapped to lower-case Latin.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_LOOK_ALIKES = str.maketrans(
    {
        alike: latin
        for latin, alikes in {
            "a": "аαɑᴀɐ∂ªΛλ",
            "b": "βвьъЬßʙɓƀƃвɃ",
            "c": "сϲᴄƈȼɔ¢©",
            "d": "ԁɗđᴅðɖƌ",
            "e": "еєεɛᴇǝəɘҽэ€",
            "f": "ғƒꜰſϝ",
            "g": "ɡɢցɠǥԍ",
            "h": "нһհʜħɦηԋ",
            "i": "іιıɪɨӏїίϊ¡",
            "j": "јϳʝᴊɉ",
            "k": "кκᴋƙқҡĸ",
            "l": "ʟłɭƚℓḷ",
            "m": "мᴍɱμ",
            "n": "пηɴŋɲƞи",
            "o": "оοøσᴏօөөӧ",
            "p": "рρᴘƥþ",
            "q": "ԛզɋ",
            "r": "гᴦʀɍɾяɼ",
            "s": "ѕꜱʂş§",
            "t": "тτᴛŧƭț",
            "u": "υսᴜцʋµùԱ",
            "v": "νѵᴠʌ",
            "w": "ԝωшщᴡɯѡ",
            "x": "хχжӽҳ",
            "y": "уүγʏƴүўɏ",
            "z": "ᴢʐƶζ",
        }.items()
        for alike in alikes
    }
)
_DIACRITICS = (
    (0x0300, 0x036F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
)


class Skeleton(NamedTuple):
    """A text's skeleton; letters of other scripts, ASCII digits and ASCII punctuation remain."""

    text: bytes
    """In UTF-8, since RE2 counts bytes; in front and behind stands a space, so that every word has
    two neighbours."""
    origin: Sequence[int]
    """For each byte of `text`, and for its end, the index in the source."""

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the source that the bytes `text[start:end]` were made of."""
        return self.origin[start], self.origin[end]


def skeleton(text: str) -> Skeleton:
    """Return the skeleton of clean `text`: case, accents and look-alikes folded."""
    if text.isascii():
        return Skeleton(b" %b " % text.lower().encode(), range(-1, len(text) + 2))
    folded, origin = [b" "], [-1]
    for index, character in enumerate(text):
        part = _fold(character)
        folded.append(part)
        origin += [index] * len(part)
    return Skeleton(b"".join([*folded, b" "]), [*origin, len(text), len(text) + 1])


@lru_cache(maxsize=8192)
def _fold(character: str) -> bytes:
    if character.isascii():
        return character.lower().encode()
    # Look-alikes twice: capitals look like other letters than their small forms do.
    plain = unicodedata.normalize("NFKD", character.translate(_LOOK_ALIKES).casefold())
    return "".join(map(_fold_part, plain)).encode()


def _fold_part(character: str) -> str:
    code = ord(character)
    if any(first <= code <= last for first, last in _DIACRITICS):
        return ""
    character = character.translate(_LOOK_ALIKES)
    if character.isascii():
        return character.lower()
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    return character if category[0] in "LM" else "."
