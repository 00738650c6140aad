"""Class roman: numerals behind the words that they number: GTA IV, Chapter VI, World War II."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_ROMAN = re.compile(r"(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?='s)?(?![^\W_])")
_SMALL = re.compile(
    r"(?:x{0,3}(?:ix|iv|v?i{1,3})|x{1,3}v|xx{1,2}|xl(?:ix|iv|v?i{0,3})|l(?:ix|iv|v?i{1,3}))(?![^\W_])"
)
_NOTES = ("I", "V", "X", "XX")
_SIZES = ("XL", "L", "LI", "XLI")
"""Numerals that are rather sizes or names behind a word that no numeral follows."""
_NUMBERED = frozenset(
    {
        "ace", "act", "age", "arma", "article", "auto", "battlefield", "bf", "bioshock", "book",
        "borderlands", "bowl", "bronze", "ch.", "chapter", "prestige", "superbowl", "civ",
        "civilization", "class", "cod", "combat", "creed", "cry", "crysis", "darksiders", "dead",
        "diablo", "diamond", "division", "doom", "dragon", "dying", "effect", "elden", "emerald",
        "empires", "ep.", "episode", "evil", "fallout", "fantasy", "far", "ff", "ffxiv", "fighter",
        "final", "wrestlemania", "forza", "gaiden", "gear", "gears", "gen", "generation", "gold",
        "grade", "gran",
        "gta", "hades", "halo", "hearts", "hitman", "injustice", "iphone", "iron", "kart",
        "killzone", "kombat", "league", "level", "light", "mario", "mark", "max", "metal", "mk",
        "mortal", "mw", "ninja", "overwatch", "part", "payday", "payne", "persona", "phase",
        "plat", "platinum", "portal", "quake", "quest", "rambo", "rank", "red", "redemption",
        "resident", "rocky", "round", "samurai", "saw", "schedule", "scrolls", "season", "section",
        "silksong", "silver", "simulator", "solid", "soulcalibur", "souls", "stage", "star",
        "starcraft", "step", "street", "super", "tekken", "theft", "tier", "titanfall", "title",
        "trek", "turismo", "type", "uncharted", "virtua", "vol", "vol.", "volume", "war",
        "warcraft", "warriors", "wars", "witcher", "world", "zelda",
    }
)  # fmt: skip
"""Words that a numeral follows; a single V or X counts behind them alone."""
_KINGS = frozenset(
    {
        "henry", "elizabeth", "louis", "george", "charles", "edward", "richard", "william",
        "james", "john", "pope", "philip", "napoleon", "ramses", "catherine", "nicholas",
        "alexander", "friedrich", "wilhelm", "benedict", "paul", "pius", "leo", "harald", "rama",
        "francis", "gregory",
    }
)  # fmt: skip
_NUMBER_OF = {"I": 1, "V": 5, "X": 10, "L": 50}
_LEAST = 2


def roman(line: Line, at: int) -> Reading | None:
    """Read a roman numeral in capitals, where the word before it is a title."""
    before = line.before(at)
    match = _ROMAN.match(line.text, at)
    if (match is None or not match[0]) and before in _NUMBERED:
        match = _SMALL.match(line.text, at)
    if match is None or not match[0]:
        return None
    text = match[0].upper()
    number = _value(text)
    if number and _CENTURY.match(line.text, match.end()) and match[0].isupper():
        return Reading(match.end(), numerals.ordinal(number), "roman")
    if before in _KINGS and number:
        return Reading(match.end(), f"the {numerals.ordinal(number)}", "roman")
    if before in ("gen", "generation") and text == "X":
        return None
    if before in _NUMBERED:
        if text == "I" and before not in (
            "chapter",
            "part",
            "act",
            "volume",
            "war",
            "book",
            "phase",
            "stage",
            "tier",
            "type",
        ):
            return None
        return Reading(match.end(), numerals.cardinal(number), "roman")
    if len(text) < _LEAST or text in _NOTES or text in _SIZES or line.is_shouted:
        return None
    word = line.text[:at].split()[-1:]
    is_title = bool(word) and word[0][0].isupper() and word[0][-1].isalnum()
    return Reading(match.end(), numerals.cardinal(number), "roman") if is_title else None


def _value(text: str) -> int:
    total = 0
    for this, following in zip(text, (*text[1:], ""), strict=True):
        number = _NUMBER_OF[this]
        total += -number if number < _NUMBER_OF.get(following, 0) else number
    return total


def _all_numerals() -> frozenset[str]:
    ones = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
    return frozenset(
        tens + one for tens in ("", "x", "xx", "xxx", "xl", "l", "lx") for one in ones
    ) - {""}


def joined(line: Line, at: int) -> Reading | None:
    """Read FFXIV, WWII and mkIV."""
    match = _JOINED.match(line.text, at)
    if match is None:
        return None
    number = numerals.cardinal(_value(match[2].upper()))
    name = "World War" if match[1] in ("WW", "ww") else match[1]
    return Reading(match.end(), f"{name} {number}", "roman")


_JOINED = re.compile(r"(FF|WW|ff|ww|(?:MK|[Mm]k)(?=[IVXivx]{2}))([IVX]{1,4}|[ivx]{1,4})(?![^\W_])")
_CENTURY = re.compile(r" (?:century|cent\.)(?![^\W_])", re.IGNORECASE)
RULES = (
    Rule(roman, words=_all_numerals()),
    Rule(
        joined,
        words=[f"ff{n}" for n in _all_numerals()]
        + ["wwi", "wwii", "wwiii"]
        + [f"mk{n}" for n in _all_numerals()],
    ),
)
