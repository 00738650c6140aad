"""Class number: cardinals, decimals, scales (10k), ordinals, digits, and ranges of these."""

import re

from bot.policy.speakable.english.numbers import millions, numerals, thousands
from bot.policy.speakable.english.numbers.numerals import NUMBER, SCALES
from bot.policy.speakable.reading import Line, Reading, Rule

_NUMBER = re.compile(NUMBER)
_SCALE = re.compile(
    r" ?(thousand|million|billion|trillion|mil|mill|bil)\b"
    r"|(bn|[kb]|(?-i:M)|(?-i:m)(?!/s(?![^\W_])))(?![^\W_])",
    re.IGNORECASE,
)
_COMMA = re.compile(r"[0-9]{1,3},[0-9]{1,2}(?=[kKmM](?![^\W_]))")
_POINT = re.compile(r"\.([0-9]++)")
_DOTTED = re.compile(r"[0-9]++(?:\.[0-9]++){2,}")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3}){2,}(?:,[0-9]{1,2})?(?![0-9.])")
_BLANKS = re.compile(r"[0-9]{1,3}(?:[  ][0-9]{3})+(?![0-9]|[-. ][0-9])")
_ORDINAL = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3})++|[0-9]{1,9})(st|nd|rd|th)(?=s?(?![^\W_]))", re.IGNORECASE
)
_GROUPED_DIGITS = re.compile(r"[0-9]{4}(?:[ -][0-9]{4}){2,4}(?![0-9])")
_YEAR_BEFORE = frozenset({"in", "since", "circa", "year", "anno", "until", "before", "after"})
_ROOMS = frozenset(
    {
        "room", "flight", "exit", "gate", "bus", "train", "route", "channel", "highway", "suite",
        "apartment", "apt", "error", "http", "rm",
    }
)  # fmt: skip
_TURNS = frozenset({"180", "360", "540", "720", "900", "1080"})
_TURNED = re.compile(r" (?:no ?scopes?|flick|spin|turn)(?![^\W_])", re.IGNORECASE)
_FLIGHT = re.compile(r"(?:^| )[A-Z]{2} $")
_CALIBERS = frozenset({"cal", "caliber", "calibre", "acp", "magnum", "bmg", "colt"})
_RATED = frozenset({"elo", "rating", "rated", "mmr", "fide", "rapid", "blitz", "bullet"})
_EDGE = frozenset(".,!?;:)\"'")
_FAMILIAR = {
    "007": "double oh seven", "101": "one oh one", "404": "four oh four", "420": "four twenty",
    "666": "six six six", "777": "seven seven seven", "911": "nine one one", "1337": "leet",
    "737": "seven thirty seven", "757": "seven fifty seven", "767": "seven sixty seven",
    "787": "seven eighty seven", "411": "four one one", "747": "seven forty seven",
    "808": "eight oh eight", "999": "nine nine nine",
}  # fmt: skip
"""Numbers that have become names, where they stand alone."""
_NO_PLURALS = frozenset(
    {
        "is", "was", "has", "this", "his", "as", "us", "yes", "does", "hes", "shes", "its", "plus",
        "whats", "thats", "lets", "wheres", "whos", "always", "pls",
    }
)  # fmt: skip
_AS_NAME_AFTER = {
    "911": frozenset({"call", "dial", "text", "calling", "called", "ring", "phone"}),
    "999": frozenset({"call", "dial", "ring", "calling", "called"}),
}


def plain(line: Line, at: int) -> Reading | None:
    """Read a number alone: 7, 1,000, 3.14, 1984."""
    match = _NUMBER.match(line.text, at)
    if match is None:
        return None
    text = match[0]
    said = _as_name(line, at, match) or numerals.bare(text)
    return Reading(match.end(), said, "number", said, numerals.value(text))


def _as_name(line: Line, at: int, match: re.Match[str]) -> str | None:
    """Return what only its place tells: a year before 1900, a rating, the number of a model."""
    text = match[0]
    if not text.isdigit():
        return None
    if len(text) == 3 and line.text[at - 1 : at] == "-" and line.text[at - 2 : at - 1].isalpha():
        return numerals.pairs(text)
    if (
        len(text) == 4
        and text < "3000"
        and (line.before(at) in _RATED or line.after(match.end()).lower() in _RATED)
    ):
        return numerals.pairs(text)
    is_lone = not at and match.end() == len(line.text)
    if len(text) == 4 and "1100" <= text < "2000" and (is_lone or text.endswith("00")):
        return numerals.pairs(text)
    before, following = line.before(at), line.after(match.end()).lower()
    if len(text) in (3, 4) and (before in _ROOMS or _FLIGHT.search(line.text[max(at - 4, 0) : at])):
        return numerals.pairs(text)
    if text in _TURNS and (
        before in ("a", "an", "the", "my", "hit", "did") or _TURNED.match(line.text, match.end())
    ):
        return numerals.pairs(text)
    if len(text) != 4 or not "1000" < text < "1900" or before not in _YEAR_BEFORE:
        return None
    if (following.endswith("s") and following not in _NO_PLURALS) or following in _COUNTED:
        return None
    return numerals.year(int(text))


def scaled(line: Line, at: int) -> Reading | None:
    """Read a number with a scale: 10k, 1.5M, 3 million; 1,5k too."""
    match = _COMMA.match(line.text, at) or _NUMBER.match(line.text, at)
    if match is None or (scale := _SCALE.match(line.text, match.end())) is None:
        return None
    text, sign = match[0], scale[2] or ""
    if match.re is _COMMA:
        text = text.replace(",", ".")
    end = scale.end()
    if sign in ("k", "K") and text in ("2", "4", "8"):
        if thousands.is_screen(line, at, end, sign):
            return Reading(end, f"{numerals.count(text)} K", "number")
    elif sign in ("k", "K") and thousands.is_called_k(line, at, end, text):
        return Reading(end, f"{numerals.count(text)} K", "number")
    elif (
        (sign and _is_versioned(line, at, sign))
        or (sign == "m" and _HEIGHT.fullmatch(text) and not _is_counted(line, end))
        or (sign == "m" and line.after(end).lower() in millions.FAR)
        or (sign in ("m", "b") and text.isdigit() and len(text) < 4 and not _is_counted(line, end))
    ):
        return None
    word = SCALES[(scale[1] or sign).lower()]
    said = f"{numerals.count(text)} {word}"
    return Reading(end, said, "number", said, numerals.value(text) * _POWERS[word])


def _is_versioned(line: Line, at: int, sign: str) -> bool:
    """Tell whether a letter behind a number is part of a version or a place: 14.1b, exit 16B."""
    before = line.before(at)
    is_patch = sign == "b" and _PATCH.search(line.text[max(at - 30, 0) : at]) is not None
    return before in VERSIONED or before in _ROOMS or is_patch


_HEIGHT = re.compile(r"[0-9]{1,2}\.[0-9]{2}")
_PATCH = re.compile(r"(?:patch|version|update|build|season)\b", re.IGNORECASE)
VERSIONED = frozenset({"patch", "version", "update", "build", "ver", "beta", "snapshot"})
"""Words before a version, which may end with a letter."""
_POWERS = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_COUNTED = frozenset(
    {
        "subs", "sub", "followers", "views", "viewers", "people", "dollars", "gold", "coins",
        "points", "likes", "plays", "downloads", "copies", "streams", "subscribers", "users",
        "players", "damage", "dmg", "hp", "xp", "exp", "souls", "isk", "gil", "kr", "bucks",
        "euros", "pounds", "channel", "gp",
    }
)  # fmt: skip


def _is_counted(line: Line, end: int) -> bool:
    return line.after(end + line.text.startswith("+", end)).lower() in _COUNTED


def pointed(line: Line, at: int) -> Reading | None:
    """Read a decimal without a whole part: .5."""
    match = _POINT.match(line.text, at)
    if match is None or (
        at and not line.text[at - 1].isspace() and line.text[at - 1] not in "(~<>-"
    ):
        return None
    is_caliber = line.after(match.end()).lower() in _CALIBERS
    said = numerals.count(match[1]) if is_caliber else f"point {numerals.digits(match[1])}"
    return Reading(match.end(), said, "number", said, float(f"0{match[0]}"))


def dotted(line: Line, at: int) -> Reading | None:
    """Read numbers joined by points: versions and addresses (1.2.3), or thousands (1.000.000)."""
    if match := _THOUSANDS.match(line.text, at):
        whole, _, cents = match[0].replace(".", "").partition(",")
        return Reading(
            match.end(), numerals.count(f"{whole}.{cents}" if cents else whole), "number"
        )
    match = _DOTTED.match(line.text, at)
    if match is None:
        return None
    parts = match[0].split(".")[:6]
    said = " point ".join(numerals.count(part) for part in parts)
    return Reading(match.end(), said, "version")


def spaced(line: Line, at: int) -> Reading | None:
    """Read a number grouped by blanks: 1 000 000."""
    match = _BLANKS.match(line.text, at)
    if match is None or line.before(at) in RANKS:
        return None
    text = re.sub(r"\D", "", match[0])
    return Reading(match.end(), numerals.count(text), "number", value=float(text))


def grouped(line: Line, at: int) -> Reading | None:
    """Read digits in groups of four, as on cards and gift codes, one by one."""
    match = _GROUPED_DIGITS.match(line.text, at)
    if match is None:
        return None
    groups = re.split("[ -]", match[0])
    return Reading(match.end(), ", ".join(map(numerals.digits, groups)), "digits")


def familiar(line: Line, at: int) -> Reading | None:
    """Read a number that has become a name: 101, 911."""
    match = _NUMBER.match(line.text, at)
    if match is None or (said := _FAMILIAR.get(match[0])) is None or not line.is_end(match.end()):
        return None
    before = line.before(at)
    needed = _AS_NAME_AFTER.get(match[0])
    if needed and before and before not in needed:
        return None
    following = line.after(match.end())
    is_counted = following.isalpha() and following[-1] == "s" and following not in _NO_PLURALS
    if is_counted and before not in (needed or ()):  # "420 viewers"
        return None
    return Reading(match.end(), said, "name")


def ordinal(line: Line, at: int) -> Reading | None:
    """Read an ordinal with its right ending: 1st, 22nd."""
    match = _ORDINAL.match(line.text, at)
    if match is None:
        return None
    number = int(match[1].replace(",", ""))
    if match[2].lower() != ending(number):
        return None
    said = numerals.ordinal(number)
    end = match.end()
    if line.text[end : end + 1] == "s":
        return Reading(end + 1, f"{said}s", "fraction")
    return Reading(end, said, "ordinal", said)


def ending(number: int) -> str:
    """Return the letters that make an ordinal of `number`: "st", "nd", "rd" or "th"."""
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def several(line: Line, at: int) -> Reading | None:
    """Read 1s, 8s and 747s as several of a number; seconds are a measure."""
    match = _SEVERAL.match(line.text, at)
    if match is None:
        return None
    said = numerals.plural(
        numerals.pairs(match[1]) if len(match[1]) > 2 else numerals.count(match[1])
    )
    return Reading(match.end(), said, "several")


_SEVERAL = re.compile(r"([0-9]{1,4})'?s(?![^\W_])")


def inside(line: Line, at: int) -> Reading | None:
    """Read digits that follow a letter: ps5, mp3, x1.5; long ones one by one, as in codes."""
    match = _INSIDE.match(line.text, at)
    if match is None:
        return None
    text = match[1]
    if match[2]:
        return Reading(match.end(), numerals.count(match[0]), "number")
    is_code = len(text) > 4 or text[0] == "0"
    return Reading(
        match.end(), numerals.digits(text) if is_code else numerals.pairs(text), "number"
    )


_INSIDE = re.compile(r"([0-9]++)(\.[0-9]{1,3}(?![0-9.]))?")

RANKS = frozenset(
    {
        "iron", "bronze", "silver", "gold", "plat", "platinum", "emerald", "diamond", "master",
        "immortal", "ascendant", "radiant", "legend", "ancient", "archon", "divine", "crusader",
        "guardian", "herald", "champion", "champ", "season", "level", "lvl", "tier", "rank",
        "prestige", "chapter", "part", "act", "ep", "episode", "round", "game",
    }
)  # fmt: skip
"""Words whose number ends at a blank: "immortal 3 200rr"."""

QUANTITIES = (scaled, plain)
"""What a range or a unit can be made of."""
RULES = (
    Rule(familiar, digits=True),
    Rule(ordinal, digits=True, followed=",sSnNrRtT"),
    Rule(grouped, digits=True, followed=" -"),
    Rule(spaced, digits=True),
    Rule(dotted, digits=True, followed="."),
    Rule(scaled, digits=True),
    Rule(pointed, signs="."),
    Rule(several, digits=True, followed="'s"),
    Rule(plain, digits=True),
    Rule(inside, inside=True),
)
