"""Money, times, ordinals, versions, fractions, ranges and units in English words."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from num2words import num2words

Say = Callable[[str], str]
"""Returns the words of a number as it is written."""

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})++|[0-9]{1,15}+)(?:\.[0-9]{1,15}+)?"
_SCALES = {
    "k": "thousand",
    "thousand": "thousand",
    "m": "million",
    "mil": "million",
    "million": "million",
    "b": "billion",
    "bn": "billion",
    "billion": "billion",
    "t": "trillion",
    "trillion": "trillion",
}
_SCALE = "thousand|million|billion|trillion|mil|bn|k|m|b|t"
_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₽": ("ruble", "rubles", "kopek", "kopeks"),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "¢": ("cent", "cents", "", ""),
}
_SIGNS = f"[{''.join(_CURRENCIES)}]"
_UNITS = {
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "kg": ("kilogram", "kilograms"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "ft": ("foot", "feet"),
    "mph": ("mile per hour", "miles per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "ms": ("millisecond", "milliseconds"),
    "sec": ("second", "seconds"),
    "secs": ("second", "seconds"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"),
    "hz": ("hertz", "hertz"),
    "khz": ("kilohertz", "kilohertz"),
    "mhz": ("megahertz", "megahertz"),
    "ghz": ("gigahertz", "gigahertz"),
    "kb": ("kilobyte", "kilobytes"),
    "mb": ("megabyte", "megabytes"),
    "gb": ("gigabyte", "gigabytes"),
    "tb": ("terabyte", "terabytes"),
    "fps": ("frame per second", "frames per second"),
}
_FRACTIONS = {
    ("1", "2"): "one half",
    ("1", "3"): "one third",
    ("2", "3"): "two thirds",
    ("1", "4"): "one quarter",
    ("3", "4"): "three quarters",
}
_NOON = 12

_MONEY_BEFORE = re.compile(
    rf"(?<![\w.,])(-)?({_SIGNS}) ?({_NUMBER})(?: ?({_SCALE}))?(?!\w)", re.IGNORECASE
)
_MONEY_AFTER = re.compile(
    rf"(?<![\w.,])()(?P<n>{_NUMBER}) ?(?P<scale>k|m|bn?)? ?(?P<sign>{_SIGNS})(?!\w)", re.IGNORECASE
)
_TIME = re.compile(
    r"(?<![\w:.])([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?(?: ?([ap])\.?m\b\.?)?(?![\w:])",
    re.IGNORECASE,
)
_HOUR = re.compile(r"(?<![\w:.$])(1[0-2]|[1-9]) ?([ap])(?:m\b|\.m\.?)(?!\w)", re.IGNORECASE)
_ORDINAL = re.compile(r"(?<![\w.,])([0-9]{1,9})(?:st|nd|rd|th)\b", re.IGNORECASE)
_VERSION = re.compile(r"(?<!\w)v\.? ?(?=[0-9]+\.[0-9])", re.IGNORECASE)
_FRACTION = re.compile(r"(?<![\w./])([0-9]{1,4})/([0-9]{1,4})(?![\w/])")
_RANGE = re.compile(r"(?<![\w.,:-])([0-9]{1,9}) ?- ?([0-9]{1,9})(?![\w:-])")
_RATIO = re.compile(r"(?<=[0-9]):(?=[0-9])")
_HYPHEN = re.compile(r"(?<=[0-9])-(?=[0-9])")
# 4K and 8K are resolutions.
_SCALED = re.compile(rf"(?<![\w.,])(?![48]K(?!\w))({_NUMBER})([kKMB])(?!\w)")
_MEASURE = re.compile(rf"(?<![\w.,])({_NUMBER}) ?({'|'.join(_UNITS)})(?!\w)", re.IGNORECASE)
_LEADING_POINT = re.compile(r"(?<![\w.])\.(?=[0-9])")


def say_quantities(text: str, say: Say) -> str:
    """Return `text`, which holds a digit, with its quantities in words; plain numbers stay."""
    if any(sign in text for sign in _CURRENCIES):
        text = _MONEY_BEFORE.sub(lambda m: _money(m[2], m[3], m[4], say, is_owed=bool(m[1])), text)
        text = _MONEY_AFTER.sub(lambda m: _money(m["sign"], m["n"], m["scale"], say), text)
    if ":" in text:
        text = _TIME.sub(lambda m: _time(m, say), text)
        text = _RATIO.sub(" to ", text)
    text = _HOUR.sub(lambda m: f"{say(m[1])} {m[2].upper()}M", text)
    text = _ORDINAL.sub(lambda m: in_words(int(m[1]), "en", to="ordinal"), text)
    text = _VERSION.sub("version ", text)
    if "/" in text:
        text = _FRACTION.sub(lambda m: _fraction(m[1], m[2], say), text)
    if "-" in text:
        text = _HYPHEN.sub(" ", _RANGE.sub(r"\1 to \2", text))
    text = _SCALED.sub(lambda m: f"{say(m[1])} {_SCALES[m[2].lower()]}", text)
    text = _MEASURE.sub(lambda m: f"{_count(m[1], say)} {_UNITS[m[2].lower()][m[1] != '1']}", text)
    return _LEADING_POINT.sub("point ", text)


@lru_cache(maxsize=4096)
def in_words(
    number: float, language: str, to: Literal["cardinal", "ordinal", "year"] = "cardinal"
) -> str:
    """Return `number` in words of `language`, or in digits where num2words has no words."""
    try:
        words = num2words(number, lang=language, to=to)
    except Exception:  # noqa: BLE001 - fifty languages fail in as many ways; digits stay digits
        return str(number)
    return str(words).replace(",", "").replace("-", " ")


def _count(number: str, say: Say) -> str:
    """Return the words of `number` as a count, even where it could be a year."""
    is_year = len(number) == 4 and number.isdigit() and number[0] != "0"  # noqa: PLR2004
    return say(f"{number[0]},{number[1:]}") if is_year else say(number)


def _money(sign: str, number: str, scale: str | None, say: Say, *, is_owed: bool = False) -> str:
    one, many, small_one, small_many = _CURRENCIES[sign]
    minus = "minus " if is_owed else ""
    if scale:
        return f"{minus}{_count(number, say)} {_SCALES[scale.lower()]} {many}"
    whole, _, decimals = number.partition(".")
    if len(decimals) != 2 or not small_one:  # noqa: PLR2004 - hundredths
        return f"{minus}{_count(number, say)} {one if number == '1' else many}"
    amount = f"{_count(whole, say)} {one if whole == '1' else many}" if whole.strip("0") else ""
    cents = int(decimals)
    small = f"{say(str(cents))} {small_one if cents == 1 else small_many}" if cents else ""
    return minus + (" and ".join(filter(None, (amount, small))) or f"{say('0')} {many}")


def _time(match: re.Match[str], say: Say) -> str:
    hour, minute, second, half = match.groups()
    words = [say(str(int(hour)))]
    if minute != "00" or second:
        words.append(_minutes(minute, say))
    elif not half:
        words.append("o'clock" if 0 < int(hour) <= _NOON else "hundred" if int(hour) else "o'clock")
    if second:
        words.append(_minutes(second, say))
    if half:
        words.append(f"{half.upper()}M")
    return " ".join(words)


def _minutes(digits: str, say: Say) -> str:
    return f"oh {say(digits[1])}" if digits[0] == "0" else say(digits)


def _fraction(above: str, below: str, say: Say) -> str:
    if named := _FRACTIONS.get((above, below)):
        return named
    between = " out of " if int(above) <= int(below) else " "
    return f"{_count(above, say)}{between}{_count(below, say)}"
