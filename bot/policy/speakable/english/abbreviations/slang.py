"""Class slang: abbreviations of chat and of writing, where case and context let them be none."""

import re

from bot.policy.speakable.english.abbreviations import letters, meanings
from bot.policy.speakable.english.tables import vocabulary
from bot.policy.speakable.reading import Line, Reading, Rule

_WORD = re.compile(r"[A-Za-z]++(?![^\W_])")
_STOP = re.compile(r"\.(?= \S)")
_FEATURED = re.compile(rf"\. (?!(?:{'|'.join(vocabulary.FORTS)})(?![^\W_]))(?=[A-Z])")
_TITLED_SMALL = re.compile(r"\. (?=[a-z]{3})")
_TITLED = re.compile(r"\.? (?=[A-Z])|\.(?=[A-Za-z])")
_MIXED = re.compile(
    rf"(?:{'|'.join(sorted(map(re.escape, vocabulary.MIXED), key=len, reverse=True))})(?![^\W_]"
    rf"|/[^\W_])",
    re.IGNORECASE,
)
_PLACE = re.compile(r"[A-Z][0-9]")
"""What is rather a place or a name in capitals: gate B4, the M8."""
_TONES = {
    "s": "sarcasm", "j": "joking", "hj": "half joking", "srs": "serious", "gen": "genuine",
    "lh": "light-hearted", "pos": "in a good way", "neg": "in a bad way", "nm": "not mad",
}  # fmt: skip
"""Signs of tone, as they are used in chat (https://tonetags.carrd.co)."""
_TONE = re.compile(rf"/({'|'.join(_TONES)})[.!]*$", re.IGNORECASE)
_OPENERS = frozenset(re.split("[^a-z]", key)[0] for key in vocabulary.MIXED)
_LEVEL = re.compile(r"(?P<word>lvl|lv|lev)s?\.? ?(?=[0-9])", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?P<word>no|nr|ep|vol|ch|pg|pp|fig|sec|s)\. ?"
    r"(?=[0-9]|(?-i:[IVX]{2,4})(?![^\W_]))",
    re.IGNORECASE,
)
_ESTABLISHED = re.compile(r"[Ee]st\.? ?(?=(?:1[6-9]|20)[0-9]{2}(?![^\W_]|:))")
_PART = re.compile(r"[Pp]t\.? ?(?=[0-9])")
_NUMBERED_WORDS = {
    "no": "number", "nr": "number", "ep": "episode", "vol": "volume", "ch": "chapter",
    "pg": "page", "pp": "pages", "fig": "figure", "sec": "section", "s": "season",
}  # fmt: skip

_MOST_STRETCHED = 3
"""Times that the last letter of an abbreviation may be written once more: plzzz."""
_STRETCHED = {
    key + key[-1] * more: key
    for key in vocabulary.STRETCHED
    for more in range(1, _MOST_STRETCHED + 1)
}
"""Abbreviations by what becomes of them when somebody draws them out."""


def word(line: Line, at: int) -> Reading | None:
    """Read brb, ngl, idk; where case or neighbours show a name or another word, it stays."""
    match = _WORD.match(line.text, at)
    if match is None:
        return None
    written = match[0]
    if len(written) == 1 and line.text[at - 1 : at].isdigit():  # of a name: p3r, h4x0r
        return Reading(match.end(), written.upper())
    key = written.lower()
    if key == "ft" and _FEATURED.match(line.text, match.end()):
        stop = _FEATURED.match(line.text, match.end())
        return Reading(stop.end() if stop else match.end(), "featuring ", "slang")
    key = _STRETCHED.get(key, key)
    said = vocabulary.SLANG.get(key) or vocabulary.ABBREVIATIONS.get(key)
    if (
        said is None
        or not _is_alone(line, at, match.end(), key_is_title=key in vocabulary.TITLES)
        or not _is_meant(line, at, match.end(), written, key)
        or (len(key) == 1 and letters.is_letter(line, at, key))
    ):
        return None
    if key in meanings.OTHERWISE:
        said = meanings.said(line, at, match.end(), key, said)
    end = match.end()
    if key in vocabulary.ABBREVIATIONS and (stop := _STOP.match(line.text, end)):
        end = stop.end()
    elif key in vocabulary.TITLES and line.text[end : end + 1] == ".":
        end += 1
    return Reading(end, said, "slang")


def _is_alone(line: Line, at: int, end: int, *, key_is_title: bool) -> bool:
    """Tell whether the word is no part of a name such as R&B, U.S. or rock'n'roll."""
    before, after = line.text[at - 1 : at], line.text[end : end + 2]
    if before and before in "'&.@#/_-+":
        return False
    if before == "*" and line.text[at - 2 : at - 1].isalnum():  # "f*k"
        return False
    if key_is_title and after[:1] == "." and after[1:].isalpha():
        return True
    goes_on = after[:1] == "." and after[1:].isalnum()
    return not (goes_on or after[:1] in tuple("'&/-^"))


def _is_meant(line: Line, at: int, end: int, written: str, key: str) -> bool:
    """Tell by case and neighbours whether a word of the table is the abbreviation."""
    before, after = line.before(at), line.after(end)
    if not vocabulary.is_allowed(key, before, after.lower(), line.text[end : end + 2]):
        return False
    if key in vocabulary.TITLES:
        return _is_title(line, end, key)
    if written.islower() or line.is_shouted:
        return True
    if key in vocabulary.ABBREVIATIONS:
        return True
    if written.isupper():
        if key in vocabulary.NAMES_IN_CAPITALS:
            return False
        if before in ("the", "an", "a", "my", "this", "that", "your", "of"):
            return False
        if key not in vocabulary.NAMES and (len(key) > 2 or key in vocabulary.CAPITALS):
            return not line.text[end : end + 2].strip().isdigit()
        is_apart = line.begins_sentence(at) and not line.text[end : end + 2].strip().isalnum()
        return is_apart or after.lower() in vocabulary.MEANT_AFTER.get(key, ())
    if key in vocabulary.NAMES:
        return after.lower() in vocabulary.MEANT_AFTER.get(key, ())
    return written.istitle() and line.begins_sentence(at)


def tone(line: Line, at: int) -> Reading | None:
    """Read /s and other signs of how something is meant, which stand at the end."""
    match = _TONE.match(line.text, at)
    before = line.text[:at].rstrip()
    if match is None or line.text[at - 1 : at] != " " or before[-1:].isdigit():
        return None
    return Reading(match.end(), _TONES[match[1].lower()], "slang")


def mixed(line: Line, at: int) -> Reading | None:
    """Read abbreviations with signs in them: w/, b/c, tl;dr, w/o, a/s/l, h8."""
    match = _MIXED.match(line.text, at)
    if match and _PLACE.fullmatch(match[0]) and not (line.is_shouted or line.begins_sentence(at)):
        return None
    if match is None or (at and (line.text[at - 1].isalnum() or line.text[at - 1] in "'&./")):
        return None
    return Reading(match.end(), vocabulary.MIXED[match[0].lower()], "slang")


def level(line: Line, at: int) -> Reading | None:
    """Read Lv. 5, lvl 60."""
    match = _LEVEL.match(line.text, at)
    return Reading(match.end(), "level ", "slang") if match else None


def numbered(line: Line, at: int) -> Reading | None:
    """Read No. 1, ep. 5, vol. 2."""
    match = _NUMBERED.match(line.text, at)
    if match and line.text[at - 1 : at] == ".":  # "p.s. 5 of them"
        return None
    return (
        Reading(match.end(), f"{_NUMBERED_WORDS[match['word'].lower()]} ", "slang")
        if match
        else None
    )


def _is_title(line: Line, end: int, key: str) -> bool:
    """Tell whether a name stands behind what may be its title."""
    name = line.after(end + line.text.startswith(".", end))
    is_saint = key == "st" and name.lower() in vocabulary.SAINTS
    if key in vocabulary.TITLES_STOPPED and _TITLED_SMALL.match(line.text, end):
        return True
    return key in ("mr", "mrs", "dr") or is_saint or bool(_TITLED.match(line.text, end))


def established(line: Line, at: int) -> Reading | None:
    """Read est. 1999; EST is a time zone."""
    match = _ESTABLISHED.match(line.text, at)
    return Reading(match.end(), "established ", "slang") if match else None


def part(line: Line, at: int) -> Reading | None:
    """Read pt 2 and pt. 2; PT is a time zone."""
    match = _PART.match(line.text, at)
    return Reading(match.end(), "part ", "slang") if match else None


def initial(line: Line, at: int) -> Reading | None:
    """Read 2nite, 2day, 4ever, 1st."""
    match = _LEET.match(line.text, at)
    return Reading(match.end(), vocabulary.LEET[match[0].lower()], "slang") if match else None


_LEET = re.compile(rf"(?:{vocabulary.any_of(vocabulary.LEET)})(?![^\W_])", re.IGNORECASE)


def someone(line: Line, at: int) -> Reading | None:
    """Read any1, no1 and every1."""
    match = _ANY.match(line.text, at)
    if match is None or (line.is_shouted and match["word"].lower() == "no"):
        return None
    return Reading(match.end(), f"{match['word']} one{match['s'] or ''}", "slang")


_ANY = re.compile(r"(?P<word>any|some|no|every)1(?P<s>'?s)?(?![^\W_])", re.IGNORECASE)

RULES = (
    Rule(tone, signs="/"),
    Rule(mixed, letters=True, words=_OPENERS),
    Rule(word, words=(*vocabulary.SLANG, *vocabulary.ABBREVIATIONS, *_STRETCHED)),
    Rule(level, letters=True, words=("lvl", "lv", "lvls", "lev")),
    Rule(numbered, letters=True),
    Rule(established, letters=True, words=("est",)),
    Rule(part, letters=True, words=("pt",)),
    Rule(someone, letters=True),
    Rule(initial, digits=True),
)
