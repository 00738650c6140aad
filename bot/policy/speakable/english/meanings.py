"""Abbreviations that mean one thing or another: hr is an hour or HR, min a minute or a minimum."""

from bot.policy.speakable.english.tables.vocabulary import NUMBER_WORDS
from bot.policy.speakable.reading import Line

_COUNTED = frozenset(
    {
        "a", "an", "per", "every", "half", "each", "last", "next", "rush", "happy", "another",
        "this", "quarter", "few", "couple", "single", "extra", "full", "whole", "many",
    }
)  # fmt: skip
"""Words before an hour."""
_HOUR_AFTER = frozenset({"long", "ago", "later", "left", "marathon", "stream"})
_LEAST_AFTER = frozenset(
    {
        "wage", "wages", "spec", "specs", "requirement", "requirements", "req", "reqs", "value",
        "level", "lvl", "bet", "bid", "age", "order", "damage", "amount", "price", "rank",
        "donation", "dono", "payment", "deposit", "score", "sens", "settings", "roll",
    }
)  # fmt: skip
"""Words behind a minimum."""
OTHERWISE = frozenset({"hr", "min"})
"""Abbreviations that `said` knows more than one meaning of."""


def said(line: Line, at: int, end: int, key: str, usual: str) -> str:
    """Return what `key` stands for between the words around it; `usual` without any evidence."""
    before, following = line.before(at), line.after(end).lower()
    if key == "hr":
        is_hour = (
            before in _COUNTED
            or before in NUMBER_WORDS
            or before[-1:].isdigit()
            or following in _HOUR_AFTER
        )
        return usual if is_hour else "HR"
    rest = line.text[end : end + 3].lstrip(" $€£")
    is_least = (
        following in _LEAST_AFTER
        or following in NUMBER_WORDS
        or (rest[:1].isdigit() and not before[-1:].isdigit() and before not in NUMBER_WORDS)
    )
    return "minimum" if is_least and before not in NUMBER_WORDS else usual
