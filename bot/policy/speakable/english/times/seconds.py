"""Seconds: whether 30s are seconds, or several of a number."""

import re

from bot.policy.speakable.reading import Line, Reading

_DECADE_BEFORE = frozenset({"the", "mid", "early", "late", "my", "his", "her", "their", "your"})
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
        "timer", "->", "→", "=>",
    }
)  # fmt: skip
_SECONDS_AFTER = frozenset(
    {
        "left", "ago", "later", "cooldown", "timer", "delay", "cd", "long", "remaining", "break",
        "ad", "ads", "video", "clip", "before", "after", "to", "until", "more", "faster", "slower",
        "per", "away", "lag", "timeout", "on",
    }
)  # fmt: skip


def is_meant(line: Line, number: Reading, end: int) -> bool:
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
