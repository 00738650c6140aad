"""Abbreviations that mean one thing or another: hr is an hour or HR, min a minute or a minimum."""

import re

from bot.policy.speakable.english.tables.vocabulary import NUMBER_WORDS
from bot.policy.speakable.reading import Line

_HR_BEFORE = frozenset({"max", "resting", "called", "calling", "contact", "heart"})
_HR_AFTER = frozenset(
    {
        "called", "complaint", "department", "dept", "emailed", "lady", "manager", "meeting",
        "monitor", "rep", "reps", "violation", "zone", "zones",
    }
)  # fmt: skip
_OWN = frozenset({"my", "his", "her", "your", "ur", "their"})
"""Words before a heart rate, and a verb behind it: "my hr is 90"."""
_BEATS = frozenset({"is", "was", "hit", "hits", "spiked", "spikes", "went", "jumped", "rn"})
_OVER = re.compile(r" (?:is|was) (?:up|over|almost|nearly|done)(?![^\W_])", re.IGNORECASE)
"""What becomes of an hour: "my hr is up"."""
_BPM = re.compile(r" ?[0-9]{2,3} ?bpm(?![^\W_])", re.IGNORECASE)
_IN_HR = re.compile(
    r"\b(?:works?|worked|working|job) (?:in|at|for|with) $"
    r"|\b(?:talk|talked|report|reported|complain|complained)(?: \w+)? to $",
    re.IGNORECASE,
)
_NEAR = 32
_LEAST_AFTER = frozenset(
    {
        "wage", "wages", "spec", "specs", "requirement", "requirements", "req", "reqs", "value",
        "level", "lvl", "bet", "bid", "age", "order", "damage", "amount", "price", "rank",
        "donation", "dono", "payment", "deposit", "score", "sens", "settings", "roll",
    }
)  # fmt: skip
"""Words behind a minimum."""
_TIMED = frozenset({"per", "each", "last"})
"""Words before a minute, whatever stands behind it."""
_TIMES = frozenset({"in", "at", "every", "this"})
"""Words before a minute, unless it is a minimum wage."""
_SEVERAL = re.compile(r" ?[0-9]{1,6} (?:people|ppl|[a-z]{2,}[^\W\dsu_]s)(?![^\W_])", re.IGNORECASE)
"""A number of things: at min 5 subs."""
_GOAL = re.compile(
    r" ?[0-9]{1,3}(?:st|nd|rd|th)? (?:goal|of (?:the )?(?:stream|game|match|run|vid|video|half))"
    r"(?![^\W_])",
    re.IGNORECASE,
)
OTHERWISE = frozenset({"hr", "min"})
"""Abbreviations that `said` knows more than one meaning of."""


def said(line: Line, at: int, end: int, key: str, usual: str) -> str:
    """Return what `key` stands for between the words around it; `usual` without any evidence."""
    before, following = line.before(at), line.after(end).lower()
    if key == "hr":
        is_other = (
            before in _HR_BEFORE
            or following in _HR_AFTER
            or (before in _OWN and following in _BEATS and not _OVER.match(line.text, end))
            or _BPM.match(line.text, end) is not None
            or _IN_HR.search(line.text[max(at - _NEAR, 0) : at]) is not None
        )
        return "HR" if is_other else usual
    if before in _TIMED or _GOAL.match(line.text, end):
        return usual
    is_amount = before == "at" and _SEVERAL.match(line.text, end) is not None
    if before in _TIMES and following not in _LEAST_AFTER and not is_amount:
        return usual
    rest = line.text[end : end + 3].lstrip(" $€£")
    is_least = (
        following in _LEAST_AFTER
        or following in NUMBER_WORDS
        or (rest[:1].isdigit() and not before[-1:].isdigit() and before not in NUMBER_WORDS)
    )
    return "minimum" if is_least and before not in NUMBER_WORDS else usual
