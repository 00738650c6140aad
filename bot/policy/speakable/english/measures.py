"""Class measure: numbers with a unit, feet and inches, percentages, and ages."""

import re

from bot.policy.speakable.english import numbers, numerals
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
from bot.policy.speakable.reading import Line, Reading, Rule, longest

_UNIT = re.compile(
    r"( ?)(°[CFKcfk]?(?![^\W_])|%|(?:sq|cu) (?:km|mi|m|ft|in|yd)|fl oz|(?:[A-Za-zµμΩω]{1,5})"
    r"(?:/[A-Za-z]{1,3}(?![^\W_]))?)"
    r"(\^?[23](?<![^mtsn^][23]))?(?![^\W_])"
)
_SPACED_DEGREES = re.compile(r" ?° ?([CF])(?![^\W_])")
_PER = re.compile(r" ?/ ?([A-Za-z]{1,7}2?)(?![^\W_])")
_MINUTES_BEFORE = frozenset(
    {
        "in", "for", "last", "past", "next", "every", "after", "within", "about", "took", "takes",
        "another", "under", "over", "only", "~", "wait", "spent", "brb",
    }
)  # fmt: skip
_MINUTES_AFTER = frozenset(
    {
        "ago", "left", "later", "timer", "break", "ad", "ads", "delay", "timeout", "remaining",
        "wait", "queue", "more", "late", "until", "till", "pause",
    }
)  # fmt: skip
_METERS_AFTER = frozenset(
    {
        "dash", "sprint", "race", "run", "swim", "freestyle", "tall", "deep", "high", "long",
        "away", "final", "hurdles", "relay", "wide",
    }
)  # fmt: skip
_ARTICLES = frozenset(
    {
        "a", "an", "my", "this", "that", "the", "another", "his", "her", "your", "our", "their",
    }
)  # fmt: skip
_STOP = re.compile(r"\.(?= [a-z])")
_STOPPED = frozenset(
    {
        "ft", "in", "lb", "lbs", "oz", "min", "mins", "sec", "secs", "hr", "hrs", "yd", "yds",
        "yr", "yrs", "mo",
    }
)  # fmt: skip
_SINGULAR = frozenset({"min", "hr", "sec", "wk", "yr", "ft", "lb", "hour", "minute"})
"""Units that are written in the singular where they are adjectives: a 10 min queue."""
_MEASURED = frozenset(
    {
        "amp", "baby", "bag", "ban", "bar", "barrel", "battery", "bench", "bottle", "box", "break",
        "bulb", "burger", "cable", "can", "card", "charger", "clip", "cooldown", "cord", "cup",
        "dash", "deadlift", "deadline", "delay", "display", "drive", "drop", "dumbbell", "engine",
        "fall", "fan", "film", "flight", "gap", "glass", "gun", "hdd", "jack", "jump", "kit",
        "lens", "limit", "marathon", "monitor", "movie", "old", "pack", "panel", "pause", "pizza",
        "plate", "pool", "psu", "race", "radiator", "ride", "rim", "rims", "rope", "run", "screen",
        "shift", "shifts", "speaker", "sprint", "squat", "ssd", "steak", "stick", "stream", "sub",
        "swim", "tank", "timeout", "timer", "tire", "tires", "trial", "trip", "tv", "video", "walk",
        "wall", "wheels", "window", "zone",
    }
)  # fmt: skip
"""What is measured by the number before it: a 65 watt charger."""
_NO_NOUNS = frozenset(
    {
        "of", "in", "is", "and", "or", "to", "for", "at", "on", "ago", "later", "left", "a", "per",
        "was", "were", "are", "but", "from", "with", "than", "more", "less", "after", "before",
        "if", "i", "it", "so", "away", "apart", "each", "by", "off", "out", "up", "down", "every",
        "pls", "plz", "please", "max", "tops", "now", "here", "there", "lol", "lmao", "tho",
        "though", "because", "cuz", "bc", "when", "while", "until", "till", "my", "your", "his",
        "her", "we", "they", "you", "he", "she", "again", "only", "the", "then", "that", "deep",
        "high", "tall", "long", "wide", "old", "not", "will", "behind", "ahead", "faster", "slower",
        "earlier", "late", "early",
    }
)  # fmt: skip
_DECADE_BEFORE = frozenset({"the", "mid", "early", "late", "my", "his", "her", "their", "your"})


def measure(line: Line, at: int) -> Reading | None:
    """Read a number with its unit: 5km, 12 KG, 1°C, 100 MB/s, 3 km^2, 5%."""
    number = longest(_NUMBERS, line, at)
    if number is None:
        return None
    return _with_unit(line, at, number)


def each(line: Line, at: int) -> Reading | None:
    """Read 12/kg, 3/day and 10k/day."""
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
    return _with_unit(line, at, number) if number else None


def _with_unit(line: Line, at: int, number: Reading) -> Reading | None:
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
        return _minutes_or_meters(line, number, match)
    if key == "s" and not space and not _is_seconds(line, number, match.end()):
        return None
    if sign == "w" and not space and line.after(match.end()).lower() in ("ago", "left"):
        return UNITS["wk"]
    if key == "k" or (key == "w" and sign == "w"):
        return None
    return words


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
        return line.before(line.text.rfind(" ", 0, number.end) + 1) in _MINUTES_BEFORE
    if key == "pt" and line.text[match.end() : match.end() + 2].strip().isdigit():
        return False  # "ep 5 pt 3"
    if key in NOT_SPACED and sign in (key, key.upper()):
        return key in _AT_END and not line.after(match.end())
    if len(key) > 1 or not key.isalpha():
        return True
    # "5 L" and "5 W" are losses and wins.
    is_meant = line.after(match.end()) == "of" or line.text[match.end() : match.end() + 1] == "/"
    return key in SPACED and (sign == key or is_meant)


def _is_seconds(line: Line, number: Reading, end: int) -> bool:
    """Tell whether 30s are seconds: 1s and 747s may be several of a number."""
    start = line.text.rfind(" ", 0, number.end) + 1
    before, following = line.before(start), line.after(end).lower()
    if before in _DECADE_BEFORE or before in _PLURAL_BEFORE:
        return False
    value = number.value or 0.0
    is_timed = before in _SECONDS_BEFORE or following in _SECONDS_AFTER
    if line.before(start) in _PHONES:
        return False
    if value % 1 or is_timed:
        return True
    if _PLURAL_NEXT.match(line.text, end):
        return False
    return value >= _LEAST_SECONDS and value < _MOST_SECONDS


_PHONES = frozenset({"iphone", "galaxy"})
_LEAST_SECONDS, _MOST_SECONDS = 10, 700
_PLURAL_NEXT = re.compile(r" (?:and|or) [0-9]+s(?![^\W_])")
_PLURAL_BEFORE = frozenset(
    {
        "roaring", "nat", "of", "all", "iphone", "ipad", "pixel", "two", "three", "no", "crit",
        "some", "and", "or", "rolled",
    }
)  # fmt: skip
_SECONDS_BEFORE = frozenset(
    {
        "for", "wait", "after", "within", "under", "sub", "only", "last", "every", "took", "takes",
        "about", "around", "another", "give", "gimme", "by", "over", "than", "exactly", "like",
        "in", "just", "next", "at", "almost", "until", "cooldown", "cd", "got", "had", "clip",
        "timer",
    }
)  # fmt: skip
_SECONDS_AFTER = frozenset(
    {
        "left", "ago", "later", "cooldown", "timer", "delay", "cd", "long", "remaining", "break",
        "ad", "ads", "video", "clip", "before", "after", "to", "until", "more", "faster", "slower",
        "per", "away", "lag", "timeout", "on",
    }
)  # fmt: skip


_IN_AT_END = re.compile(r" in(?=[.,!?]|$)", re.IGNORECASE)
"""As in "45m in"; "100m in 10s" is a distance."""


def _minutes_or_meters(line: Line, number: Reading, match: re.Match[str]) -> tuple[str, str]:
    following = line.after(match.end()).lower()
    start = line.text.rfind(" ", 0, number.end - 1 if number.end else 0) + 1
    is_time = (
        line.before(start) in _MINUTES_BEFORE
        or following in _MINUTES_AFTER
        or _IN_AT_END.match(line.text, match.end()) is not None
    )
    if is_time and following not in _METERS_AFTER and (number.value or 0) < 1000:
        return UNITS["min"]
    return UNITS["m"]


def _measured(line: Line, at: int, number: Reading, words: tuple[str, str], end: int) -> Reading:
    written = line.text[at : number.end]
    bare = number.said if number.value is None or not written.isdigit() else numerals.count(written)
    following = line.after(end).lower()
    is_short = line.text[number.end : end].strip().lower() in _SINGULAR
    is_adjective = following in _MEASURED or (
        (is_short or line.before(at) in _ARTICLES) and _is_noun(following)
    )
    if len(written) in (3, 4) and written.isdigit() and words[1] in ("DPI", "CCs"):
        bare, is_adjective = numerals.pairs(written), True
    is_one = written == "1" or is_adjective
    said = f"{bare} {words[not is_one]}"
    per = _PER.match(line.text, end)
    if per is not None and (what := PER.get(per[1].lower())):
        said, end = f"{said} per {what}", per.end()
    return Reading(end, said, "measure", bare, number.value)


def _is_noun(following: str) -> bool:
    """Tell whether a measure is an adjective of the word behind it: "a 5 km run"."""
    return bool(following) and following not in _NO_NOUNS


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
