"""Class measure: numbers with a unit, feet and inches, percentages, and ages."""

import re

from bot.policy.speakable.english.numbers import numbers, numerals
from bot.policy.speakable.english.tables import nouns
from bot.policy.speakable.english.tables.units import (
    CAPITALS_DIFFER,
    EXACT,
    LARGE,
    NOT_SPACED,
    PER,
    PREFIXED,
    SPACED,
    UNITS,
)
from bot.policy.speakable.english.times import minutes, seconds
from bot.policy.speakable.reading import Line, Reading, Rule, longest

_UNIT = re.compile(
    r"( ?)(°[CFKcfk]?(?![^\W_])|%|(?:sq|cu) (?:km|mi|m|ft|in|yd)|fl oz|(?:[A-Za-zµμΩω]{1,5})"
    r"(?:/[A-Za-z]{1,3}(?![^\W_]))?)"
    r"(\^?[23](?<![^mtsn^][23]))?(?![^\W_])"
)
_SPACED_DEGREES = re.compile(r" ?° ?([CF])(?![^\W_])")
_PER = re.compile(r" ?/ ?([A-Za-z]{1,7}2?)(?![^\W_])")
_DIVIDED = re.compile(r"[0-9][0-9., ]{0,24}[A-Za-z]{0,8} ?/")
_STOP = re.compile(r"\.(?= [a-z])")
_STOPPED = frozenset(
    {
        "ft", "in", "lb", "lbs", "oz", "min", "mins", "sec", "secs", "hr", "hrs", "yd", "yds",
        "yr", "yrs", "mo",
    }
)  # fmt: skip
_SINGULAR = frozenset({"min", "hr", "sec", "wk", "yr", "ft", "lb", "hour", "minute"})
"""Units that are written in the singular where they are adjectives: a 10 min queue."""
_AGAIN = {"kilogram": "kilos", "minute": "min", "second": "secs", "hour": "hrs"}
"""Words that name a unit once more behind its sign, besides its own."""


def measure(line: Line, at: int) -> Reading | None:
    """Read a number with its unit: 5km, 12 KG, 1°C, 100 MB/s, 3 km^2, 5%."""
    number = longest(_NUMBERS, line, at)
    if number is None:
        return None
    return with_unit(line, at, number)


def each(line: Line, at: int) -> Reading | None:
    """Read 12/kg, 3/day and 10k/day."""
    if _DIVIDED.match(line.text, at) is None:
        return None
    number = longest(_NUMBERS, line, at)
    per = _PER.match(line.text, number.end) if number else None
    if number is None or per is None or (what := PER.get(per[1].lower())) is None:
        return None
    scale = line.text[number.end - 1]
    if len(per[1]) == 1 and scale.isalpha() and scale != "M":  # "5k/d" may be kills and deaths
        return None
    return Reading(per.end(), f"{number.said} per {what}", "measure")


def pointed(line: Line, at: int) -> Reading | None:
    """Read .5kg."""
    number = numbers.pointed(line, at)
    return with_unit(line, at, number) if number else None


def with_unit(line: Line, at: int, number: Reading) -> Reading | None:
    """Read the unit behind a number that was read from `at` on."""
    text = line.text
    match = _SPACED_DEGREES.match(text, number.end)
    if match is not None:
        return _measured(line, at, number, UNITS[f"°{match[1].lower()}"], match.end())
    match = _UNIT.match(text, number.end)
    if match is None:
        return None
    is_decimal = "." in text[at : number.end]
    if is_decimal and len(match[2]) == 1 and line.before(at) in numbers.VERSIONED:
        return None  # "patch 7.35d" is no time
    words, end = _words(line, number, match), match.end()
    if words is None and "/" in match[2]:  # what stands behind the slash is read on its own
        sign = match[2].partition("/")[0]
        shorter = re.compile(re.escape(match[1] + sign)).match(text, number.end)
        match = _UNIT.match(text[: shorter.end()], number.end) if shorter else None
        words = _words(line, number, match) if match else None
        end = match.end() if match else end
    if words is None or match is None:
        return None
    if match[3] and (prefix := PREFIXED.get(match[3][-1])):
        if "/" in match[2]:
            power = "squared" if match[3][-1] == "2" else "cubed"
            words = (f"{words[0]} {power}", f"{words[1]} {power}")
        else:
            words = (f"{prefix} {words[0]}", f"{prefix} {words[1]}")
    if _STOP.match(text, end) and match[2].lower() in _STOPPED:
        end += 1
    return _measured(line, at, number, words, end)


def _words(line: Line, number: Reading, match: re.Match[str]) -> tuple[str, str] | None:
    space, sign = match[1], match[2]
    key = sign.lower()
    words = EXACT.get(sign) or UNITS.get(key)
    if words is None:
        return None
    if key in CAPITALS_DIFFER and sign != key and LARGE.get(key) != sign:
        return None
    if space and not _is_unit_apart(line, number, match):
        return None
    if key == "m":
        return minutes.meant(line, number, match)
    if key == "s" and not space and not seconds.is_meant(line, number, match.end()):
        return None
    if sign == "w" and not space and line.after(match.end()).lower() in ("ago", "left"):
        return UNITS["wk"]
    if key == "k" or (sign == "w" and not _is_power(line, number, match.end())):
        return None
    return words


_POWERED = frozenset(
    {
        "adapter", "amp", "amplifier", "bulb", "bulbs", "cable", "charger", "charging", "chip",
        "cpu", "draw", "fan", "gpu", "grill", "heater", "kettle", "laptop", "led", "light",
        "microwave", "motor", "oven", "panel", "peak", "power", "psu", "servo", "solar", "speaker",
        "speakers", "subwoofer", "supply", "tdp", "usage", "usb", "toaster", "soundbar",
    }
)  # fmt: skip
_POWERED_BEFORE = frozenset(
    {"tdp", "psu", "draws", "drawing", "pulls", "pulling", "wattage", "uses", "using", "power"}
)


def _is_power(line: Line, number: Reading, end: int) -> bool:
    """Tell whether a small w is watts: an 850w psu; else it may be wins or weeks."""
    before = line.before(line.text.rfind(" ", 0, number.end) + 1)
    return line.after(end).lower() in _POWERED or before in _POWERED_BEFORE


_MONTHLY = frozenset({"streak", "sub", "resub", "old", "contract", "lease", "baby", "puppy"})
"""Words behind months: 24 mo streak."""
_AT_END = frozenset({"mi", "pt", "ha", "ac", "kn"})
"""Signs that are units behind a space where no word follows."""


def _is_unit_apart(line: Line, number: Reading, match: re.Match[str]) -> bool:
    """Tell whether a sign that stands behind a space is a unit there."""
    sign = match[2]
    key = sign.lower()
    if key == "in":
        is_stopped = _STOP.match(line.text, match.end()) is not None
        return is_stopped or not line.text[match.end() :].strip(" .!?")
    if key == "mo":
        if line.after(match.end()).lower() in _MONTHLY:
            return True
        return line.before(line.text.rfind(" ", 0, number.end) + 1) in minutes.BEFORE
    if key == "pt" and line.text[match.end() : match.end() + 2].strip().isdigit():
        return False  # "ep 5 pt 3"
    if sign == "AC":  # of an armor
        return False
    if key in NOT_SPACED and sign in (key, key.upper()):
        return key in _AT_END and not line.after(match.end())
    if len(key) > 1 or not key.isalpha():
        return True
    # "5 L" and "5 W" are losses and wins.
    is_meant = line.after(match.end()) == "of" or line.text[match.end() : match.end() + 1] == "/"
    return key in SPACED and (sign == key or is_meant)


def _measured(line: Line, at: int, number: Reading, words: tuple[str, str], end: int) -> Reading:
    written = line.text[at : number.end]
    bare = number.said if number.value is None or not written.isdigit() else numerals.count(written)
    following = line.after(end).lower()
    is_short = line.text[number.end : end].strip().lower() in _SINGULAR
    is_adjective = following in nouns.MEASURED or (
        (is_short or line.before(at) in nouns.ARTICLES) and nouns.is_noun(following)
    )
    is_adjective |= following in nouns.EXTENTS and line.before(at) in ("a", "an")
    if len(written) in (3, 4) and written.isdigit() and words[1] in ("DPI", "CCs"):
        bare, is_adjective = numerals.pairs(written), True
    is_one = written == "1" or (is_adjective and " per " not in words[0])
    said = f"{bare} {words[not is_one]}"
    per = _PER.match(line.text, end)
    if per is not None and (what := PER.get(per[1].lower())):
        said, end = f"{said} per {what}", per.end()
    elif following in words or following == _AGAIN.get(words[0]):  # "20% percent"
        return Reading(end, bare, "measure", bare, number.value)
    return Reading(end, said, "measure", bare, number.value)


def percent(line: Line, at: int) -> Reading | None:
    """Read a percent sign without a number."""
    del line
    return Reading(at + 1, "percent")


_NUMBERS = (numbers.scaled, numbers.spaced, numbers.plain)
RULES = (
    Rule(measure, digits=True),
    Rule(each, digits=True),
    Rule(pointed, signs="."),
    Rule(percent, signs="%"),
)
