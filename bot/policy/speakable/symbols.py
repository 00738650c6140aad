"""Symbols and emoticons in English words."""

# ruff: noqa: RUF001 - the characters that look alike are the point

import re

_EMOTICONS = {
    "<3": " heart ",
    "</3": " broken heart ",
    "w/": " with ",
    "w/o": " without ",
}
_SYMBOLS = {
    "&": " and ",
    "+": " plus ",
    "=": " equals ",
    "%": " percent ",
    "°": " degrees ",
    "×": " times ",
    "÷": " divided by ",
    "±": " plus or minus ",
    "≈": " about ",
    "∞": " infinity ",
    "~": " about ",
    "≤": " at most ",
    "≥": " at least ",
    "≠": " is not ",
    "√": " root of ",
    "π": " pi ",
    "°C": " degrees Celsius ",
    "°F": " degrees Fahrenheit ",
    "^2": " squared ",
    "^3": " cubed ",
}

_MAYBE_EMOTICON = re.compile(r"[^A-Za-z0-9 .,!?'\"]|D(?<=[xX]D)|\.(?<=[oOT]\.)")
_NAMED = re.compile(r"(?<!\S)(?:</?3+|xD+|XD+|w/o?)(?![\w/])")
_FACE = re.compile(
    r"(?<!\S)(?:[<>]?[:;=][-'^o]?[)(\]\[DPpOo3/\\|*}{cSs]+|[)(\]\[]+[-']?[:;=]"
    r"|\^[_.-]?\^|[-oOTt>][_.][-oOTt<]|[oO]/|\\[oO]/?|;_+;|¯\\_\(ツ\)_/¯)"
    r"(?=[.,!?]*(?:\s|$))"
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_HAS_SYMBOL = re.compile(r"[^\w\s.,!?;:'\"()-]")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"(?<=[0-9]) ?[*×] ?(?=[0-9])", " times "),
        (r"(?<=[0-9]) < (?=[0-9])", " is less than "),
        (r"(?<=[0-9]) > (?=[0-9])", " is greater than "),
        (r"(?<!\S)@(?!\S)", "at"),
        (r"#(?=[0-9])", " number "),
        (r"#(?=\w)", " hashtag "),
        (r"(?<![-=~])[-=~]++>|<[-=~]+|={2,}|~{2,}", " "),
    )
)
_SYMBOL = re.compile(
    r"(?<=[0-9 ])° ?[CF](?!\w)|(?<=[0-9])°|\^[23](?![0-9])|~(?=[0-9])|[&+=%×÷±≈∞≤≥≠√π]"
)


def say_emoticons(text: str) -> str:
    """Return `text` without emoticons; hearts and `w/` become words."""
    if _MAYBE_EMOTICON.search(text) is None:
        return text
    text = _NAMED.sub(_named, text)
    return _FACE.sub(" ", text)


def say_symbols(text: str) -> str:
    """Return `text` with symbols as words and without HTML tags."""
    if _HAS_SYMBOL.search(text) is None:
        return text
    text = _TAG.sub(" ", text)
    for pattern, said in _RULES:
        text = pattern.sub(said, text)
    return _SYMBOL.sub(lambda match: _SYMBOLS[match[0].replace(" ", "")], text)


def _named(match: re.Match[str]) -> str:
    return _EMOTICONS.get(re.sub("3+", "3", match[0]), " ")  # a laughing xD is left out
