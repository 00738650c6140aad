"""Classes engine and airliner: V8 and V6, where no version is meant, and 737-800, no range."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_ENGINE = re.compile(r"[vV](6|8|10|12|16)s?(?![^\W_]|\.[0-9])")
_AIRLINER = re.compile(r"(7[0-8]7)-([1-9]00)(?![0-9-])(?![^\W_])")
_CARS = frozenset(
    {
        "engine", "engines", "swap", "swapped", "mustang", "camaro", "corvette", "turbo", "motor",
        "car", "cars", "truck", "sound", "sounds", "block", "power", "gang", "noises", "hybrid",
        "biturbo", "supercharged", "manual", "noise",
    }
)  # fmt: skip
_BEFORE = frozenset(
    {"a", "twin", "turbo", "liter", "litre", "liters", "big", "loud", "naturally", "biturbo"}
)
_VERSIONS = frozenset(
    {
        "update", "version", "patch", "release", "build", "beta", "model", "is", "nerf", "nerfs",
        "buff", "buffs", "of",
    }
)  # fmt: skip
_LITERS = re.compile(r"[0-9](?:\.[0-9])? ?[lL] $")


def engine(line: Line, at: int) -> Reading | None:
    """Read "a v8", "v6 engine" and 5.0L V8; "v8 is out" is a version."""
    match = _ENGINE.match(line.text, at)
    if match is None or (at and (line.text[at - 1].isalnum() or line.text[at - 1] in "_/.")):
        return None
    before, following = line.before(at), line.after(match.end()).lower()
    is_meant = (
        following in _CARS
        or _LITERS.search(line.text[max(at - 8, 0) : at]) is not None
        or (before in _BEFORE and following not in _VERSIONS)
    )
    if not is_meant:
        return None
    said = numerals.cardinal(int(match[1]))
    several = numerals.plural(said) if match[0][-1] == "s" else said
    return Reading(match.end(), f"V {several}", "model")


def airliner(line: Line, at: int) -> Reading | None:
    """Read 737-800."""
    match = _AIRLINER.match(line.text, at)
    if match is None:
        return None
    return Reading(match.end(), " ".join(map(numerals.pairs, match.groups())), "model")


RULES = (
    Rule(engine, words=("v",)),
    Rule(airliner, digits=True, followed="-"),
)
