"""Class timer: minutes and seconds that say so: 1:30 min, :30 left, 1:30h; and 7:30ish."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_MINUTES = re.compile(r"([0-9]{1,3}):([0-5][0-9]) ?(?:mins?|minutes?)(?![^\W_])", re.IGNORECASE)
_HOURS = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9]) ?(?:h|hrs?|hours?)(?![^\W_])")
_SECONDS = re.compile(r":([0-5][0-9])(?= (?:left|remaining|to go)(?![^\W_]))")
_ISH = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])ish(?![^\W_])", re.IGNORECASE)
_ISH_SPAN = re.compile(r"([0-9]{1,3})-([0-9]{1,3})ish(?![^\W_])", re.IGNORECASE)
_ON_THE_CLOCK = re.compile(r"0:([0-5][0-9])(?= on (?:the )?(?:clock|timer)(?![^\W_]))")
_PACE = re.compile(r"([0-9]{1,2}):([0-5][0-9])( ?mins?)? ?/ ?(km|mi|mile)(?![^\W_])", re.IGNORECASE)
_RUN = {"km": "kilometer", "mi": "mile", "mile": "mile"}
_MOST_HOURS = 5
"""Hours from which on a number of hours and minutes with an h is rather a time of day."""


def minutes(line: Line, at: int) -> Reading | None:
    """Read 5:00 min and 1:30 minutes."""
    match = _MINUTES.match(line.text, at)
    return _lasts(match, "minute", "second") if match else None


def hours(line: Line, at: int) -> Reading | None:
    """Read 1:30h as how long it takes, 15:00h as a time of day."""
    match = _HOURS.match(line.text, at)
    if match is None:
        return None
    if int(match[1]) < _MOST_HOURS or match[0][-1] != "h":
        return _lasts(match, "hour", "minute")
    minute = "hundred" if match[2] == "00" else numerals.two_digits(match[2])
    return Reading(match.end(), f"{numerals.cardinal(int(match[1]))} {minute}", "time")


def seconds(line: Line, at: int) -> Reading | None:
    """Read :30 left."""
    match = _SECONDS.match(line.text, at)
    if match is None or line.text[at - 1 : at].strip():
        return None
    return Reading(match.end(), counted(int(match[1]), "second"), "duration")


def roughly(line: Line, at: int) -> Reading | None:
    """Read 7:30ish."""
    match = _ISH.match(line.text, at)
    if match is None:
        return None
    said = numerals.cardinal(int(match[1]))
    minute = "" if match[2] == "00" else f" {numerals.two_digits(match[2])}"
    return Reading(match.end(), f"{said}{minute}-ish", "time")


def pace(line: Line, at: int) -> Reading | None:
    """Read 5:30/km and 4:15 min/km: how fast somebody runs."""
    match = _PACE.match(line.text, at)
    if match is None:
        return None
    seconds = "" if match[2] == "00" else f" {numerals.two_digits(match[2])}"
    said = f"{numerals.count(match[1])}{seconds}{' minutes' if match[3] or not seconds else ''}"
    return Reading(match.end(), f"{said} per {_RUN[match[4].lower()]}", "duration")


def roughly_to(line: Line, at: int) -> Reading | None:
    """Read 5-6ish."""
    match = _ISH_SPAN.match(line.text, at)
    if match is None:
        return None
    first, last = map(numerals.count, match.groups())
    return Reading(match.end(), f"{first} to {last}-ish", "range")


def on_the_clock(line: Line, at: int) -> Reading | None:
    """Read 0:30 on the clock."""
    match = _ON_THE_CLOCK.match(line.text, at)
    return Reading(match.end(), counted(int(match[1]), "second"), "duration") if match else None


def counted(number: int, unit: str) -> str:
    """Return a number with its unit: "one hour", "zero seconds"."""
    return f"{numerals.cardinal(number) if number else 'zero'} {unit}{'' if number == 1 else 's'}"


def _lasts(match: re.Match[str], unit: str, smaller: str) -> Reading:
    parts = ((int(match[1]), unit), (int(match[2]), smaller))
    said = " and ".join(counted(number, what) for number, what in parts if number)
    return Reading(match.end(), said or f"zero {unit}s", "duration")


RULES = (
    Rule(minutes, digits=True, followed=":"),
    Rule(hours, digits=True, followed=":"),
    Rule(seconds, signs=":"),
    Rule(pace, digits=True, followed=":"),
    Rule(roughly_to, digits=True, followed="-"),
    Rule(on_the_clock, digits=True, followed=":"),
    Rule(roughly, digits=True, followed=":"),
)
