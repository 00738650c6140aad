"""Classes version and model number: v1.2, RTX 4090, i7-9700k, 1080p60, S03E05, 401(k), 2v2."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.english.tables.units import UNITS
from bot.policy.speakable.reading import Line, Reading, Rule

_VERSION = re.compile(r"v(?:er)?\.? ?(?=[0-9]++(?:\.[0-9]|(?![^\W_])))", re.IGNORECASE)
_SERIES = (
    "rtx", "gtx", "rx", "gt", "ryzen", "radeon", "quadro", "geforce", "threadripper", "xeon",
    "core", "snapdragon", "exynos", "tesla", "titan", "boeing", "airbus", "celeron", "epyc", "arc",
    "hd", "uhd", "vega", "fx", "xbox", "nokia", "ddr3", "ddr4", "ddr5",
)  # fmt: skip
_PRODUCT = re.compile(
    rf"(?P<name>{'|'.join(_SERIES)})[ -]?(?P<tier>[3579] )?(?P<n>[0-9]{{3,4}})(?P<rest>"
    rf"[A-Za-z]{{1,3}}[0-9]?[A-Za-z]?)?(?![^\W_])",
    re.IGNORECASE,
)
_CORE = re.compile(
    r"(?P<name>[im][3579])[- ](?P<n>[0-9]{4,5})(?P<rest>[A-Za-z]{1,2}[0-9]?)?(?![^\W_])",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?P<n>[1-9][0-9]{2}0) ?(?P<rest>ti|super|xtx|xt)(?![^\W_])", re.IGNORECASE)
_OLD = re.compile(r"(?P<n>[4-9][5-9]0) ?(?P<rest>[tT][iI])(?![^\W_])")
_SUPER = re.compile(r"(?P<n>(?:16[56]|20[678]|40[78])0)(?P<rest>S)(?![^\W_])")
_KNOWN_CARD = re.compile(
    r"(?:10[5678]0|20[678]0|30[56789]0|40[6789]0|50[6789]0)(?![0-9]|[.,:][0-9])(?![^\W_])"
)
_CHIP = re.compile(
    r"(?P<n>[1-9][0-9]{3,4})(?P<rest>x3d|xt|xtx|x|k|kf|ks|hx|hs|u|g|ge)(?![^\W_])", re.IGNORECASE
)
_LINES = re.compile(
    r"(?P<n>144|240|360|480|540|576|720|900|1080|1440|2160|4320)(?P<scan>[pi])(?P<rate>"
    r"[0-9]{2,3})?(?:fps)?(?P<hz>hz)?(?![^\W_])",
    re.IGNORECASE,
)
_EPISODE = re.compile(r"s(?P<s>[0-9]{1,2}) ?e(?:p)?\.? ?(?P<e>[0-9]{1,4})(?![^\W_])", re.IGNORECASE)
_SEASON = re.compile(r"S(?P<s>[0-9]{1,2})(?![^\W_])")
_VERSUS = re.compile(
    r"(?P<a>[0-9]{1,3}(?:\.[0-9]{1,2})?) ?(?P<v>v|vs\.?|x) ?(?P<b>[0-9]{1,4})(?:(?P<c>v)"
    r"(?P<d>[0-9]{1,3}))?(?P<many>s)?"
    r"(?![^\W_])",
    re.IGNORECASE,
)
_SIZE = re.compile(r"(?P<a>[0-9]{2,5}) ?[x×] ?(?P<b>[0-9]{2,5})(?![^\W_])")
_BRAND = re.compile(
    r"3M(?= (?:tapes?|stock|stickers?|hooks?|masks?|command|strips?|earplugs?|adhesive|respirators?"
    r"|filters?|scotch|film|glue)(?![^\W_]))"
)
_FREQUENCY = re.compile(
    r"([0-9]{1,3})x(?: ?/ ?| per | an? )(?=(?:day|week|month|year|hour|minute|game|stream|sec"
    r"|second|wk|mo)s?(?![^\W_]))"
)
_RETIREMENT = re.compile(r"(401|403)\(?([kb])\)?(?![^\W_])", re.IGNORECASE)
_TIMES = re.compile(r"x(?!86|264|265)(?P<n>[0-9]{1,5})(?![^\W_]|\.[0-9])", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-GJa-gj]#(?P<minor>(?<=[A-G]#)m)?(?![^\W_])")
_CHEMICAL = re.compile(r"(?:CO2|H2O|O2|N2O?|CH4|H2|C4)(?![^\W_])")
_DEFINITION = re.compile(r"(?P<n>[248])[kK](?: ?/ ?)?(?P<rate>60|120|144)(?![^\W_]|[.,/][0-9])")
_NETWORK = re.compile(
    r"(?P<n>[3-6])g(?= (?:lte|internet|network|wifi|towers?|phones?|signal|data|coverage|router"
    r"|conspiracy)(?![^\W_]))",
    re.IGNORECASE,
)
_MEMORY = re.compile(r"([1-8])x([0-9]{1,3}) ?(gb|tb|mb)(?![^\W_])", re.IGNORECASE)
_CODEC = re.compile(r"([hHxX])\.(26[456])(?![^\W_])")
_UNITS_OF_MEMORY = frozenset({"mhz", "mt", "mb", "gb"})
_MODEL_WORDS = {"x3d": "X three D", "ti": "TI", "super": "super"}


def version(line: Line, at: int) -> Reading | None:
    """Read v1.2 as "version one point two"; v2 too."""
    match = _VERSION.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    number = re.compile(r"[0-9]++(?:\.[0-9]++)*").match(line.text, match.end())
    if number is None or not line.is_end(number.end()):
        return None
    said = " point ".join(map(numerals.count, number[0].split(".")[:6]))
    return Reading(number.end(), f"version {said}", "version")


def product(line: Line, at: int) -> Reading | None:
    """Read RTX 4090, Ryzen 7 5800X3D, i7-9700k, Boeing 747."""
    match = _PRODUCT.match(line.text, at) or _CORE.match(line.text, at)
    if match is None:
        return None
    groups = match.groupdict()
    if (groups["rest"] or "").lower() in _UNITS_OF_MEMORY:  # "DDR5 6000MHz"
        return None
    tier = f" {numerals.count(groups['tier'].strip())}" if groups.get("tier") else ""
    name = match["name"]
    name = f"{name[0]} {numerals.count(name[1])}" if name[1:].isdigit() else name
    return Reading(match.end(), f"{name}{tier} {_number(match['n'])}{_rest(match)}", "model")


def card(line: Line, at: int) -> Reading | None:
    """Read 3060 ti, 4090, 7900 XTX, 5800X."""
    text = line.text
    match = _CARD.match(text, at) or _CHIP.match(text, at) or _OLD.match(text, at)
    match = match or _SUPER.match(text, at)
    if match is not None:
        return Reading(match.end(), f"{_number(match['n'])}{_rest(match)}", "model")
    match = _KNOWN_CARD.match(line.text, at)
    if match is None or line.after(match.end()).endswith("s"):
        return None
    return Reading(match.end(), numerals.pairs(match[0]), "model")


def _number(text: str) -> str:
    if len(text) == 5:
        return (
            f"{numerals.cardinal(int(text[:-3]))} {numerals.pairs(text[-3:])}"
            if text[-3] != "0"
            else numerals.digits(text)
        )
    return numerals.pairs(text)


def _rest(match: re.Match[str]) -> str:
    rest = match["rest"]
    if not rest:
        return ""
    return " " + _MODEL_WORDS.get(rest.lower(), rest if len(rest) == 1 else rest.upper())


def lines(line: Line, at: int) -> Reading | None:
    """Read 1080p60, 720p, 4k60."""
    match = _LINES.match(line.text, at)
    if match is None:
        match = _DEFINITION.match(line.text, at)
        return (
            Reading(match.end(), f"{numerals.count(match['n'])} K {numerals.count(match['rate'])}")
            if match
            else None
        )
    rate = f" {numerals.count(match['rate'])}" if match["rate"] else ""
    hertz = " hertz" if match["hz"] else ""
    return Reading(
        match.end(), f"{numerals.pairs(match['n'])} {match['scan']}{rate}{hertz}", "model"
    )


def episode(line: Line, at: int) -> Reading | None:
    """Read S03E05."""
    match = _EPISODE.match(line.text, at)
    if match is None:
        return None
    season, part = numerals.cardinal(int(match["s"])), numerals.cardinal(int(match["e"]))
    return Reading(match.end(), f"season {season} episode {part}", "model")


def versus(line: Line, at: int) -> Reading | None:
    """Read 2v2, 1v1v1, 3x3 and 1920x1080."""
    size = _SIZE.match(line.text, at)
    if size is not None and "v" not in size[0].lower():
        a, b = (
            numerals.pairs(n) if len(n) in (3, 4) else numerals.count(n)
            for n in size.group("a", "b")
        )
        return Reading(size.end(), f"{a} by {b}", "model")
    match = _VERSUS.match(line.text, at)
    if match is None or match[0][:2] in ("0x", "0X"):
        return None
    between = "versus" if "s" in match["v"].lower() else "v"
    if match["v"].lower() == "x":
        between = "times" if " " in match[0] else "by"
    last = f" v {numerals.count(match['d'])}" if match["d"] else ""
    if match["many"]:
        if between != "v" or " " in match[0]:
            return None
        return Reading(match.end(), numerals.plural(_versus(match) + last), "model")
    return Reading(
        match.end(),
        f"{numerals.count(match['a'])} {between} {numerals.count(match['b'])}{last}",
        "model",
    )


def _versus(match: re.Match[str]) -> str:
    return f"{numerals.count(match['a'])} v {numerals.count(match['b'])}"


def brand(line: Line, at: int) -> Reading | None:
    """Read 3M as the company: 3M tape."""
    match = _BRAND.match(line.text, at)
    return Reading(match.end(), "three M", "name") if match else None


def frequency(line: Line, at: int) -> Reading | None:
    """Read 3x/day and 2x a week."""
    match = _FREQUENCY.match(line.text, at)
    if match is None:
        return None
    between = "per" if "/" in match[0] or "per" in match[0] else "a"
    times = "time" if match[1] == "1" else "times"
    return Reading(match.end(), f"{numerals.count(match[1])} {times} {between} ", "measure")


def retirement(line: Line, at: int) -> Reading | None:
    """Read 401(k)."""
    match = _RETIREMENT.match(line.text, at)
    return (
        Reading(match.end(), f"four oh {numerals.digits(match[1][2])} {match[2]}", "model")
        if match
        else None
    )


def times(line: Line, at: int) -> Reading | None:
    """Read x2 as "times two"."""
    match = _TIMES.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    return Reading(match.end(), f"times {numerals.count(match['n'])}", "number")


def memory(line: Line, at: int) -> Reading | None:
    """Read 2x8gb: modules of memory."""
    match = _MEMORY.match(line.text, at)
    if match is None:
        return None
    a, b = map(numerals.count, match.group(1, 2))
    return Reading(match.end(), f"{a} by {b} {UNITS[match[3].lower()][1]}", "measure")


def codec(line: Line, at: int) -> Reading | None:
    """Read h.264."""
    match = _CODEC.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    return Reading(match.end(), f"{match[1]} {numerals.pairs(match[2])}", "model")


def language(line: Line, at: int) -> Reading | None:
    """Read C# and F# as notes and programming languages."""
    match = _LANGUAGE.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    return Reading(match.end(), f"{match[0][0]} sharp{' minor' if match['minor'] else ''}", "name")


def network(line: Line, at: int) -> Reading | None:
    """Read 4g lte and 5g internet, which are no grams."""
    match = _NETWORK.match(line.text, at)
    return Reading(match.end(), f"{numerals.count(match['n'])} G", "model") if match else None


RULES = (
    Rule(version, letters=True, words=("v", "ver")),
    Rule(product, letters=True, words=_SERIES),
    Rule(card, digits=True),
    Rule(lines, digits=True, followed="pPiIkK"),
    Rule(episode, letters=True),
    Rule(versus, digits=True, followed=" .vVxX×"),
    Rule(brand, digits=True, followed="M"),
    Rule(frequency, digits=True, followed="x"),
    Rule(retirement, digits=True, followed="(kKbB"),
    Rule(times, letters=True),
    Rule(memory, digits=True, followed="xX"),
    Rule(codec, letters=True),
    Rule(language, letters=True),
    Rule(network, digits=True, followed="gG"),
)
