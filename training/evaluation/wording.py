"""Normal form of words, for the text to be said and the text that was heard.

Case, punctuation and hyphens do not count; digits, amounts, years and times of day are written as
words; contractions are written out; spellings of one pronunciation are one word; a compound may be
one word or two.
"""

import re
from collections.abc import Sequence

from num2words import num2words

_SPELLINGS = {
    "alright": "all right", "catherine": "katherine", "colour": "color", "cos": "cause",
    "dr": "doctor", "favourite": "favorite", "goodnight": "good night", "grey": "gray",
    "haha": "ha ha", "jeffrey": "geoffrey", "jon": "john", "meghan": "megan", "mr": "mister",
    "mrs": "missus", "mum": "mom", "neighbour": "neighbor", "ok": "okay", "rachael": "rachel",
    "realise": "realize", "sara": "sarah", "stephen": "steven", "theatre": "theater",
    "vs": "versus", "woah": "whoa", "yea": "yeah",
}  # fmt: skip
"""Other spellings of what sounds the same."""
_CONTRACTIONS = (
    (re.compile(r"\b(?:cannot|can't)\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"\b(he|here|how|it|she|that|there|what|where|who)'s\b"), r"\1 is"),
)
_LETTERS = re.compile(r"\b([a-z])\.(?=[a-z]\b)")
_AMOUNT = re.compile(r"\$\s?(\d[\d,]*)(?:\.(\d\d))?")
_TIME = re.compile(r"\b(\d{1,2})[:.]([0-5]\d)\b(?!\s?%)")
_SCORE = re.compile(r"\b(\d+)\s?[-\u2013]\s?(\d+)\b")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_YEAR = re.compile(r"\b(1[1-9]\d\d|20\d\d)\b")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_AND = re.compile(r"\b(hundred|thousand|million) and (?=[a-z]+(?:teen|ty|ve)?\b)")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")


def words(text: str) -> list[str]:
    """Return the words of `text` in the one spelling that is compared."""
    text = text.lower().replace("\u2019", "'")
    for pattern, full in _CONTRACTIONS:
        text = pattern.sub(full, text)
    text = _LETTERS.sub(r"\1", text)
    text = _AMOUNT.sub(_say_amount, text)
    text = _TIME.sub(lambda match: f"{_say(match[1])} {_say_minutes(match[2])}", text)
    text = _SCORE.sub(lambda match: f"{_say(match[1])} to {_say(match[2])}", text)
    text = _ORDINAL.sub(lambda match: str(num2words(int(match[1]), to="ordinal")), text)
    text = _YEAR.sub(lambda match: str(num2words(int(match[1]), to="year")), text)
    text = _NUMBER.sub(lambda match: _say(match[0]), text.replace("%", " percent"))
    text = _AND.sub(r"\1 ", text.replace("&", " and ").replace("-", " "))
    found = _WORD.findall(text)
    return [word for each in found for word in _SPELLINGS.get(each, each).split()]


def _say(number: str) -> str:
    plain = number.replace(",", "")
    return str(num2words(float(plain) if "." in plain else int(plain)))


def _say_minutes(minutes: str) -> str:
    if minutes == "00":
        return ""
    return f"oh {_say(minutes)}" if minutes.startswith("0") else _say(minutes)


def _say_amount(match: re.Match[str]) -> str:
    dollars = f"{_say(match[1])} {'dollar' if match[1] == '1' else 'dollars'}"
    return f"{dollars} and {_say(match[2])} cents" if match[2] not in (None, "00") else dollars


def align_compounds(said: Sequence[str], heard: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return both with two words joined where the other one has them as one."""
    return _join(said, set(heard)), _join(heard, set(said))


def _join(parts: Sequence[str], wholes: set[str]) -> list[str]:
    joined: list[str] = []
    for part in parts:
        if joined and joined[-1] + part in wholes:
            joined[-1] += part
        else:
            joined.append(part)
    return joined
