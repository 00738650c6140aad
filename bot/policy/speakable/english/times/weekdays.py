"""Class weekday: days of the week by their abbreviations, where nothing else is meant."""

import re

from bot.policy.speakable.english.tables.months import MONTHS
from bot.policy.speakable.reading import Line, Reading, Rule

DAYS = {
    "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "wed": "Wednesday", "thu": "Thursday",
    "thur": "Thursday", "thurs": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
"""Days by their abbreviations, in lower case."""
_SURE = frozenset({"tues", "thurs", "thur"})
"""Abbreviations that are no other words."""
_WORDS = frozenset({"sat", "sun"})
"""Those that are words far more often: the sun, he sat."""
_BEFORE = frozenset(
    {
        "on", "until", "till", "til", "by", "u", "you", "ya", "every", "next", "this", "last",
        "from", "since", "for", "come", "before", "after", "starting", "live",
    }
)  # fmt: skip
_AFTER = frozenset({"night", "morning", "afternoon", "evening", "nights", "mornings"})
_ENDS = frozenset(
    {"", "at", "and", "or", "to", "then", "if", "is", "works", "plz", "pls", "lol", "for", "stream"}
)
_PRONOUNS = frozenset(
    {"i", "he", "she", "we", "they", "it", "who", "just", "and", "the", "some", "no", "more"}
)
_NO_MONDAY = frozenset(
    {"this", "every", "next", "last", "for", "from", "you", "ya", "live", "come"}
)
"""Words before "mon" as one of the Pokémon, or as a man."""
_MONDAY_AFTER = _ENDS | {
    "i", "im", "i'm", "i'll", "we", "we'll", "it", "it's", "its", "he", "she", "they", "so", "but",
    "because", "cuz", "with", "we're", "guys", "chat", "bro", "when",
}  # fmt: skip
"""Words behind Monday; in "before mon catches" it is one of the Pokémon."""
_STARTING = re.compile(r"\b(?:a|the|my|your|ur|which|best|first) starting $", re.IGNORECASE)
_WEDDED = frozenset({"me", "him", "her", "each"})
"""Words behind "wed" as a verb."""
_DATED = re.compile(r",? (?:[0-9]{1,2}(?:st|nd|rd|th|/[0-9]{1,2}|:[0-9]{2}| ?[ap]m)?(?![^\W_]))")
_TIMED = re.compile(r",? (?:at |@ ?)?[0-9]{1,2}(?::[0-9]{2})? ?[ap]m(?![^\W_])", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+(?![^\W_])")


def weekday(line: Line, at: int) -> Reading | None:
    """Read "see u mon", "fri night" and "tues nov 5"."""
    match = _WORD.match(line.text, at)
    if match is None or line.text[at - 1 : at] in tuple("'-&/._#@"):
        return None
    key, end = match[0].lower(), match.end()
    if not _is_day(line, at, end, key):
        return None
    if line.text[end : end + 1] == "." and line.after(end + 1):
        end += 1
    return Reading(end, DAYS[key], "date")


def _is_day(line: Line, at: int, end: int, key: str) -> bool:
    before, following = line.before(at), line.after(end).lower()
    if line.text[end : end + 1] in ("-", "/", "'", "_"):
        return False
    if following in _AFTER:
        return before not in _PRONOUNS or key not in _WORDS
    if key in _SURE or (following in MONTHS and following not in ("may", "march")):
        return True
    if key in _WORDS:
        return (
            before in ("on", "every", "next", "until", "till", "by")
            and (following in _ENDS or _DATED.match(line.text, end) is not None)
            and following != "to"
            and not (key == "sun" and (before == "by" or (before, following) == ("every", "is")))
        )
    if key == "mon" and _TIMED.match(line.text, end):
        return True
    if key == "mon" and (before in _NO_MONDAY or following not in _MONDAY_AFTER):
        return False
    if _STARTING.search(line.text[max(at - 24, 0) : at]) or (key == "wed" and following in _WEDDED):
        return False
    if _DATED.match(line.text, end) and not line.is_shouted and key != "mon":
        return True
    is_listed = before in ("and", "or") and _FOLLOWS.search(line.text[max(at - 16, 0) : at])
    return (
        bool(is_listed)
        or before in _BEFORE
        or (following in ("and", "or") and _LEADS.match(line.text, end) is not None)
    )


_FOLLOWS = re.compile(
    rf"\b(?:{'|'.join(DAYS)}|{'|'.join(set(map(str.lower, DAYS.values())))}) (?:and|or) $",
    re.IGNORECASE,
)
_LEADS = re.compile(rf" (?:and|or) (?:{'|'.join(DAYS)})(?![^\W_])", re.IGNORECASE)

_LISTED = re.compile(rf"(?:{'|'.join(DAYS)})(?:/(?:{'|'.join(DAYS)}))+(?![^\W_]|/)", re.IGNORECASE)


def listed(line: Line, at: int) -> Reading | None:
    """Read tue/thu and mon/wed/fri."""
    match = _LISTED.match(line.text, at)
    if match is None or line.text[at - 1 : at] in tuple("'-&/._#@"):
        return None
    return Reading(match.end(), " ".join(DAYS[day] for day in match[0].lower().split("/")), "date")


RULES = (Rule(weekday, words=DAYS), Rule(listed, words=DAYS))
