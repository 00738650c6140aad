"""Amounts as platforms write them: "$5.00", "1.234,50 €", "500 bits", "CA$7", "1 Jewel"."""

import re
from typing import NamedTuple

_NUMBER = re.compile(
    r"(?<![0-9.,])"
    r"([1-9][0-9]{0,2}(?:(?:,[0-9]{2,3}){0,5},[0-9]{3}|(?:[.' ][0-9]{3}){1,4})|[0-9]{1,12})"
    r"(?:[.,]((?<=(?<![0-9])0[.,])[0-9]{1,18}|[0-9]{1,2}))?(?![0-9])([KM](?![^\W_]))?"
)
"""Whole part, also grouped as in India or with blanks, hundredths (more places behind a
0, as of a bitcoin), and a thousand or a million."""
_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " ") | {"\u2019": "'"})
_SUFFIXES = {"K": 1e3, "M": 1e6}
_SIGN_BEFORE = re.compile(r"([A-Z]{0,3}[$€£¥₹₩₱₺₽฿₫₴₦₪₡₲₸₾₼₵₭]|[A-Z]{3}|kr|zł)\s*$", re.IGNORECASE)
_UNIT_BEHIND = re.compile(r"\s*([$€£¥₹₩₱₺₽฿₫₴₦₪₡₲₸₾₼₵₭]|[^\W\d_]+(?: [^\W\d_]+){0,2})")
_CODE_BEHIND = re.compile(r"\s*([A-Z]{3})(?![^\W_])")
_CHINESE_YUAN = "CN¥"
_LONGEST_UNIT = 30
_MOST = 1e12


class Amount(NamedTuple):
    """A number, and what it counts."""

    value: float
    unit: str
    """A sign or code of money, or a platform's word; empty if the text has none."""


def amount_of(value: object) -> Amount | None:
    """Return the amount that a field holds, a number or text; None if it has none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Amount(float(value), "") if 0 < value < _MOST else None
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.translate(_BLANKS)
    found = _NUMBER.search(text)
    if found is None:
        return Amount(0.0, "")
    number = float(f"{re.sub('[^0-9]', '', found[1])}.{found[2] or 0}")
    return Amount(number * _SUFFIXES.get(found[3], 1), _unit(text, found))


def _unit(text: str, number: re.Match[str]) -> str:
    if code := _CODE_BEHIND.match(text, number.end()):
        return code[1]
    before = _SIGN_BEFORE.search(text[: number.start()])
    if before is not None:
        sign = before[1].upper() if before[1].isascii() and before[1].isalpha() else before[1]
        return "CNY" if sign == _CHINESE_YUAN else {"KR": "kr"}.get(sign, sign)
    behind = _UNIT_BEHIND.match(text, number.end())
    return behind[1].strip()[:_LONGEST_UNIT] if behind else ""


def first_number(pattern: re.Pattern[str], text: str) -> float:
    """Return the number in the first group that `pattern` finds, or 0."""
    match = pattern.search(text)
    if match is None:
        return 0.0
    return float(next(group for group in match.groups() if group).replace(",", ""))
