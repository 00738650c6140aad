"""Class size: heights in feet and inches, screens, ages, and units that are adjectives."""

import re

from bot.policy.speakable.english.numbers import numbers, numerals
from bot.policy.speakable.english.numbers.numerals import NUMBER
from bot.policy.speakable.english.tables import nouns
from bot.policy.speakable.english.tables.units import PER, UNITS
from bot.policy.speakable.reading import Line, Reading, Rule

_FEET = re.compile(r"([0-9])'(?:([0-9]{1,2})(?:\.([0-9]))?(?:\"|'')?)?(?![^\W_])")
_FEET_SPELLED = re.compile(r"([0-9]) ?ft ?([0-9]{1,2}) ?(?:in)?(?![^\W_])")
_INCHES = re.compile(rf"({NUMBER})(?:\"|'')(?![^\W_])")
_AGE = re.compile(r"([0-9]{1,3}) ?(?:y/?o|yrs? old)(?![^\W_])", re.IGNORECASE)


def feet(line: Line, at: int) -> Reading | None:
    """Read 5'11", 6'2 and 5ft 11 as heights."""
    match = _FEET.match(line.text, at) or _FEET_SPELLED.match(line.text, at)
    if match is None:
        return None
    number = numerals.count(match[1])
    inches = match[2]
    if inches is None:
        if line.text[:at].count("'") % 2:  # a quotation ends
            return None
        return Reading(match.end(), f"{number} {'foot' if match[1] == '1' else 'feet'}", "measure")
    if int(inches) > 11:
        return None
    point = f" point {match[3]}" if match.lastindex and match.lastindex > 2 and match[3] else ""
    said = f"{number} foot {numerals.count(inches)}" if inches != "0" else f"{number} foot"
    return Reading(
        match.end(),
        said + point.replace(point[-1:], numerals.count(point[-1:])) if point else said,
        "measure",
    )


def inches(line: Line, at: int) -> Reading | None:
    """Read 27" where the sign does not end a quotation."""
    match = _INCHES.match(line.text, at)
    if match is None or line.text.count('"', 0, match.end() - 1) % 2:
        return None
    number = numerals.count(match[1])
    following = line.after(match.end())
    unit = "inch" if nouns.is_noun(following.lower()) or match[1] == "1" else "inches"
    return Reading(match.end(), f"{number} {unit}", "measure", number)


_AGED_BEFORE = frozenset(
    {
        "", "i'm", "im", "is", "am", "are", "was", "he's", "she's", "hes", "shes", "they're",
        "were", "turned", "be", "being", "now", "currently", "only", "just", "we're", "you're",
        "its", "it's",
    }
)  # fmt: skip


_PERSONS = frozenset(
    {
        "male", "female", "guy", "girl", "dude", "kid", "man", "woman", "boy", "dog", "cat", "son",
        "account",
        "child", "house", "laptop", "meme", "puppy", "whiskey", "daughter", "brother", "sister",
        "student", "lady", "gamer", "streamer",
    }
)  # fmt: skip
"""Who or what is of an age that stands before: a 25 year old guy."""


def age(line: Line, at: int) -> Reading | None:
    """Read 25yo, 18 y/o."""
    match = _AGE.match(line.text, at)
    if match is None:
        return None
    number = numerals.count(match[1])
    is_age = line.before(at) in _AGED_BEFORE and match[1] != "1"
    is_age = is_age and line.after(match.end()).lower() not in _PERSONS
    unit = "years old" if is_age and not line.after(match.end()).endswith("ing") else "year old"
    return Reading(match.end(), f"{number} {unit}", "measure")


_EACH = re.compile(
    r"(?P<what>[a-z]{2,12})/(?P<unit>min|sec|hr|hour|day|week|mo|month|yr|year|game)(?![^\W_])"
)
_JOINED = re.compile(
    r"(?P<n>[0-9]{1,4}(?:\.[0-9])?)-(?P<unit>ft|lb|in(?!-[^\W_])|oz|km|mi|yr|hr|min|sec|mm|cm|kg|gb"
    r"|mo|wk)(?![^\W_])",
    re.IGNORECASE,
)
_TORQUE = re.compile(r"([0-9]{1,4}) ?(?:ft[- ]?lbs?|lbs?[- ]?ft)(?![^\W_])")
_STARS = re.compile(r"([1-7])(?:\*(?= [A-Za-z])|★(?!\w))")
_SIZE = re.compile(r"([0-9]{1,3})[\"'] ?[x×] ?([0-9]{1,3})(?:\"|')(?![^\W_])")


def each(line: Line, at: int) -> Reading | None:
    """Read clicks/sec, cs/min."""
    match = _EACH.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    return Reading(match.end(), f"{match['what']} per {PER.get(match['unit'], match['unit'])}")


def joined(line: Line, at: int) -> Reading | None:
    """Read 6-ft and 10-lb, adjectives."""
    match = _JOINED.match(line.text, at)
    if match is None:
        return None
    one = UNITS[match["unit"].lower()][0]
    return Reading(match.end(), f"{numerals.count(match['n'])} {one}", "measure")


def size(line: Line, at: int) -> Reading | None:
    """Read 8"x10"."""
    match = _SIZE.match(line.text, at)
    if match is None:
        return None
    a, b = map(numerals.count, match.groups())
    return Reading(match.end(), f"{a} by {b}", "measure")


def torque(line: Line, at: int) -> Reading | None:
    """Read 300 ft-lbs and 300 lb-ft."""
    match = _TORQUE.match(line.text, at)
    if match is None:
        return None
    return Reading(match.end(), f"{numerals.count(match[1])} foot pounds", "measure")


def stars(line: Line, at: int) -> Reading | None:
    """Read 5* and 5★: how rare or good something is."""
    match = _STARS.match(line.text, at)
    return Reading(match.end(), f"{numerals.count(match[1])} star", "measure") if match else None


def multiple(line: Line, at: int) -> Reading | None:
    """Read 2x and 1.5x."""
    number = numbers.plain(line, at)
    if number is None or line.text[number.end : number.end + 1] not in ("x", "X"):
        return None
    if not line.is_end(number.end + 1):
        return None
    return Reading(number.end + 1, f"{number.said} x", "measure", number.said, number.value)


RULES = (
    Rule(each, letters=True),
    Rule(joined, digits=True, followed="-."),
    Rule(size, digits=True, followed="\"'"),
    Rule(torque, digits=True, followed=" fl"),
    Rule(stars, digits=True, followed="*★"),
    Rule(multiple, digits=True, followed="xX,."),
    Rule(feet, digits=True, followed="' f"),
    Rule(inches, digits=True, followed="\"',."),
    Rule(age, digits=True, followed=" yY"),
)
