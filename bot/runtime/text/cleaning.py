"""Cleaning: visible characters in one normal form, and names by which chatters are compared.

Categories are those of the Unicode Character Database (UAX #44), the normal form is NFKC (UAX #15):
it turns full-width, mathematical and circled letters into letters.
"""


# ruff: noqa: RUF001 - the characters that look alike are the point

import re
import unicodedata
from functools import lru_cache

_MAX_MARKS = 3
"""Limit of marks on one letter: the scripts of the world need three, Zalgo piles up dozens."""
_MAX_GROWTH = 200
"""Limit of characters that normalisation adds: one ligature can become eighteen letters."""
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Me"})
_OVERLAYS = frozenset(map(chr, range(0x0334, 0x0339)))  # strike text through
# Invisible, although they are letters, marks or symbols by category.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd")
_VARIATION_SELECTORS = frozenset(
    map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
_UNSEEN = _INVISIBLE | _VARIATION_SELECTORS | _OVERLAYS
_ASCII_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]+")
_SAME: dict[str | int, str] = {
        # NFKC would join these to the number before them.
        "²": "^2", "³": "^3", "¼": " 1/4", "½": " 1/2", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3",
        # One apostrophe, one quotation mark, one hyphen: later filters know only those.
        "‘": "'", "’": "'", "‛": "'", "ʼ": "'", "´": "'", "“": '"', "”": '"', "„": '"', "‟": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "⁄": "/",
        # Negative circled and squared letters have no decomposition.
        **{0x1F150 + n: chr(0x41 + n) for n in range(26)},
        **{0x1F170 + n: chr(0x41 + n) for n in range(26)},
        # So have circled digits other than the plain ones.
        **{
            code: str(int(unicodedata.numeric(chr(code))))
            for first, last in ((0x24F5, 0x24FD), (0x2776, 0x277E), (0x2780, 0x2788),
                                (0x278A, 0x2792), (0x24FF, 0x24FF), (0x1F10B, 0x1F10C))
            for code in range(first, last + 1)
        },
        # Small capitals, which pages that draw names and lines offer.
        **{
            unicodedata.lookup(f"LATIN LETTER SMALL CAPITAL {capital}"): capital.lower()
            for capital in "ABCDEFGHIJKLMNOPRSTUVWYZ"
        },
}  # fmt: skip
_REWRITTEN = str.maketrans(_SAME)
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_POWER = re.compile(rf"(?<=[0-9)])[{_SUPERSCRIPTS}]+")
_DIGITS = str.maketrans(_SUPERSCRIPTS, "0123456789")

_LONGEST_NAME = 200
"""Characters of a name that are compared; no platform allows as many."""


def clean(text: str) -> str:
    """Return `text` without invisible characters, in NFKC, white space collapsed.

    Removed are controls (bidirectional ones too), zero-width and tag characters, variation
    selectors, surrogates, private and unassigned code points, and the marks of a letter that
    carries more than writing needs. Cleaning twice changes nothing more.
    """
    if not text.isascii():
        # NFKC would join an exponent to the number before it.
        text = _POWER.sub(lambda power: f"^{power[0].translate(_DIGITS)}", text)
        # Scrubbed before as well: ordering a long run of marks takes NFKC quadratic time.
        normal = unicodedata.normalize("NFKC", _scrub(text.translate(_REWRITTEN)))
        text = _scrub(normal[: len(text) + _MAX_GROWTH].translate(_REWRITTEN))
    return " ".join(_ASCII_CONTROLS.sub("", text).split())


def _scrub(text: str) -> str:
    kept: list[str] = []
    marks = _MAX_MARKS + 1  # a mark needs a letter to stand on
    for character in text:
        kind = _kind(character)
        if kind == "M":
            marks += 1
            if marks <= _MAX_MARKS:
                kept.append(character)
            elif marks == _MAX_MARKS + 1:
                del kept[-_MAX_MARKS:]  # the whole pile is decoration
        elif kind:
            kept.append(character)
            marks = 0 if kind in "LN" else _MAX_MARKS + 1
    return "".join(kept)


@lru_cache(maxsize=8192)
def _kind(character: str) -> str:
    """Return the first letter of the category, or nothing for what is dropped."""
    category = unicodedata.category(character)
    if character.isascii() and category == "Cc":
        return "Z"
    return "" if category in _DROPPED or character in _UNSEEN else category[0]


@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """Return `name` for comparison: visible characters in small letters, without a leading @.

    What decorates a name (full-width or mathematical letters, zero-width and bidirectional
    characters, piles of marks, wide spaces) makes it no other name. Of a name that is decoration
    alone the characters count as they are.
    """
    name = name[:_LONGEST_NAME]
    visible = clean(clean(name).casefold()).removeprefix("@").strip()
    return visible or name.strip()
