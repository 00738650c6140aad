"""Class count: a part and all of something, as in 6/8 badges, party 3/4, (1/2) and $480/$500."""

import re

from bot.policy.speakable.english.amounts import money
from bot.policy.speakable.english.numbers import fractions, numbers, numerals
from bot.policy.speakable.english.tables.currencies import SIGNS
from bot.policy.speakable.reading import Line, Reading, Rule, longest

_COUNT = re.compile(r"([0-9]{1,6})/([0-9]{1,6})(?![0-9]|/[0-9]|[.,][0-9]|[^\W_]|-[A-Za-z]|/?[\"'])")
_BRACKETS = {"(": ")", "[": "]"}
_MEMBERS = frozenset(
    {
        "crew", "group", "lobby", "members", "party", "players", "seats", "slot", "slots", "spots",
        "squad", "stack", "team",
    }
)  # fmt: skip
"""What has places, before those that are taken and all of them."""
_POINTS = frozenset({5, 10, 20, 100})
"""Most points of ratings: 9/10 games."""
_UNITS = frozenset(
    {
        "cups", "days", "feet", "gallons", "hours", "inches", "liters", "miles", "minutes",
        "months", "ounces", "pints", "pounds", "quarts", "seconds", "tablespoons", "tbsps",
        "teaspoons", "times", "tsps", "weeks", "yards", "years",
    }
)  # fmt: skip
"""Plurals that a fraction stands before."""
_METERS = frozenset({4, 8})
"""Lower numbers of meters of music, which stand before no plural: 6/8."""
_NO_PLURALS = frozenset(
    {
        "always", "perhaps", "sometimes", "lets", "thats", "whats", "guys", "this", "bros", "lads",
        "boys", "folks", "peeps",
        "comes", "feels", "fits", "gets", "gives", "goes", "happens", "helps", "keeps", "looks",
        "makes", "means", "needs", "says", "seems", "sounds", "takes", "thinks", "turns", "wants",
        "works",
    }
)  # fmt: skip
"""Words that end like plurals."""
_ODDS = frozenset({"odds", "chances", "drops"})
_MOST_PLACES = 12
"""Most of what one is counted of; 1/64 is a chance."""
_HALVES = frozenset({2, 4})
"""Lower numbers of fractions that also stand before plurals: 3/4 sleeves."""
_PLAYED = frozenset(
    {
        "badges", "bosses", "deaths", "games", "gens", "gyms", "keys", "kills", "lives", "losses",
        "maps", "matches", "members", "players", "quests", "rounds", "sets", "slots", "spots",
        "subs", "teams", "votes", "wins",
    }
)  # fmt: skip
"""What is counted of two or four."""
_LEAST_PLURAL = 4
"""Letters of the shortest word that is taken as a plural by its ending."""
_FIGHTS = frozenset(
    {
        "body", "creature", "creatures", "flyer", "lifelink", "minion", "minions", "stats", "taunt",
        "token", "tokens", "trample", "rush", "haste", "deathtouch",
    }
)  # fmt: skip
"""Words behind the attack and the health of a card: a 2/2 token."""
_METER = re.compile(
    r"([2-9]|1[0-9])/(4|8|16)(?= time(?: signature|[.,!?]*$)| (?:meter|groove|beat)(?![^\W_]))"
)
_LARGE = re.compile(r"[^\w\s]?[0-9][0-9.,]{0,16}[kKM]? ?/")
_SLASH = re.compile(r" ?/ ?(?=[$€£0-9])")
_SCALED = ("k", "K", "M")
_LEAST_GOAL = 100
_GOAL_AFTER = frozenset({"", "goal", "left", "raised", "for", "so"})
"""Words behind what there is of an amount of money; others are behind two prices."""
_PRICED_AFTER = frozenset({"a", "an", "per", "each"})


def count(line: Line, at: int) -> Reading | None:
    """Read 6/8 badges, lobby 7/8, (1/2) and a 2/2 token."""
    match = _COUNT.match(line.text, at)
    if match is None:
        return None
    between = _between(line, at, match)
    if between is None:
        return None
    said = f"{numerals.count(match[1])} {between}{numerals.count(match[2])}"
    return Reading(match.end(), said, "pair")


def _between(line: Line, at: int, match: re.Match[str]) -> str | None:
    """Return what is said between the numbers, with a space behind it; None if it is no count."""
    top, bottom, end = int(match[1]), int(match[2]), match.end()
    before, following = line.before(at), line.after(end).lower()
    if (before == "mana" or following in _FIGHTS) and max(top, bottom) < 100:
        return ""
    if top > bottom:
        return None
    closing = _BRACKETS.get(line.text[at - 1 : at])
    if closing is not None and line.text[end : end + 1] == closing and top >= 1:
        return "out of " if bottom in _POINTS else "of "
    if before in _MEMBERS and bottom not in _POINTS and following not in fractions.OF_A_WHOLE:
        return "of "
    if bottom in _POINTS:
        return None
    is_named = (match[1], match[2]) in fractions.PAIRS
    if fractions.is_date(line, at, top, bottom):
        return None
    if top == 1 and (bottom > _MOST_PLACES or following in _ODDS):
        return None
    is_fraction = bottom in (_METERS if is_named else _HALVES)
    is_counted = following in _PLAYED if is_fraction else not is_named
    if is_plural(following) and bottom > 1 and is_counted:
        return "of "
    return "out of " if top == 0 and bottom > 1 else None


def meter(line: Line, at: int) -> Reading | None:
    """Read 7/8 time signature: meters of music."""
    match = _METER.match(line.text, at)
    if match is None:
        return None
    return Reading(match.end(), " ".join(map(numerals.count, match.groups())), "pair")


def is_plural(word: str) -> bool:
    """Tell whether a word is taken as a plural that is counted, and no unit."""
    return (
        len(word) >= _LEAST_PLURAL
        and word[-1] == "s"
        and word[-2] not in "su'"
        and word not in _UNITS
        and word not in _NO_PLURALS
    )


def large(line: Line, at: int) -> Reading | None:
    """Read 4,998/5,000, 12k/15k and $480/$500: what there is, and what is wanted."""
    if _LARGE.match(line.text, at) is None or line.text[at - 1 : at] == "/":
        return None
    quantity = money.before if line.text[at] in SIGNS else _number
    first = quantity(line, at)
    slash = _SLASH.match(line.text, first.end) if first else None
    if first is None or slash is None or first.value is None:
        return None
    second = quantity(line, slash.end())
    if second is None or second.value is None or not first.value <= second.value:
        return None
    following = line.after(second.end).lower()
    if line.text[second.end : second.end + 1] == "/":
        return None
    if quantity is money.before:
        if following not in _GOAL_AFTER:
            return None
        if second.value < _LEAST_GOAL or second.value % 50:  # prices: $5/$10
            return None
        return Reading(second.end, f"{first.bare} out of {second.said}", "money")
    if not line.is_end(second.end) or following in _PRICED_AFTER:
        return None
    written = line.text[at : second.end]
    is_large = "," in written or (written.count(written[-1]) > 1 and written[-1] in _SCALED)
    return Reading(second.end, f"{first.said} out of {second.said}", "pair") if is_large else None


def _number(line: Line, at: int) -> Reading | None:
    return longest(numbers.QUANTITIES, line, at)


RULES = (
    Rule(meter, digits=True, followed="/"),
    Rule(count, digits=True, followed="/"),
    Rule(large, digits=True, followed=" /,.kKM", signs="".join(SIGNS)),
)
