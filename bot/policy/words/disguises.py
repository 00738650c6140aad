"""Disguises of writing: other texts that a text can be seen as, of the same length.

A text of the same length keeps its places, so what is found in it is found in the source.
"""

# ruff: noqa: RUF001 - characters that look alike are the point

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from bot.policy.words.splits import TAG, without_markup

_TAGS = re.compile(r"\[/?[\w -]{0,24}\]|\([\w -]{1,24}\)")
_TWO = {
    "|\\/|": "m", "/\\/\\": "m", "|v|": "m", "[v]": "m", "(v)": "m", "{v}": "m", "nn": "m",
    "^^": "m", "|\\|": "n", "/\\/": "n", "[\\]": "n", "{\\}": "n", "!\\!": "n", "\\/\\/": "w",
    "vv": "w", "uu": "w", "\\^/": "w", "\\x/": "w", "|_|": "u", "(_)": "u", "[_]": "u", "{_}": "u",
    "!_!": "u", "l|": "u", "\\_/": "u", "|-|": "h", "]-[": "h", ")-(": "h", "}-{": "h", "}{": "h",
    "/-/": "h", "|3": "b", "!3": "b", "13": "b", "|8": "b", "(3": "b", "|:": "b", "|)": "d",
    "[)": "d", "c|": "d", "(|": "d", "<|": "d", "|>": "p", "|*": "p", "|o": "p", "|0": "p",
    "|^": "p", "|7": "p", "|°": "p", "|º": "p",
    "|2": "r", "|?": "r", "12": "r", "/2": "r", "l2": "r", "[2": "r",
    "|`": "r", "|~": "r", "|<": "k", "|{": "k", "|(": "k", "1<": "k", "]{": "k", "]<": "k",
    "()": "o", "[]": "o", "<>": "o", "{}": "o", "\\/": "v", "|/": "v", "/-\\": "a", "/_\\": "a",
    "/\\": "a", "^": "a", "[-": "e", "|=": "f", "]=": "f", "/=": "f", "|#": "f", "|_": "l",
    "1_": "l", "[_": "l", "(_+": "g", "(_-": "g", "(_,": "g", "(+": "g", "c-": "g", "[,": "g",
    "7_": "z", "~/_": "z", ">_": "z", "-/_": "z", "_/": "j", "_|": "j", "><": "x", ")(": "x",
    "'/": "y", "`/": "y", "'|'": "t", "-|-": "t", "~|~": "t", "']['": "t", "0_": "q", "(,)": "q",
    "[": "c", "{": "c", "<": "c",
}  # fmt: skip
_OTHERWISE = {"|>": "d", "}{": "x", "(_)": "o", "()": "u", "|-": "r"}
"""Signs that are read as another letter too."""
_TWO_SIGNS = re.compile(
    "|".join(map(re.escape, sorted({*_TWO, *_OTHERWISE}, key=len, reverse=True))), re.IGNORECASE
)
_TWO_SIGNS_APART = re.compile(_TWO_SIGNS.pattern.replace(r"c\||", ""), re.IGNORECASE)
_NAMES = {
    "ay": "a", "bee": "b", "cee": "c", "see": "c", "sea": "c", "dee": "d", "ee": "e", "eff": "f",
    "gee": "g", "aitch": "h", "haitch": "h", "eye": "i", "jay": "j", "kay": "k", "ell": "l",
    "em": "m", "en": "n", "oh": "o", "pee": "p", "queue": "q", "cue": "q", "kew": "q", "are": "r",
    "ess": "s", "tee": "t", "tea": "t", "you": "u", "yew": "u", "vee": "v", "double-you": "w",
    "double you": "w", "double u": "w", "ex": "x", "eks": "x", "why": "y", "wye": "y", "zee": "z",
    "zed": "z",
}  # fmt: skip
"""Names of letters, as they are written."""
_LEAST_NAMES = 3
_LINKS = str.maketrans(dict.fromkeys(",.-", " "))
_NAME = "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))
_NAMED = re.compile(rf"\b(?:(?:{_NAME})[ ,.-]{{1,2}}){{2,}}(?:{_NAME})\b", re.IGNORECASE)
_ONE_NAME = re.compile(rf"\b({_NAME})([ ,.-]*)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#x?[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_UNSEEN = frozenset({"Cf", "Cc", "Mn", "Zs"})
_LONE_I = re.compile(r"(?<=[a-zа-яα-ω])[IΙІ](?=[a-z\u0250-\uffff])|[ӏӀ]|(?<=[^\x00-\x7f])[IΙІ]")
"""Capital letters that look like a small l among small ones."""
_ASCII_I = re.compile(r"[a-z]I[a-z]")
_BARE_V = re.compile(r"(?<=[b-df-hj-np-tv-z])v(?=[b-df-hj-np-tv-xz])", re.IGNORECASE)
"""A v as the Romans wrote their u."""
_MU = re.compile(
    r"(?<![\u0370-\u03bb\u03bd-\u03ff\u1f00-\u1fff])[μµ](?![\u0370-\u03bb\u03bd-\u03ff\u1f00-\u1fff])"
)
"""A letter mu in the part of a u; among others of Greek it is one of its own."""
_DRAWN = re.compile(r"[|\\/()\[\]{}<>_^]|[Vv]{2}|[Uu]{2}|(?:1[23]|l2|!3)(?=[a-zA-Z])")

_UPRIGHT = {
    "ɐ": "a", "q": "b", "ɔ": "c", "p": "d", "ǝ": "e", "ɟ": "f", "ƃ": "g", "ɓ": "g", "ɥ": "h",
    "ᴉ": "i", "ı": "i", "ɾ": "j", "ſ": "j", "ʞ": "k", "ן": "l", "ʅ": "l", "ꞁ": "l", "ɯ": "m",
    "u": "n", "n": "u", "d": "p", "b": "q", "ɹ": "r", "ʇ": "t", "ʌ": "v", "ʍ": "w", "ʎ": "y",
    "ƨ": "s", "∀": "a", "ᗺ": "b", "Ɔ": "c", "ᗡ": "d", "Ǝ": "e", "Ⅎ": "f", "⅁": "g", "⋊": "k",
    "⅂": "l", "Ԁ": "p", "Ό": "q", "ᴚ": "r", "⊥": "t", "∩": "u", "Λ": "v", "⅄": "y", "˥": "l",
    "ᄅ": "z", "Ɛ": "e", "9": "6", "6": "9",
}  # fmt: skip
_TURNED = frozenset("ɐɔǝɟƃɥᴉɾʞןɯɹʇʌʍʎ∀ƎℲ⅁⋊⅂ᴚ⊥⅄˥")
_WORDS = re.compile(r"\S+")
_TURNED_WORD = rf"\S*[{''.join(_TURNED)}]\S*"
_TURNED_RUN = re.compile(rf"{_TURNED_WORD}(?: {_TURNED_WORD})+")
"""Words that stand on their heads, and so in the other order."""
_SUSPICIOUS = re.compile(
    rf"[^\x00-\x7f]|&|{_DRAWN.pattern}|(?i:{_BARE_V.pattern})|{_ASCII_I.pattern}"
)
"""What a text holds that can be seen as something else."""

_FLAGS = {chr(0x1F1E6 + number): chr(0x61 + number) for number in range(26)}
_EMOJI = {
    "🅰": "a", "🅱": "b", "🅾": "o", "🅿": "p", "Ⓜ": "m", "ⓜ": "m", "©": "c", "®": "r",
    "™": "m", "ℹ": "i", "❗": "i", "❕": "i", "❣": "i", "⭕": "o", "🔴": "o", "🔵": "o",
    "⚪": "o", "⚫": "o", "🟢": "o", "🟡": "o", "🟠": "o", "🟣": "o", "🌕": "o", "🌑": "o",
    "🍩": "o", "🏀": "o", "⚽": "o", "🌐": "o", "❌": "x", "❎": "x", "✖": "x", "☪": "c",
    "🌙": "c", "✝": "t", "☦": "t", "➕": "t", "✚": "t", "💲": "s", "⚡": "s", "🐍": "s",
    "♾": "oo", "📐": "a", "⛎": "u", "♈": "y", "♉": "o", "♌": "n", "♍": "m", "♏": "m",
    "♐": "x", "♑": "n", "🪝": "j", "🕒": "o", "🎯": "o", "📧": "e", "💶": "e", "🅂": "s",
    "♓": "h", "🏴": "", "❓": "", "🇦": "a",
}  # fmt: skip
_PICTURED = str.maketrans(_EMOJI | _FLAGS)
_PICTURES = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f0ff\U0001f200-\U0001faff]+"
)
_LETTER_PICTURES = re.compile(
    f"[{''.join(map(re.escape, (*_EMOJI, *_FLAGS)))}]|\u20e3|{_PICTURES.pattern}"
)
_JOINERS = str.maketrans(dict.fromkeys(("\ufe0f", "\ufe0e", "\u20e3", "\u200d", "\u200b"), ""))


def seen_as(text: str) -> tuple[str, ...]:
    """Return what `text` can be seen as besides itself; each has its length."""
    if _SUSPICIOUS.search(text) is None and not _names_letters(text):
        return ()
    readings = [text]
    for condition, read in _READINGS:
        if condition(text):
            readings += read(text)
    if not text.isascii():
        readings += [reading.replace("ß", "b").replace("ẞ", "b") for reading in list(readings)]
    return tuple(dict.fromkeys(readings))[1:]


def _unescaped(match: re.Match[str]) -> str:
    """Return what an entity of HTML stands for, as wide as it is written."""
    letter = html.unescape(match[0])
    visible = letter if len(letter) == 1 and unicodedata.category(letter) not in _UNSEEN else ""
    return visible.ljust(len(match[0]), TAG)


def _one_letter(match: re.Match[str]) -> str:
    return _TWO.get(match[0].lower(), match[0]).ljust(len(match[0]), TAG)


def _other_letter(match: re.Match[str]) -> str:
    sign = match[0].lower()
    return _OTHERWISE.get(sign, _TWO.get(sign, sign)).ljust(len(sign), TAG)


def _turned(text: str) -> Iterator[str]:
    """Yield `text` with words upright that stand on their heads, read from either end."""
    yield _WORDS.sub(lambda match: _upright(match[0])[::-1], text)
    yield _TURNED_RUN.sub(lambda match: _upright(match[0])[::-1], text)
    yield _WORDS.sub(lambda match: _upright(match[0]), text)


def _upright(word: str) -> str:
    if _TURNED.isdisjoint(word):
        return word
    return "".join(_UPRIGHT.get(letter, letter) for letter in word)


def _drawn(text: str) -> Iterator[str]:
    """Yield `text` with letters for the signs that draw them."""
    yield _TWO_SIGNS.sub(_one_letter, text)
    if "c|" in text.lower():  # the stroke may belong to the next letter
        yield _TWO_SIGNS_APART.sub(_one_letter, text)
    if any(sign in text for sign in _OTHERWISE):
        yield _TWO_SIGNS.sub(_other_letter, text)


def _names_letters(text: str) -> bool:
    """Tell whether there may be a run of names of letters; quicker than to look for one."""
    words = text.lower().translate(_LINKS).split()
    return sum(map(_NAMES.__contains__, words)) > _LEAST_NAMES - 1


def _named(match: re.Match[str]) -> str:
    """Return the letters that a run of names stands for, as wide as it is written."""
    return _ONE_NAME.sub(lambda name: _NAMES[name[1].lower()].ljust(len(name[0]), TAG), match[0])


_READINGS: tuple[tuple[Callable[[str], object], Callable[[str], Iterable[str]]], ...] = (
    (lambda text: "<" in text, lambda text: [without_markup(text)]),
    (
        lambda text: "[" in text or "(" in text,
        lambda text: [_TAGS.sub(lambda match: TAG * len(match[0]), text)],
    ),
    (_DRAWN.search, _drawn),
    (lambda text: not _TURNED.isdisjoint(text), _turned),
    (lambda text: "&" in text and ";" in text, lambda text: [_ENTITY.sub(_unescaped, text)]),
    (
        lambda text: (_ASCII_I if text.isascii() else _LONE_I).search(text),
        lambda text: [_LONE_I.sub("l", text)],
    ),
    (
        lambda text: not text.isascii() and _MU.search(text),
        lambda text: [_MU.sub("u", text)],
    ),
    (_names_letters, lambda text: [_NAMED.sub(_named, text)]),
    (lambda text: "ǫ" in text, lambda text: [text.replace("ǫ", "q")]),  # in small capitals
    (_BARE_V.search, lambda text: [_BARE_V.sub("u", text)]),
)
"""Disguises: what tells that a text may be one, and what it is then read as."""


def has_pictured_letters(text: str) -> bool:
    """Tell whether pictures in `text`, which may be left out later, can be read as letters."""
    return not text.isascii() and _LETTER_PICTURES.search(text) is not None


def in_letters(text: str) -> str:
    """Return `text` with letters for the pictures of letters, and spaces for other pictures."""
    letters = text.translate(_PICTURED).translate(_JOINERS)
    return _PICTURES.sub(" ", letters)
