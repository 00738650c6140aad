"""Class roman: numerals behind the words that they number: GTA IV, Chapter VI, World War II."""

import re

from bot.policy.speakable.english import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_ROMAN = re.compile(r"(?:X{0,3}(?:IX|IV|V?I{0,3})|L?X{0,3}V?I{0,3})(?='s)?(?![^\W_])")
_NOTES = ("I", "V", "X", "XX")
_NUMBERED = frozenset(
    {
        "chapter", "part", "act", "volume", "vol", "book", "episode", "phase", "stage", "tier",
        "level", "round", "type", "class", "world", "section", "article", "grade", "war", "bowl",
        "gta", "ff", "ffxiv", "fantasy", "souls", "kart", "evil", "quest", "diablo", "starcraft",
        "elden", "witcher", "dragon", "civilization", "civ", "warcraft", "fallout", "metal",
        "effect", "borderlands", "uncharted", "forza", "crysis", "battlefield", "persona",
        "tekken", "doom", "halo", "quake", "resident", "hearts", "age", "empires", "portal",
        "rocky", "rambo", "saw", "mario", "zelda", "star", "trek", "wars", "creed", "red", "dead",
        "redemption", "street", "fighter", "kombat", "mortal", "scrolls", "theft", "auto", "final",
        "bf", "cod", "mw", "hades", "bioshock", "arma", "payday", "overwatch", "simulator",
        "silksong", "season", "step", "schedule", "mark", "mk", "division", "league", "super",
        "max", "payne", "cry", "far", "darksiders", "dying", "light", "killzone", "gear", "gears",
        "ninja", "gaiden", "solid", "injustice", "gran", "turismo", "soulcalibur", "virtua",
        "samurai", "warriors", "ace", "combat", "hitman", "titanfall", "title", "iphone",
        "generation", "gen", "silver", "gold", "bronze", "platinum", "plat", "diamond", "iron",
        "emerald", "rank",
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
    match = _ROMAN.match(line.text, at)
    if match is None or not match[0]:
        return None
    text = match[0]
    before = line.before(at)
    number = _value(text)
    if before in _KINGS and number:
        return Reading(match.end(), f"the {numerals.ordinal(number)}", "roman")
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
    if len(text) < _LEAST or text in _NOTES or line.is_shouted:
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
    return frozenset(tens + one for tens in ("", "x", "xx", "xxx", "l") for one in ones) - {""}


RULES = (Rule(roman, words=_all_numerals()),)
