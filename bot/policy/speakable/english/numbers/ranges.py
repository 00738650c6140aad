"""Classes range and score: two quantities with a hyphen, a dash or a tilde between them."""

import re

from bot.policy.speakable.english.amounts import measures, money, sizes
from bot.policy.speakable.english.numbers import fractions, numbers, numerals
from bot.policy.speakable.english.tables.currencies import SIGNS
from bot.policy.speakable.english.tables.months import MONTHS
from bot.policy.speakable.english.times import dates, decades, times, weekdays
from bot.policy.speakable.reading import Line, Reading, Rule, longest

_BETWEEN = re.compile(r" ?[-~] ?")
_QUANTITIES = (
    money.before,
    money.letters_before,
    money.behind,
    times.clock,
    decades.decade,
    measures.measure,
    sizes.multiple,
    sizes.age,
    numbers.ordinal,
    fractions.mixed,
    dates.month_first,
    *numbers.QUANTITIES,
)
_SCORES = frozenset(
    {
        "won", "win", "wins", "lost", "lose", "loses", "beat", "beats", "beating", "up", "down",
        "lead", "leads", "leading", "led", "score", "scored", "finished", "final", "winning",
        "losing", "tied", "record", "sweep", "swept", "series", "went", "go", "going", "'re",
        "are", "is", "was", "at", "it's", "its",
    }
)  # fmt: skip
_RESULTS = frozenset({"won", "lost", "beat"})
"""Words before the score of one game: "won 3-2 on pens"."""
_SCORED_AFTER = frozenset(
    {
        "win", "loss", "lead", "sweep", "record", "comeback", "victory", "defeat", "run", "start",
        "reverse", "final", "split", "series", "up", "down",
    }
)  # fmt: skip
_TAKES_UNIT = frozenset({"measure", "time", "money", "ordinal", "duration"})
_DIGITS = re.compile(r"[0-9]{1,9}(?![0-9])")
_NAMES = {
    "9-5": "nine to five",
    "8-5": "eight to five",
    "7-11": "seven eleven",
    "7-10": "seven ten",
    "9-11": "nine eleven",
}
_NAMED = re.compile("|".join(_NAMES) + r"(?![-.,:]?[0-9])")
_GOES_ON = re.compile(r"[-/][0-9]| ?= ?[0-9]|-[A-Za-z]+-")
_LARGEST_SCORE = 200


def quantity(line: Line, at: int) -> Reading | None:
    """Return the number with its unit that stands at `at`."""
    if at not in line.quantities:
        line.quantities[at] = longest(_QUANTITIES, line, at)
    return line.quantities[at]


def span(line: Line, at: int) -> Reading | None:
    """Read 5-7pm, 10%-20%, $250-$300, 2-5 kg, 10k-20k, 20~30, 3-2."""
    text = line.text
    if text[at - 1 : at] == "-":
        return None
    named = _NAMED.match(text, at)
    if named and line.is_end(named.end()) and not _GOES_ON.match(text, named.end()):
        return Reading(named.end(), _NAMES[named[0]], "range")
    first = quantity(line, at)
    if first is None or (match := _BETWEEN.match(text, first.end)) is None:
        return None
    second = quantity(line, match.end())
    if second is None or _GOES_ON.match(text, second.end):
        return None
    if first.kind == second.kind == "number":
        return _numbers(line, at, first, second, match[0])
    if first.kind == "money" and second.kind == "number" and (unit := money.unit_of(text, at)):
        is_again = money.is_named_again(line, second.end, SIGNS[text[at]])
        said = f"{first.bare} to {second.said}"
        said = said if is_again else f"{said} {unit}"
        return money.per_what(line, Reading(second.end, said, "money"))
    if first.kind == "number" and second.kind in _TAKES_UNIT:
        written = text[at : first.end]
        is_count = second.kind == "measure" and written.isdigit()
        said = numerals.count(written) if is_count else first.said
        return Reading(second.end, f"{said} to {second.said}", second.kind)
    if first.kind == second.kind:
        return Reading(second.end, f"{first.said} to {second.said}", second.kind)
    return None


def _numbers(line: Line, at: int, first: Reading, second: Reading, between: str) -> Reading | None:
    """Read two plain numbers: a range if it rises, else a score."""
    written = line.text[at : first.end]
    if not line.is_end(second.end) or first.value is None or second.value is None:
        return None
    is_tight = between in ("-", "~")
    low, high = first.value, second.value
    if is_tight and (low, high) == (6, 7) and _is_joke(line, at, second.end):
        return Reading(second.end, "six seven", "score")
    end = line.text[second.end - 2 : second.end]
    if (
        is_tight
        and _is_year(written)
        and len(end) == 2
        and line.text[second.end - 3] in "-~"
        and written[2:] < end
    ):
        return Reading(second.end, f"{first.said} to {numerals.two_digits(end)}", "range")
    if (
        not is_tight
        and low <= _LARGEST_SCORE
        and "=" not in line.text[second.end : second.end + 3]
        and _is_between_names(line, at, second.end)
    ):
        return Reading(second.end, f"{first.said} {second.said}", "score")
    if (
        is_tight
        and max(low, high) <= _LARGEST_SCORE
        and _SETS.search(line.text[max(at - 8, 0) : second.end + 8])
    ):
        return Reading(second.end, f"{first.said} {second.said}", "score")
    if (
        not is_tight
        and "-" in between
        and ("=" in line.text[second.end : second.end + 3] or low >= high or len(between) < 3)
    ):
        return None
    if _is_code(written) or (low and high / low > 1000 and high % 100):
        return Reading(second.end, f"{first.said}, {second.said}", "number")
    following = line.after(second.end).lower()
    is_score = max(low, high) <= _LARGEST_SCORE and (
        line.before(at) in _SCORES or following in _SCORED_AFTER
    )
    if low < high and not (is_score and (low == 0 or line.before(at) in _SCORES)):
        return Reading(second.end, f"{first.said} to {second.said}", "number", value=high)
    if max(low, high) <= _LARGEST_SCORE and low != high and is_tight:
        is_balance = following in ("on", "record", "this", "season", "start")
        joined = " and " if is_balance and line.before(at) not in _RESULTS else " "
        return Reading(second.end, f"{first.said}{joined}{second.said}", "score")
    return Reading(second.end, f"{first.said} {second.said}", "score")


_SETS = re.compile(r"[0-9]-[0-9]{1,2}, [0-9]{1,2}-[0-9]")
"""Scores of the sets of a match."""


_LAST = re.compile(r"[ .!?]{0,9}$")
_JOKED_BEFORE = frozenset({"said", "says", "saying", "say", "the", "did", "doing", "this"})
_JOKED_AFTER = frozenset(
    {"again", "moment", "meme", "memes", "joke", "jokes", "kid", "kids", "trend", "lol", "lmao"}
)


def _is_joke(line: Line, at: int, end: int) -> bool:
    """Tell whether 6-7 is what children shout, and no range."""
    following = line.after(end).lower()
    is_last = _LAST.match(line.text, end) is not None
    return following in _JOKED_AFTER or (
        is_last and (not at or line.before(at) in _JOKED_BEFORE or not line.text[:at].strip())
    )


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit() and "1700" <= text < "2100"


def _is_between_names(line: Line, at: int, end: int) -> bool:
    """Tell whether words stand on both sides, as the teams of a score do."""
    before, after = line.before(at), line.after(end)
    return before.isalpha() and after.isalpha() and len(before) > 2 and len(after) > 2


def _is_code(text: str) -> bool:
    return len(text) > 1 and text[0] == "0" and text.isdigit()


_RECORD = re.compile(r"([0-9]{1,3})w ?([0-9]{1,3})l(?![^\W_])", re.IGNORECASE)


def record(line: Line, at: int) -> Reading | None:
    """Read 2w 1l as wins and losses."""
    match = _RECORD.match(line.text, at)
    if match is None:
        return None
    wins, losses = "win" if match[1] == "1" else "wins", "loss" if match[2] == "1" else "losses"
    said = f"{numerals.count(match[1])} {wins} {numerals.count(match[2])} {losses}"
    return Reading(match.end(), said, "score")


def minus(line: Line, at: int) -> Reading | None:
    """Read -5, -$3 and -0.4kg, where a hyphen stands before a number and behind no word."""
    if at and (not line.text[at - 1].isspace() and line.text[at - 1] not in "(~=<>\"'"):
        return None
    following = line.text[at + 1 : at + 2]
    if not following or following.isspace() or line.text[at - 1 : at] == "-":
        return None
    reading = (
        times.run(line, at + 1)
        or fractions.fraction(line, at + 1)
        or quantity(line, at + 1)
        or numbers.pointed(line, at + 1)
        or measures.pointed(line, at + 1)
    )
    if reading is None:
        return None
    if (longer := measures.pointed(line, at + 1)) and longer.end > reading.end:
        reading = longer
    is_reduced = reading.kind == "measure" and line.after(reading.end).lower() == "off"
    return Reading(
        reading.end, reading.said if is_reduced else f"minus {reading.said}", reading.kind
    )


def about(line: Line, at: int) -> Reading | None:
    """Read ~5 as "about five"."""
    reading = span(line, at + 1) or quantity(line, at + 1)
    return Reading(reading.end, f"about {reading.said}", reading.kind) if reading else None


_DAYS = weekdays.DAYS | {"m": "Monday", "f": "Friday"}
_WEEK = re.compile(rf"({'|'.join(_DAYS)})-({'|'.join(_DAYS)})(?![^\W_])", re.IGNORECASE)


def week(line: Line, at: int) -> Reading | None:
    """Read mon-fri and M-F."""
    match = _WEEK.match(line.text, at)
    if match is None or (len(match[1]) == 1 and match[0] != "M-F"):
        return None
    return Reading(match.end(), f"{_DAYS[match[1].lower()]} to {_DAYS[match[2].lower()]}", "range")


RULES = (
    Rule(week, words=_DAYS),
    Rule(span, digits=True, letters=True, signs="".join(SIGNS), words=MONTHS),
    Rule(record, digits=True, followed="wW"),
    Rule(minus, signs="-"),
    Rule(about, signs="~≈"),
)
