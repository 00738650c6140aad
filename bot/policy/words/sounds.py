"""Sounds: what a respelled word sounds like to a listener, by the rules of English spelling.

A word becomes consonants with vowels between them. A letter that can be read in several ways stands
for all of them, so two spellings sound alike if there is a way to read both as the same. The rules
are those of English reading (Wijk, Rules of Pronunciation for the English Language, 1966), with
those of Spanish, French and German for letters that only they write.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeAlias

_MAX_LETTERS = 40
_MAX_READINGS = 24
"""Ways to read one word that are looked at: hostile ones have millions."""
_UNSURE = re.compile(r"[^lmbr]+")
_REPEATED = re.compile(r"(.)\1+")

# ruff: noqa: RUF001 - letters that look alike are the point

# Sounds in one character each; vowels stand for all sounds that they can have:
# a cat, A father, E bet, e bait, i beat, I bit, y bite, o boat, O caught, u boot, V but, w bout,
# r bird, @ about.
_ANY = frozenset("aAEeiIyoOuVwr@")
_VOWELS: dict[str, str] = {
    "a": "aAVe@E", "aa": "aAO", "aj": "yae", "ej": "eyi", "oj": "O", "ao": "aOAwo", "iu": "uI",
    "ua": "wAu", "uo": "oOu", "1": "aAVeE", "ae": "aeEi", "ah": "aAO@V", "ai": "eEyi", "au": "OwA",
    "aw": "OwA", "augh": "O", "ay": "ey", "aigh": "e", "e": "EIi@e", "ea": "iEe", "eah": "iE",
    "eau": "o", "eaux": "o",
    "ee": "i", "eh": "Eea", "ei": "eiy", "eigh": "eiy", "eu": "uVOr@", "ew": "u",
    "ey": "eiEI", "i": "Iiy@", "ia": "iyIa", "ie": "iyIE", "ieu": "u", "igh": "yi", "ih": "Ii",
    "ii": "iI", "ij": "iye", "io": "oIiy", "o": "oOAVu@", "oa": "oO", "oe": "oiErVu", "oh": "oO",
    "oi": "Oy", "oo": "uV", "ou": "wuVoO", "ough": "oVuOw", "ow": "ow", "oy": "Oy",
    "u": "uV@", "uh": "V@u", "ui": "iuIy", "uy": "yi", "ue": "uVr", "y": "iIyu", "ye": "yi",
    "yy": "iIy", "*": "aAEeiIyoOuVwr@",
}  # fmt: skip
_LONG = {_VOWELS[letter]: sounds for letter, sounds in {
    "a": "ea", "e": "ie", "i": "y", "o": "oO", "u": "u", "y": "y",
}.items()}  # fmt: skip
_SHORT = {_VOWELS[letter]: sounds for letter, sounds in {
    "a": "aAV", "e": "Ee", "i": "Ii", "o": "OAo", "u": "Vu", "y": "Ii",
}.items()}  # fmt: skip
"""Sounds of a single letter before a silent e, and in a word of one syllable without one."""
_FINAL = {"i": "iIy", "ia": "iIy", "o": "oO", "ou": "uwo", "u": "uV", "y": "iIy"}
"""Sounds of letters at the end of a word of several syllables; there they are not dull."""
_SPANISH = {"a": "aA", "e": "eE", "i": "iI", "o": "oO", "u": "u"}
"""Sounds of letters in a word with ñ."""
_INNER_E = re.compile(r"((?:[aeiouy]|[aeiouy]{2})[b-df-hj-np-tv-xz])e(?=[b-df-hj-np-tv-xz])")
_DOUBLED_END = re.compile(r"([b-df-hj-np-tv-xz])\1e$")
_DULL = frozenset("@")
"""Sounds that single letters have in syllables without stress alone, so not in the first one."""
_FRONT = frozenset("EeIiy")
_WITHOUT_R = frozenset("@rVaA")
"""What is left of a last syllable in r."""
_VOWEL_GROUP = re.compile(
    "|".join(map(re.escape, sorted(_VOWELS, key=len, reverse=True))).replace(r"\*", r"\*+")
)
_R_BEFORE_CONSONANT = re.compile(r"r[b-df-hj-np-tv-xz]")
_SYLLABLE = re.compile(r"[aeiouy*1]")
_R_COLOURED = "eiuy"
"""First letters of vowels that an r behind them makes into that of bird."""

_SILENT_STARTS = (("ps", "s"), ("pn", "n"), ("pt", "t"), ("kn", "n"), ("gn", "n"), ("wr", "r"),
                  ("rh", "r"), ("ck", "k"))  # fmt: skip
_CONSONANTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("tsch", ("C",)), ("dsch", ("J",)), ("dzh", ("J",)), ("tz", ("ts", "s")), ("cz", ("C",)),
    ("sz", ("S", "s")), ("dj", ("J",)), ("pf", ("f",)), ("sch", ("S", "sk")), ("tch", ("C",)),
    ("dge", ("J",)), ("dgj", ("J",)), ("dgg", ("J", "g")), ("dg", ("J",)),
    ("ckh", ("k",)), ("cque", ("k",)),
    ("que", ("k",)), ("gue", ("g",)), ("ck", ("k",)), ("cq", ("k",)), ("cc", ("k", "ks")),
    ("ch", ("C", "k", "S")), ("sh", ("S", "s+h")), ("th", ("T", "t+h")), ("ph", ("f",)),
    ("gh", ("g", "")), ("wh", ("w",)), ("kh", ("k",)), ("bh", ("b",)), ("dh", ("d",)),
    ("quh", ("kw",)), ("qu", ("kw", "k")), ("cw", ("kw",)), ("kw", ("kw",)), ("ku", ("kw", "k+u")),
    ("cu", ("k+u", "kw")), ("q", ("k",)), ("x", ("ks", "S")),
    ("ngk", ("nk",)), ("ng", ("ng",)), ("nk", ("nk",)),
    ("nj", ("N", "nJ")), ("nh", ("N", "n")), ("ñ", ("N",)), ("gn", ("gn", "N")),
    ("ny", ("N", "n+y")), ("ni", ("n+i", "N")), ("sc", ("sk", "s")), ("mb", ("mb",)), ("c", ("k",)),
    ("j", ("J", "Y")), ("w", ("w", "v")), ("v", ("v",)), ("z", ("z", "ts")),
)  # fmt: skip
_AT_END = {"gn": ("n",), "mb": ("m", "mb")}
"""Consonants that are read otherwise at the end of a word: reign, bomb."""
_SOFT = tuple("eiy")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzñ'1")
_FOREIGN = str.maketrans({
    "œ": "oe", "æ": "ae", "ø": "oe", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "ı": "i",

       "á": "1", "à": "1", "â": "1", "ü": "ue", "ö": "oe", "ä": "eh", "ç": "ss", "ş": "sh",
    "š": "sh", "ś": "sh",
    "č": "ch", "ž": "z", "’": "'",
})  # fmt: skip


_Read: TypeAlias = tuple[str, tuple[tuple[int, str], ...]]
"""Consonants, and the vowels with the number of consonants before each."""


class Sounds(NamedTuple):
    """One way to read a word."""

    consonants: str
    """The consonants in order, one character each."""
    vowels: tuple[frozenset[str], ...]
    """The sounds that each vowel may have, in order."""
    places: tuple[int, ...]
    """Consonants before each vowel."""


def alike(one: Sounds, other: Sounds) -> bool:
    """Tell whether the two words can be read as the same sounds."""
    return (
        one.consonants == other.consonants
        and one.places == other.places
        and all(not a.isdisjoint(b) for a, b in zip(one.vowels, other.vowels, strict=True))
    )


@lru_cache(maxsize=20_000)
def readings(word: str) -> tuple[Sounds, ...]:
    """Return the ways to read `word`, which is in small letters; none if it holds no letters."""
    word = _in_letters(word[:_MAX_LETTERS])
    if not word:
        return ()
    return tuple(dict.fromkeys(islice(_read(word), _MAX_READINGS)))


def signature(word: str) -> str:
    """Return the letters of `word` that are heard in every reading, for a first look.

    Words that sound alike have the same.
    """
    found = _REPEATED.sub(r"\1", _UNSURE.sub("", word)).rstrip("r")
    return found[:-1] if found.endswith("mb") else found  # bomb


def _in_letters(word: str) -> str:
    word = word.translate(_FOREIGN)
    if not word.isascii():
        kept = word.replace("ñ", "\0")
        plain = unicodedata.normalize("NFKD", kept)
        if any(letter.isalpha() and not letter.isascii() for letter in plain):
            return ""  # of another script
        word = plain.encode("ascii", "ignore").decode().replace("\0", "ñ")
    # An apostrophe between consonants is a vowel that is left out.
    word = re.sub(r"(?<=[b-df-hj-np-tv-xz])'(?=[b-df-hj-np-tv-xz])", "*", word)
    return "".join(letter for letter in word if letter in _LETTERS or letter == "*").replace(
        "'", ""
    )


def _read(word: str) -> Iterator[Sounds]:
    for start, sounded in _SILENT_STARTS:
        if word.startswith(start):
            word = sounded + word[len(start) :]
            break
    is_short = _DOUBLED_END.search(word) is not None
    word = re.sub(r"([b-df-hj-np-tv-xz])\1+", r"\1", word)  # doubled consonants sound like one
    word = re.sub(r"([aiuy])\1\1+", r"\1\1", word)
    for tail, is_long in _tails(word):
        for consonants, vowels in _walk(tail, 0, ("", ())):
            yield from _variants(consonants, _lengthened(vowels, is_long=is_long and not is_short))


def _tails(word: str) -> Iterator[tuple[str, bool]]:
    """Yield `word` as its end may be read, and whether a silent e makes its last vowel long.

    -le and -er have a dull vowel; a silent e in the middle, as in compounds, may be left out.
    """
    length = len(word)
    if length > 3 and word[-1] == "e" and word[-2] not in "aeiouy":  # noqa: PLR2004 - be, he, the
        if word[-2] == "l" and word[-3] not in "aeiouywr":
            yield f"{word[:-2]}*l", False
        elif word[-2] == "r" and word[-3] not in "aeiouyw":
            yield f"{word[:-2]}*", False
        elif word[-2] == "c":
            yield f"{word[:-2]}s", True
        elif word[-2] == "g":
            yield f"{word[:-2]}j", True
            yield word[:-1], False
        else:
            yield word[:-1], word[-3] in "aeiouy"
    else:
        if length > 3 and word[-1] == "h" and word[-2] not in "scptgw":  # noqa: PLR2004
            word = word[:-1]
        elif length > 3 and word[-1] in "lr" and word[-2] not in "aeiouywhlr*":  # noqa: PLR2004
            word = f"{word[:-1]}*{word[-1]}"  # as in "shrindl"
        yield word, False
    if (inner := _INNER_E.sub(r"\1", word[:-1], count=1)) != word[:-1]:
        yield (inner + word[-1]).removesuffix("e"), False


def _lengthened(
    vowels: tuple[tuple[int, str], ...], *, is_long: bool
) -> tuple[tuple[int, str], ...]:
    """Return `vowels` with the last one long before a silent e, and a lone one short."""
    if not vowels or (not is_long and len(vowels) > 1):
        return vowels
    place, sounds = vowels[-1]
    kinds = _LONG if is_long else _SHORT
    return (*vowels[:-1], (place, kinds.get(sounds, sounds)))


def _walk(word: str, at: int, read: _Read) -> Iterator[_Read]:
    """Yield the ways to read `word` from `at` on, behind what is `read` of it."""
    consonants, vowels = read
    while at < len(word):
        letter = word[at]
        if letter in "aeiouy*1" and not _is_glide(word, at):
            group = _VOWEL_GROUP.match(word, at)
            assert group is not None
            vowels = (*vowels, (len(consonants), _vowel(word, at, group[0])))
            at = group.end()
        elif letter == "h" and at and word[at - 1] not in "aeiouy":
            at += 1  # silent behind a consonant that it does not change
        else:
            written, sounded = _consonant(word, at)
            for sound in (*sounded[1:], sounded[0]):
                # "k+u": the u behind the k is a vowel, to be read on its own.
                heard, _, vowel = sound.partition("+")
                further = at + len(written) - len(vowel)
                yield from _walk(word, further, (consonants + heard, vowels))
            return
    yield consonants, vowels


def _consonant(word: str, at: int) -> tuple[str, tuple[str, ...]]:
    """Return the letters of the consonant at `at`, and the ways to read them."""
    for written, sounded in _CONSONANTS:
        if word.startswith(written, at):
            behind = word[at + len(written) : at + len(written) + 1]
            if written in ("ku", "cu", "ni") and behind not in tuple("aeiou"):
                continue
            return written, _in_place(written, behind, is_first=at == 0) or sounded
    letter, behind = word[at], word[at + 1 : at + 2]
    if letter == "g" and behind in _SOFT:
        return letter, ("g", "J")
    return letter, ("Y" if letter == "y" else letter,)


def _in_place(  # noqa: PLR0911 - one for each rule
    written: str, behind: str, *, is_first: bool
) -> tuple[str, ...]:
    """Return how letters are read before `behind`, if that makes a difference."""
    is_before_vowel = behind in tuple("aeiouy")
    if written == "c" and behind in _SOFT:
        return ("s",)
    if written == "qu" and not is_before_vowel:
        return ("k+u",)
    if not behind and written in _AT_END:
        return _AT_END[written]
    if written == "ch" and is_first and behind in _SOFT:
        return ("C", "S")
    if written == "x" and is_first:
        return ("z",)
    if written in ("th", "sh") and not is_before_vowel:
        return (written[0].upper(),)
    return ()


def _is_glide(word: str, at: int) -> bool:
    """Tell whether a y stands before a vowel at the start of a syllable, as in yes."""
    return word[at] == "y" and at == 0 and word[1:2] in tuple("aeiou")


def _vowel(word: str, at: int, group: str) -> str:
    if "ñ" in word and group in _SPANISH:
        return _SPANISH[group]
    if at + len(group) == len(word) and group in _FINAL and _SYLLABLE.search(word, 0, at):
        return _FINAL[group]
    sounds = _VOWELS[group[:1] if group.startswith("*") else group]
    if group == "o" and _R_BEFORE_CONSONANT.match(word, at + 1):
        sounds = "oO"  # storm
    if group == "ea" and word[at + 2 : at + 3] == "r":
        sounds += "A"  # heart
    if word[at + len(group) : at + len(group) + 1] == "r" and (
        group[0] in _R_COLOURED
        or group in ("oe", "ou", "ea", "uh", "eu", "a")
        or (group == "o" and word[at - 1 : at] == "w")
    ):
        sounds += "r"
    return sounds


def _variants(consonants: str, vowels: tuple[tuple[int, str], ...]) -> Iterator[Sounds]:
    """Yield the word with and without an r that many speakers leave out at the end."""
    places = tuple(place for place, _ in vowels)
    # All short vowels sound dull in syllables without stress; the first one has it mostly.
    sets = [
        frozenset(sounds) | (_DULL if sounds in _SHORT else frozenset()) for _, sounds in vowels
    ]
    if sets and sets[0] != _ANY:
        sets[0] -= _DULL
    merged = consonants.translate(_MERGED)
    yield Sounds(merged, tuple(sets), places)
    if merged.endswith("r") and places and places[-1] == len(merged) - 1:
        # What is left is dull: "kibba" and "kibbuh" are a kibber, "kibbi" is none.
        spoken = sets[-1] if len(sets) == 1 else sets[-1] - _FRONT
        yield Sounds(merged[:-1], (*sets[:-1], spoken | _WITHOUT_R), places)


_MERGED = str.maketrans({"v": "f", "z": "s"})
"""Sounds that are told apart by the voice alone, which respellings change."""
