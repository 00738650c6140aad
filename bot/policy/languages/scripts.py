"""Scripts: which writing a text is in, and which languages are written so.

A character's script is the first word of its Unicode name (UAX #44): "HIRAGANA LETTER A".
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

LATIN = "LATIN"
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
_KANA = ("HIRAGANA", "KATAKANA")


@lru_cache(maxsize=16_384)
def script_of(character: str) -> str:
    """Return the script of a letter; empty for what is no letter, and for marks and digits."""
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "")
    if name.startswith(("FULLWIDTH", "HALFWIDTH")):
        name = name.partition(" ")[2]
    return name.partition(" ")[0].partition("-")[0]


def main_script(text: str) -> str:
    """Return the script of most letters of `text`, the Latin one if it has none."""
    if text.isascii():
        return LATIN
    counts = Counter(script for character in text if (script := script_of(character)))
    if not counts:
        return LATIN
    kana = sum(counts[script] for script in _KANA)
    if kana and counts["CJK"]:  # Japanese writes both
        counts["HIRAGANA"], counts["CJK"] = kana + counts["CJK"], 0
    return counts.most_common(1)[0][0]


def scripts_of(language: str) -> frozenset[str]:
    """Return the scripts that a voice of `language` reads: its own, and the Latin one."""
    own = {script for script, languages in LANGUAGES.items() if language in languages}
    return frozenset({LATIN, *own})


def is_readable(text: str, scripts: frozenset[str]) -> bool:
    """Tell whether every letter of `text` is of one of `scripts`."""
    if text.isascii():
        return True
    return all(not (script := script_of(c)) or script in scripts for c in text)


def readable(text: str, scripts: frozenset[str]) -> str:
    """Return `text` with a space for every letter of other scripts, and for the marks on it."""
    kept: list[str] = []
    is_kept = True
    for character in text:
        script = script_of(character)
        if script or not unicodedata.combining(character):
            is_kept = not script or script in scripts
        kept.append(character if is_kept else " ")
    return "".join(kept)


def first_spoken(script: str, preferred: Iterable[str], spoken: Iterable[str]) -> str:
    """Return the language of `script` that chat has, else one that is spoken, else the usual."""
    languages = LANGUAGES.get(script, ())
    wanted = (*(each for each in preferred if each in languages), *languages)
    known = frozenset(spoken)
    own = next((each for each in preferred if each in languages), "")
    return own or next(
        (each for each in wanted if each in known), languages[0] if languages else ""
    )
