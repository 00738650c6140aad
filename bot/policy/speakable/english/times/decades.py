"""Class decade: the 90s, 1980s and '04, and where 90s are seconds."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_DECADE = re.compile(r"(?P<century>1[0-9]|20)?(?P<tens>[0-9])0 ?'?s(?![^\W_])", re.IGNORECASE)
_DECADE_BEFORE = frozenset(
    {
        "the", "mid", "early", "late", "my", "his", "her", "their", "your", "our", "in", "since",
        "'til", "mid-", "of", "from", "back", "like",
    }
)  # fmt: skip
_DECADE_AFTER = frozenset(
    {
        "music", "kid", "kids", "baby", "babies", "rock", "movie", "movies", "vibe", "vibes",
        "hits", "song", "songs", "fashion", "show", "shows", "cartoon", "cartoons", "anime",
        "style", "band", "bands", "era", "aesthetic", "pop", "cars", "car", "hair",
    }
)  # fmt: skip
_CARDS = frozenset({"1650S", "1660S", "2060S", "2070S", "2080S"})
"""Cards of graphics, which are written like decades."""
_DECADES = re.compile(r"(?:-| (?:and|or) )'?[0-9]0s(?![^\W_])")
"""Another decade behind the first: 60s-70s."""
_SECONDS_AFTER = frozenset(
    {
        "left", "cooldown", "cd", "timer", "delay", "remaining", "ago", "later", "respawn",
        "respawns", "stun", "duration", "timeout", "debuff", "buff", "silence", "invis",
    }
)  # fmt: skip
_SOON = re.compile(
    r"\b(?:(?:is|are|be|was) (?:up|back)|respawns?|spawns?|starts?|ready|ends?|done|live|ult|tp"
    r"|flash|drake|dragon|baron|tower|wave|gone|dead|killed|finished|[0-9]m) in $",
    re.IGNORECASE,
)
"""Words before how soon something is: "respawn in 90s"; others are before a decade: "in 90s"."""
_SOON_AFTER = frozenset(
    {
        "", "flat", "or", "and", "pls", "tops", "max", "if", "so", "then", "guys", "chat", "bro",
        "lol", "gg", "be", "when", "i", "we", "he", "she", "they", "it", "but", "from", "at", "on",
    }
)  # fmt: skip
"""Words behind how soon something is; others are what was in a decade: "in 60s russia"."""
_PERSONS = re.compile(
    r"\b(?:people|ppl|men|women|guys|folks|everyone|girls|dudes|born|was|were|lived|grew up) in $",
    re.IGNORECASE,
)
"""Who is in a decade of life, or what was in one of a century."""
_NEAR = 20
_LEAST_TENS = 7
"""Tens of the first decade that music is of; in fewer are seconds: "ult in 30s"."""


def decade(line: Line, at: int) -> Reading | None:
    """Read the 90s, 1980s, mid-80s, '70s; 30s alone are seconds."""
    match = _DECADE.match(line.text, at)
    if match is None:
        return None
    if match["tens"] == "0" and match["century"] is None:
        is_decade = line.before(at) in ("the", "early", "late", "mid")
        return Reading(match.end(), "two thousands", "decade") if is_decade else None
    if match[0] in _CARDS and not line.is_shouted:
        return None
    century, tens = match["century"], match["tens"]
    if century is None:
        following = line.after(match.end()).lower()
        is_decade = (
            line.before(at) in _DECADE_BEFORE
            or line.text[at - 1 : at] in ("'", "-")
            or following in _DECADE_AFTER
            or _DECADES.match(line.text, match.end()) is not None
            or (int(tens) >= _LEAST_TENS and following not in _SECONDS_AFTER)
        )
        if not is_decade or line.before(at) == "for" or _is_soon(line, at, match):
            return None
        return Reading(match.end(), numerals.plural(numerals.cardinal(int(tens) * 10)), "decade")
    if line.text[match.end("tens") + 1] == " " and line.after(match.end()):
        return None
    first = numerals.cardinal(int(century))
    if tens == "0":
        said = "two thousands" if century == "20" else f"{first} hundreds"
    else:
        said = f"{first} {numerals.plural(numerals.cardinal(int(tens) * 10))}"
    return Reading(match.end(), said, "decade")


def _is_soon(line: Line, at: int, match: re.Match[str]) -> bool:
    """Tell whether tens of seconds stand behind "in": how long something takes."""
    end = match.end()
    if line.before(at) != "in" or line.after(end).lower() not in _SOON_AFTER:
        return False
    near = line.text[max(at - _NEAR, 0) : at]
    if _DECADES.match(line.text, end) or _PERSONS.search(near):
        return False
    return int(match["tens"]) < _LEAST_TENS or _SOON.search(near) is not None


_QUARTER = re.compile(r"(?<![^\W_])(?:Q[1-4]|H[12])$", re.IGNORECASE)
"""A part of a year before its short number: Q2'24."""
_SHORT_YEARS = re.compile(r"'([0-9]{2}) ?- ?'?([0-9]{2})(?![^\W_]|['\"-])")
_SHORT_YEAR = re.compile(r"'([0-9]{2})(?![0-9'\"])(?:(s)(?![^\W_]))?(?![^\W_])")


def short_year(line: Line, at: int) -> Reading | None:
    """Read '04 and '99 as years, '80s as a decade; '23-'24."""
    span = _SHORT_YEARS.match(line.text, at)
    if span is not None and not line.text[at - 1 : at].strip(" ("):
        first, last = map(numerals.two_digits, span.groups())
        return Reading(span.end(), f"{first} to {last}", "year")
    match = _SHORT_YEAR.match(line.text, at)
    if match is None:
        return None
    is_open = not line.text[at - 1 : at].strip(" (")
    if not is_open and not _QUARTER.search(line.text, max(at - 3, 0), at):
        return None
    said = numerals.two_digits(match[1])
    if match[2]:
        if match[1][1] != "0":
            return None
        said = numerals.plural(numerals.cardinal(int(match[1])))
    return Reading(match.end(), said, "year")


RULES = (
    Rule(decade, digits=True, followed=" 'sS"),
    Rule(short_year, signs="'"),
)
