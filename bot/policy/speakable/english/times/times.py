"""Classes time and duration: clocks, times of runs, hours and minutes."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.english.times.timers import counted
from bot.policy.speakable.reading import Line, Reading, Rule

_ZONES = (
    "EST|EDT|ET|CST|CDT|CT|MST|MDT|MT|PST|PDT|PT|GMT|UTC|BST|CET|CEST|EET|EEST|WET|WEST|IST|JST|KST"
    "|AEST|AEDT|BRT|MSK|SGT"
)
_ZONE = rf"(?: (?P<zone>{_ZONES}|(?:[ecmp]\.[sd]\.t|g\.m\.t|u\.t\.c)\.?)(?![^\W_]))?"
_HALF = r"(?: ?(?P<half>[ap])(?:m(?![^\W_])|\.m(?![^\W_])\.?))"
_CLOCK = re.compile(
    rf"(?P<hour>[01]?[0-9]|2[0-4]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?"
    rf"(?:{_HALF})?{_ZONE}(?![:.,]?[0-9])(?![^\W_])",
    re.IGNORECASE,
)
_DOTTED_CLOCK = re.compile(
    rf"(?P<hour>1[0-2]|0?[1-9])\.(?P<minute>[0-5][0-9]){_HALF}{_ZONE}", re.IGNORECASE
)
_HOUR = re.compile(rf"(?P<hour>1[0-2]|0?[1-9]){_HALF}{_ZONE}", re.IGNORECASE)
_AGAIN = re.compile(r" ([ap])m(?![^\W_]| i(?![^\W_]))", re.IGNORECASE)
"""As in "9am am"; "9am am I late" goes on."""
_RUN = re.compile(
    r"(?:(?P<hours>[0-9]{1,3}):)?(?P<minutes>[0-9]{1,3}):(?P<seconds>[0-5][0-9])(?:[.,]"
    r"(?P<fraction>[0-9]{1,3}))?(?![:.,]?[0-9])(?![^\W_])"
)
_MILITARY = re.compile(
    r"(?P<hour>[01][0-9]|2[0-3])(?P<minute>[0-5][0-9]) ?(?:hrs|hours|h)(?![^\W_])"
)
_RATIO = re.compile(r"([0-9]{1,4}) ?:([0-9]{1,4})(?![:.]?[0-9])(?![^\W_])")
_PART = r"([0-9]{1,4}(?:\.[0-9])?) ?(%s)(?![^\W_])"
_DURATION = re.compile(
    r"(?:(?P<y>[0-9]{1,3})y(?:rs?|ears?)? ?)?(?:(?P<mo>[0-9]{1,2})mo ?)?(?:(?P<w>[0-9]{1,3})w"
    r"(?:ks?)? ?)?(?:(?P<d>[0-9]{1,4})d(?:ays?)? ?)?"
    r"(?:(?P<h>[0-9]{1,4}) ?h(?:rs?|ours?)? ?)?(?:(?P<m>[0-9]{1,4}) ?m(?:ins?)? ?)?(?:"
    r"(?P<s>[0-9]{1,4}) ?s(?:ecs?)?)?(?<! )(?![^\W_])",
    re.IGNORECASE,
)
_HOURS_AND = re.compile(r"(?P<h>[0-9]{1,3})h(?P<m>[0-5][0-9])(?![^\W_])")
_UNITS = {
    "y": "year",
    "mo": "month",
    "w": "week",
    "d": "day",
    "h": "hour",
    "m": "minute",
    "s": "second",
}
_RECORDS = frozenset(
    {
        "wr", "pb", "pace", "run", "sub", "split", "record", "time", "finished", "got", "sob",
        "gold", "igt", "rta", "best",
    }
)  # fmt: skip
_LEFT_AFTER = frozenset({"left", "remaining"})
_SPENT_BEFORE = frozenset(
    {"sub", "under", "timer", "timer:", "countdown", "in", "q1", "q2", "q3", "q4"}
)
"""Words before the time of a run, or of a quarter of a game, that is no time of day."""
_OCLOCK = 12
_HOURS = 24


def clock(line: Line, at: int) -> Reading | None:
    """Read 10:30, 17:05, 1:59 p.m. EST, 3am, 14:10:30."""
    match = (
        _CLOCK.match(line.text, at)
        or _DOTTED_CLOCK.match(line.text, at)
        or _HOUR.match(line.text, at)
    )
    if match is None or line.text[at - 1 : at] == "$":
        return None
    if line.after(match.end()).lower() in _LEFT_AFTER and not match["half"]:
        return None
    parts = match.groupdict()
    hour, minute, second = int(parts["hour"]), parts.get("minute"), parts.get("second")
    half, end = parts["half"], match.end()
    if minute == "00" and not (second or half) and line.before(at) in _SPENT_BEFORE:
        return None
    if half and (again := _AGAIN.match(line.text, end)) and again[1].lower() == half.lower():
        end = again.end()
    if line.text[end - 1] == "." and not line.after(end) and parts.get("zone") is None:
        end -= 1  # the full stop ends the sentence as well
    if second:
        if _is_record(line, at):
            return None
        hours = f"{counted(hour, 'hour')} " if hour else ""
        said = f"{hours}{counted(int(minute or 0), 'minute')} and {counted(int(second), 'second')}"
    else:
        said = _hour_and_minute(hour, minute, is_half=bool(half))
    if half:
        said += f" {half.upper()}M"
    if zone := parts.get("zone"):
        said += " " + zone.replace(".", "").upper()
    return Reading(end, said, "time", said if not half else said.removesuffix(f" {half.upper()}M"))


def _hour_and_minute(hour: int, minute: str | None, *, is_half: bool) -> str:
    if minute is None:
        return numerals.cardinal(hour)
    if minute != "00":
        return f"{numerals.cardinal(hour)} {numerals.two_digits(minute)}"
    if is_half:
        return numerals.cardinal(hour)
    return f"{numerals.cardinal(hour)} {'hundred' if hour > _OCLOCK else 'o' + chr(39) + 'clock'}"


def _is_record(line: Line, at: int) -> bool:
    """Tell whether the line speaks of speedruns, in which 1:05:22 is read like digits."""
    return not _RECORDS.isdisjoint(line.text[max(at - 40, 0) : at + 60].lower().split())


def run(line: Line, at: int) -> Reading | None:
    """Read the time of a run: 1:23.45, 1:05:22.431, 100:05."""
    match = _RUN.match(line.text, at)
    if match is None:
        return None
    if not (match["hours"] or match["fraction"]) and line.after(match.end()).lower() in _LEFT_AFTER:
        return Reading(
            match.end(), _spent(int(match["minutes"]), int(match["seconds"])), "duration"
        )
    if (
        not (match["hours"] or match["fraction"])
        and match["seconds"] == "00"
        and (int(match["minutes"]) > _HOURS or line.before(at) in _SPENT_BEFORE)
    ):
        unit = "hour" if line.after(match.end()).lower() == "marathon" else "minute"
        return Reading(match.end(), counted(int(match["minutes"]), unit), "duration")
    said = numerals.cardinal(int(match["hours"])) + " " if match["hours"] else ""
    said += (
        numerals.two_digits(match["minutes"])
        if said and len(match["minutes"]) == 2
        else numerals.count(str(int(match["minutes"])))
    )
    seconds = match["seconds"]
    said += (
        " o'clock"
        if seconds == "00" and not match["hours"] and not match["fraction"]
        else f" {numerals.two_digits(seconds)}"
    )
    said = said.replace("double oh", "zero zero")
    if match["fraction"]:
        said += f" point {numerals.digits(match['fraction'])}"
    return Reading(match.end(), said, "time")


def _spent(minutes: int, seconds: int) -> str:
    parts = [counted(n, unit) for n, unit in ((minutes, "minute"), (seconds, "second")) if n]
    return " and ".join(parts) or "zero seconds"


def military(line: Line, at: int) -> Reading | None:
    """Read 0400 hours, 1830hrs."""
    match = _MILITARY.match(line.text, at)
    if match is None:
        return None
    hour = numerals.two_digits(match["hour"]).replace("double oh", "zero")
    minute = "hundred" if match["minute"] == "00" else numerals.two_digits(match["minute"])
    return Reading(match.end(), f"{hour} {minute} hours", "time")


def ratio(line: Line, at: int) -> Reading | None:
    """Read 3:2, 16:9, 25:99."""
    match = _RATIO.match(line.text, at)
    if match is None:
        return None
    return Reading(
        match.end(), f"{numerals.count(match[1])} to {numerals.count(match[2])}", "ratio"
    )


def duration(line: Line, at: int) -> Reading | None:
    """Read 2m30s, 1h 20m, 3d 4h, 1h20: two parts at least."""
    match = _HOURS_AND.match(line.text, at) or _DURATION.match(line.text, at)
    if match is None:
        return None
    hour, minute = match.groupdict().get("h"), match.groupdict().get("m")
    if match.re is _HOURS_AND and 12 < int(hour or 0) < _HOURS:  # 20h30 is a clock
        return Reading(match.end(), _hour_and_minute(int(hour or 0), minute, is_half=False), "time")
    parts = [(unit, number) for unit, number in match.groupdict().items() if number is not None]
    if len(parts) < 2:
        return None
    is_years = [unit for unit, _ in parts] == ["y", "m"]  # "1y 2m"
    units = _UNITS | {"m": "month"} if is_years else _UNITS
    said = " ".join(counted(int(number), units[unit]) for unit, number in parts)
    return Reading(match.end(), said, "duration")


_SHORT_HALVES = re.compile(r"(1[0-2]|[1-9])a-(1[0-2]|[1-9])p(?![^\W_])")


def opening(line: Line, at: int) -> Reading | None:
    """Read 9a-5p."""
    match = _SHORT_HALVES.match(line.text, at)
    if match is None:
        return None
    first, last = (numerals.cardinal(int(hour)) for hour in match.groups())
    return Reading(match.end(), f"{first} AM to {last} PM", "time")


RULES = (
    Rule(opening, digits=True, followed="aA"),
    Rule(clock, digits=True, followed=":. aApP"),
    Rule(run, digits=True, followed=":"),
    Rule(military, digits=True, followed=" h"),
    Rule(ratio, digits=True, followed=": "),
    Rule(duration, digits=True, followed=" yYmMwWdDhHsS"),
)
