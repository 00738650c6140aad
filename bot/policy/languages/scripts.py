"""Scripts: which writing a text is in, and which languages are written so.

A character's script is the first word of its Unicode name (UAX #44): "HIRAGANA LETTER A".
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

LATIN = "LATIN"
UNKNOWN = "und"
"""Language of letters that no living language of the table is written in (BCP 47)."""
LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "HIRAGANA": ("ja",), "KATAKANA": ("ja",), "CJK": ("zh", "ja", "yue"), "HANGUL": ("ko",),
    "BOPOMOFO": ("zh",), "CYRILLIC": ("ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tt"),
    "GREEK": ("el", "grc"), "ARABIC": ("ar", "fa", "ur", "ug", "sd"), "HEBREW": ("he", "yi"),
    "THAI": ("th",), "LAO": ("lo",), "DEVANAGARI": ("hi", "mr", "ne", "kok"),
    "BENGALI": ("bn", "as", "bpy"), "TAMIL": ("ta",), "TELUGU": ("te",), "KANNADA": ("kn",),
    "MALAYALAM": ("ml",), "GUJARATI": ("gu",), "GURMUKHI": ("pa",), "ORIYA": ("or",),
    "SINHALA": ("si",), "KHMER": ("km",), "MYANMAR": ("my", "shn"), "GEORGIAN": ("ka",),
    "ARMENIAN": ("hy", "hyw"), "ETHIOPIC": ("am", "ti"), "TIBETAN": ("bo",), "THAANA": ("dv",),
    "CHEROKEE": ("chr",), "MONGOLIAN": ("mn",),
}  # fmt: skip
"""ISO 639 codes of the languages in each script but the Latin one, the usual one first."""
_SIGNS = frozenset(map(chr, (0x3C0, 0x3BC, 0xB5, 0x3A9, 0x2126, 0x394, 0x3A3)))
"""Greek letters that are signs: pi, micro, ohm, delta and sum."""
PHONETIC = "PHONETIC"
"""Not a script, but Latin letters of phoneticians, which no voice reads as text."""
_PHONETIC = (("\u0250", "\u02af"), ("\u1d00", "\u1dbf"), ("\ua720", "\ua7ff"), ("\uab30", "\uab6f"))
HAN = "CJK"
_HAN_MARKS = frozenset(map(chr, (0x3005, 0x3006, 0x3007)))
"""Iteration mark, closing mark and zero, whose names do not tell."""
_KANA = ("HIRAGANA", "KATAKANA")
_SYLLABLES = {HAN: 3, "HANGUL": 3, "HIRAGANA": 2, "KATAKANA": 2, "ETHIOPIC": 2}
"""Letters of an alphabet that a character of these scripts says as much as."""


@lru_cache(maxsize=16_384)
def script_of(character: str) -> str:
    """Return the script of a letter; empty for what is no letter, and for marks and digits."""
    if character in _HAN_MARKS:
        return HAN
    if not character.isalpha() or character in _SIGNS:
        return ""
    if any(first <= character <= last for first, last in _PHONETIC):
        return PHONETIC
    name = unicodedata.name(character, "")
    if name.startswith(("FULLWIDTH", "HALFWIDTH")):
        name = name.partition(" ")[2]
    return name.partition(" ")[0].partition("-")[0] or "NAMELESS"


def main_script(text: str) -> str:
    """Return the script of most of `text`, the Latin one if it has no letters."""
    if text.isascii():
        return LATIN
    counts: Counter[str] = Counter()
    for character in text:
        if script := script_of(character):
            counts[script] += _SYLLABLES.get(script, 1)
    del counts[PHONETIC]
    if not counts:
        return LATIN
    kana = sum(counts[script] for script in _KANA)
    if kana and counts[HAN]:  # Japanese writes both
        counts["HIRAGANA"], counts[HAN] = kana + counts[HAN], 0
    return counts.most_common(1)[0][0]


def is_written_in(language: str, script: str) -> bool:
    """Tell whether `language` is written in `script`; in the Latin one if in no other."""
    if script == LATIN:
        return not any(language in each for each in LANGUAGES.values())
    return language in LANGUAGES.get(script, ())


def scripts_of(language: str) -> frozenset[str]:
    """Return the scripts that a voice of `language` reads: its own, and the Latin one."""
    own = {script for script, languages in LANGUAGES.items() if language in languages}
    return frozenset({LATIN, *own})


def runs(text: str, scripts: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield `text` in runs, each with its script if that is none of `scripts`, else with nothing.

    A mark belongs to the letter that it stands on.
    """
    start, running = 0, ""
    for index, character in enumerate(text):
        script = script_of(character)
        if not script and unicodedata.combining(character):
            continue
        foreign = "" if script in scripts else script
        if foreign != running:
            if index:
                yield running, text[start:index]
            start, running = index, foreign
    yield running, text[start:]


def is_readable(text: str, scripts: frozenset[str]) -> bool:
    """Tell whether every letter of `text` is of one of `scripts`."""
    return text.isascii() or not any(foreign for foreign, _ in runs(text, scripts))


def first_spoken(script: str, preferred: Iterable[str], spoken: Collection[str]) -> str:
    """Return the language of `script` that chat has, else one that is spoken, else the usual.

    Of a script without languages it is UNKNOWN.
    """
    languages = LANGUAGES.get(script, (UNKNOWN,))
    own = (each for each in preferred if each in languages)
    known = (each for each in languages if each in spoken)
    return next(chain(own, known, languages))
