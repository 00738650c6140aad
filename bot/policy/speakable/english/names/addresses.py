"""Class address: streets, communities (r/x), and sentences that lack the space between them."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_STREETS = {
    "st": "Street", "str": "Street", "ave": "Avenue", "av": "Avenue", "blvd": "Boulevard",
    "rd": "Road", "dr": "Drive", "ln": "Lane", "hwy": "Highway", "pkwy": "Parkway",
    "sq": "Square", "expy": "Expressway", "pl": "Place", "ct": "Court", "ter": "Terrace",
    "street": "Street", "avenue": "Avenue",
    "road": "Road", "drive": "Drive", "lane": "Lane", "boulevard": "Boulevard",
    "expressway": "Expressway",
}  # fmt: skip
_DIRECTIONS = {
    "N": "North", "S": "South", "E": "East", "W": "West", "NE": "North East", "NW": "North West",
    "SE": "South East", "SW": "South West", "N.": "North", "S.": "South", "E.": "East",
    "W.": "West",
}  # fmt: skip
_STREET = re.compile(
    r"(?P<n>[0-9]{1,5})(?P<letter>[A-Z])? (?:(?P<direction>[NSEW]|[NS][EW]|[NSEW]\.) )?"
    r"(?P<name>[A-Z0-9][A-Za-z0-9]*(?: [A-Z][A-Za-z]*){0,2}) "
    rf"(?P<street>(?i:{'|'.join(_STREETS)}))(?![^\W_])(?P<dot>\.(?! [A-Z]))?"
)
_ORDINAL = re.compile(r"([0-9]{1,3})(?:st|nd|rd|th)")
_COMMUNITY = re.compile(r"(?P<kind>[ru])/(?=[A-Za-z0-9_])", re.IGNORECASE)
_JOINT = re.compile(r"(?<=[a-z0-9)])([.,?!;])(?=[A-Za-z])")
_ABBREVIATION = re.compile(r"(?:[A-Za-z]\.){2,}[A-Za-z]?(?![^\W_])")
_FILE = re.compile(
    r"\.(?:js|ts|py|exe|txt|png|jpe?g|gif|pdf|zip|json|ya?ml|html|css|cpp|dll|bat|sh|cfg|ini|net"
    r"|io|rs|md|tar|gz|7z|rar|csv|xml|lua|mkv|avi|webp|svg|ogg|flac|apk|wav|mp[34]|obj)"
    r"(?![^\W_])",
    re.IGNORECASE,
)
_PATH = re.compile(r"\.[a-z]{1,4}/[\w-]{1,24}$")
"""What stands before the ending of a file behind another one: main.rs/test.go."""
_LETTERS_OF_PAIR = 3


def street(line: Line, at: int) -> Reading | None:
    """Read 1211 E Arques Ave."""
    match = _STREET.match(line.text, at)
    if match is None:
        return None
    number = match["n"]
    said = numerals.count(number) if len(number) < _LETTERS_OF_PAIR else _house(number)
    words = [f"{said} {match['letter']}" if match["letter"] else said]
    if direction := match["direction"]:
        words.append(_DIRECTIONS[direction])
    for word in match["name"].split():
        ordinal = _ORDINAL.fullmatch(word)
        words.append(
            numerals.ordinal(int(ordinal[1]))
            if ordinal
            else numerals.count(word)
            if word.isdigit()
            else word
        )
    written = match["street"]
    words.append(
        _STREETS[written.lower()] if written[0].isupper() or written != "st" else _STREETS[written]
    )
    return Reading(match.end(), " ".join(words), "address")


def _house(number: str) -> str:
    """Return the number of a house: in pairs, or digit by digit with a zero in the middle."""
    if len(number) == 3 and number[1] == "0" and number[2] != "0":
        return numerals.digits(number)
    return numerals.pairs(number) if len(number) < 5 else numerals.digits(number)


def community(line: Line, at: int) -> Reading | None:
    """Read r/name and u/name."""
    match = _COMMUNITY.match(line.text, at)
    if match is None or (at and line.text[at - 1] not in " (/"):
        return None
    return Reading(match.end(), f"{match['kind'].upper()} slash ", "address")


def joint(line: Line, at: int) -> Reading | None:
    """Put a space between two sentences that were written without: "sick.fr"."""
    match = _JOINT.match(line.text, at)
    if match is None:
        return None
    text = line.text
    start = at
    while start and text[start - 1].isalnum() and at - start < 3:
        start -= 1
    if at - start < 2 and text[start : start + 1].isalpha():
        return None
    if text[at] == "." and (_FILE.match(text, at) or _PATH.search(text[max(at - 40, 0) : at])):
        return Reading(at + 1, " dot ")
    end = at + 2
    if text[at] == "." and not text[end : end + 1].isalnum() and text[end : end + 1] == ".":
        return None
    return Reading(at + 1, f"{text[at]} ")


_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah",
    "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia",
    "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
_STATE = re.compile(r"([A-Z]{2})(?![^\W_])(?: ([0-9]{5})(?:-([0-9]{4}))?(?![0-9]))?")
_CITY = re.compile(r"[A-Z][a-z]+, $")


def state(line: Line, at: int) -> Reading | None:
    """Read Austin, TX and New York, NY 10001."""
    match = _STATE.match(line.text, at)
    if match is None or line.is_shouted or (name := _STATES.get(match[1])) is None:
        return None
    if not _CITY.search(line.text[max(at - 24, 0) : at]):
        return None
    code = "".join(f" {numerals.digits(group)}" for group in match.groups()[1:] if group)
    return Reading(match.end(), name + code, "address")


RULES = (
    Rule(street, digits=True),
    Rule(state, words=[code.lower() for code in _STATES]),
    Rule(community, letters=True),
    Rule(joint, signs=".,?!;"),
)
