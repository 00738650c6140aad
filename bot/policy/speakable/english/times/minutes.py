"""Minutes: whether 45m are minutes, meters, men of a raid or millions."""

import re

from bot.policy.speakable.english.numbers import millions
from bot.policy.speakable.english.tables.units import UNITS
from bot.policy.speakable.reading import Line, Reading

BEFORE = frozenset(
    {
        "in", "for", "last", "past", "next", "every", "after", "within", "about", "took", "takes",
        "another", "under", "over", "only", "~", "wait", "spent", "brb", "been", "waited",
        "waiting", "eta", "timer", "queued", "delayed", "afk", "lasted", "lasts",
    }
)  # fmt: skip
"""Words before a time."""
_AFTER = frozenset(
    {
        "ago", "left", "later", "timer", "break", "ad", "ads", "delay", "timeout", "remaining",
        "wait", "queue", "more", "late", "until", "till", "pause", "already", "cooldown", "cd",
    }
)  # fmt: skip
_GIVEN = re.compile(
    r"(?:give|gimme|giving) (?:me |us |him |her |it |them )?(?:like )?$", re.IGNORECASE
)
_TIMED = re.compile(
    r"\b(?:queue|que|q|wait|delay|break|ads?|stream|match|game|podcast|video|vid|eta|timer|nap)s?"
    r" (?:time )?(?:is|was|are|were|took|for|of|at|to) (?:like |about |almost )?$",
    re.IGNORECASE,
)
"""What lasts, and a verb, before how long: "queue was 12m"."""
_GOES_ON = re.compile(r" in(?=[.,!?]|$| (?:already|now|and|chat|lol|bro)(?!\w))", re.IGNORECASE)
_TO_GO = re.compile(
    r" to go(?!\w)(?! (?:in |of )?(?:the |this |a )?(?:jump|race|run|sprint|swim)(?!\w))",
    re.IGNORECASE,
)
_MOVES = re.compile(r"\b(?:jump|race|sprint|swim|ran|run)", re.IGNORECASE)
_MOST_TO_GO = 90
"""Minutes that are to go at most; 100m are rather a distance."""
_OUT = re.compile(r" out(?! of)(?!\w)", re.IGNORECASE)
"""As in "45m in" and "10m to go"; "100m in 10s" is a distance."""
_STRETCH = re.compile(r" of (?:cable|rope|wire|fabric|tape|hose|chain|pipe|road|water|snow)(?!\w)")
"""What is sold and measured by the meter."""
_WITHIN = re.compile(r"\bwithin [0-9.]+m of$", re.IGNORECASE)
"""How near something is: "within 50m of me"."""
_RAIDS = frozenset({"10", "25", "40"})
_RAID = re.compile(r" (?:HC|hc|heroic|NM|normal|mythic|raid|ICC|icc|Naxx|naxx)(?![^\W_])")
_MILLIONS = ("million", "million")
_NEAR = 36
"""Characters before a number in which the words above stand."""
_MOST_MINUTES = 1000


def meant(line: Line, number: Reading, match: re.Match[str]) -> tuple[str, str]:
    """Return the words of the unit, one and more than one, that m stands for behind `number`."""
    text, end = line.text, match.end()
    following = line.after(end).lower()
    start = text.rfind(" ", 0, number.end - 1 if number.end else 0) + 1
    near = text[max(start - _NEAR, 0) : start]
    if text[start : number.end] in _RAIDS and _RAID.match(text, end):
        return "man", "man"
    if millions.is_price(line, start) and following != "of":
        return _MILLIONS
    if _STRETCH.match(text, end) or _WITHIN.search(near + text[start:end] + text[end : end + 3]):
        return UNITS["m"]
    is_time = (
        line.before(start) in BEFORE
        or following in _AFTER
        or _GOES_ON.match(text, end) is not None
        or (
            _TO_GO.match(text, end) is not None
            and (number.value or 0) <= _MOST_TO_GO
            and _MOVES.search(near) is None
        )
        or _GIVEN.search(near) is not None
        or _TIMED.search(near) is not None
    )
    if is_time and following not in millions.FAR and (number.value or 0) < _MOST_MINUTES:
        return UNITS["min"]
    is_far = _OUT.match(text, end) is not None
    return _MILLIONS if not is_far and millions.is_meant(line, start, end) else UNITS["m"]
