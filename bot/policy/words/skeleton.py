"""Skeletons: text folded to what it looks or sounds like, with positions in the source.

The idea is that of Unicode's confusables (UTS #39).
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.policy.words.look_alikes import LOOK_ALIKES

_MODIFIED = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER (?:[A-Z]+ )?([A-Z])(?: WITH .+)?")
"""Name of a letter that is turned, or has at it what does not come off by decomposition."""
_DIACRITICS = (
    (0x0300, 0x036F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
)

# A skeleton for the ear marks characters that an engine may leave out. Folded text has neither
# capitals nor controls, so those are free as marks.
ACCENTED = "A-Z"
"""A Latin letter outside ASCII: it is read as the letter in lower case or not at all."""
LOOK_ALIKE = r"\x80-\xff"
"""An ASCII letter or digit + 0x80: another script's look-alike, read as it, as a space or not."""
UNKNOWN = "\x03"
"""A letter that looks like none of ASCII: read as a space or not at all."""
LETTER = "\x04"
"""The same in a word of other scripts alone: such a word is read whole or not at all."""
OPENING, CLOSING = "\x05", "\x06"
"""Marks around such a word."""
_HIGH = 0x80
_AS_READ = {_HIGH + code: code for code in range(_HIGH)}

_WORD = re.compile(r"[0-9A-Za-z\u0080-\U0010ffff]+")


class Skeleton(NamedTuple):
    """Folded text with positions in its source."""

    text: bytes
    """Folded text between two spaces, so that every word has two neighbours."""
    origin: Sequence[int]
    """Index in the source for each byte of `text`."""
    encoding: str

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the source that the bytes `text[start:end]` come from."""
        return self.origin[start], self.origin[end - 1] + 1

    def read(self, start: int, end: int) -> str:
        """Return `text[start:end]` with marked letters as they are read."""
        part = self.text[start:end].decode(self.encoding)
        return part if self.encoding == "utf-8" else part.translate(_AS_READ).lower()


def seen(text: str) -> Skeleton:
    """Return clean `text` for the eye: case, accents and look-alikes folded to ASCII.

    Letters of other scripts, ASCII digits and ASCII punctuation remain.
    """
    if text.isascii():
        return _lowered(text, "utf-8")
    folded, origin = [b" "], [-1]
    for index, character in enumerate(text):
        part = _fold(character).encode()
        folded.append(part)
        origin += [index] * len(part)
    return Skeleton(b"".join([*folded, b" "]), [*origin, len(text)], "utf-8")


def heard(text: str) -> Skeleton:
    """Return clean `text` for the ear: folded like `seen`, in Latin-1, with the marks above."""
    if text.isascii():
        return _lowered(text, "latin-1")
    folded, origin = [" "], [-1]

    def add(part: str, index: int) -> None:
        folded.append(part)
        origin.extend([index] * len(part))

    done = 0
    for word in _WORD.finditer(text):
        start, end = word.span()
        folded.append(text[done:start])
        origin.extend(range(done, start))
        done = end
        if word[0].isascii():
            folded.append(word[0].lower())
            origin.extend(range(start, end))
        elif any(map(_is_latin, word[0])):
            for index in range(start, end):
                add(_marked(text[index]), index)
        else:
            add(OPENING, start)
            for index in range(start, end):
                add(_bare(text[index]), index)
            add(CLOSING, end - 1)
    folded.append(text[done:] + " ")
    origin.extend(range(done, len(text) + 1))
    return Skeleton("".join(folded).encode("latin-1"), origin, "latin-1")


def _lowered(text: str, encoding: str) -> Skeleton:
    return Skeleton(b" %b " % text.lower().encode(), range(-1, len(text) + 1), encoding)


@lru_cache(maxsize=8192)
def _is_latin(character: str) -> bool:
    return character.isascii() or unicodedata.name(character, "").startswith("LATIN ")


def is_foreign(word: str) -> bool:
    """Tell whether `word` has letters, and none of them is Latin."""
    letters = [letter for letter in word if letter.isalpha()]
    return bool(letters) and not any(map(_is_latin, letters))


@lru_cache(maxsize=8192)
def _marked(character: str) -> str:
    if character.isascii():
        return character.lower()
    is_latin = _is_latin(character)
    return "".join(_mark(folded, is_latin=is_latin) for folded in _fold(character))


def _mark(folded: str, *, is_latin: bool) -> str:
    if not folded.isascii():
        return UNKNOWN
    if is_latin and folded.isalpha():
        return folded.upper()
    return chr(_HIGH + ord(folded)) if folded.isalnum() else folded


def look_alike(letter: str) -> str:
    """Return the ASCII letter that `letter` looks like, in its case; empty if there is none."""
    folded = _fold(letter)
    if len(folded) != 1 or not folded.isascii():
        return ""
    return folded.upper() if letter.isupper() else folded


@lru_cache(maxsize=8192)
def _bare(character: str) -> str:
    return "".join(c if c.isascii() else LETTER for c in _fold(character))


@lru_cache(maxsize=8192)
def _fold(character: str) -> str:
    if character.isascii():
        return character.lower()
    # Look-alikes twice: capitals look like other letters than their small forms do.
    plain = unicodedata.normalize("NFKD", character.translate(LOOK_ALIKES).casefold())
    return "".join(map(_fold_part, plain))


def _fold_part(character: str) -> str:
    code = ord(character)
    if any(first <= code <= last for first, last in _DIACRITICS):
        return ""
    character = character.translate(LOOK_ALIKES)
    if character.isascii():
        return character.lower()
    category = unicodedata.category(character)
    if category[0] == "L" and (name := _MODIFIED.fullmatch(unicodedata.name(character, ""))):
        return name[1].lower()
    if category == "Nd":
        return str(unicodedata.digit(character))
    return character if category[0] in "LM" else "."
