"""Compounds: blocked words with endings of English, and inside longer words that nobody knows."""

# ruff: noqa: RUF001 - Cyrillic is meant

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from bot.policy.words.lexicon import english

_VOWELS = frozenset("aeiou")
_ENDINGS = (
    *("s", "es", "z", "ed", "er", "ers", "ing", "ings", "y", "ie", "ies", "ish", "ness", "ly"),
    *("d", "n", "st", "est", "ier", "iest", "ily", "iness", "ify", "ified", "ize", "ized", "izing"),
    *("ery", "dom", "hood", "ship", "esque", "oid", "itis", "ment", "ation", "ster", "sters", "ll"),
    *("ist", "ists", "ism", "ity", "able", "like", "less", "ful", "ville", "land", "ette", "let"),
)
_PLAIN_ENDINGS = ("s", "es", "ed", "ing")
_INFLECTIONS = ("es", "ed", "ing", "ish", "y")
"""Endings of words of English that the lexicon leaves out of longer ones, as of cucumbered."""
_COINED_ENDINGS = ("z", "ly", "ier", "iest", "ness", "ish", "ist", "ism")
"""Endings that a short word of English takes besides, unless they make another word of it."""
_CYRILLIC_VOWELS = frozenset("аеиоуыэюяйь")
_CYRILLIC_ENDINGS = (
    *("", "а", "ы", "у", "е", "ой", "ою", "ам", "ами", "ах", "и", "ю", "я", "о", "ом", "ов", "ей"),
    *("ик", "ики", "иков", "ище", "ить", "ил", "ый", "его", "ому", "ыми", "ых", "енок", "ята"),
    *("ка", "ки", "ку", "ок", "очка", "ин", "ский", "ная", "ный", "овый", "ые", "ая", "ый"),
)  # fmt: skip
_SPANISH_ENDINGS = ("o", "a", "os", "as", "ito", "ita", "itos", "itas")
_LEAST_ENDING = 5
"""Letters of an English word that takes any ending; shorter ones are stems of other languages."""
_DOUBLED_ER = re.compile(r"([b-df-hj-np-tv-xz])\1er$")
"""End that is said with an o for fun; with one consonant before it that is a name: Nigo, Kibo."""
_SHORT = 3
_LONG = 6
"""Letters of a word that means nothing else, wherever it stands."""
_LEAST_WORD = 3
_START = 3
"""Letters by which blocked words are found in longer ones."""
_STRADDLING = 4
"""Letters of a known word that takes a part of a blocked one, at least."""
_WRITTEN_BEFORE = """
    absolute ain all always am an and angry anti big bloody bro captain crazy cute dad daddy damn
    der der die dirty don dr dumb el ex fake fat filthy fr free go got great happy hater hello her
    hey hi his hot hq hyper i iam ich im in ii is its jr just kid killer king la lazy le les lil
    little los love loves lover mad master max mega mini miss mom mommy mr mrs ms my neo new nice
    no non not of official og old only or our pink poor pro prof pseudo pure queen real red rich
    royal sad saint semi sexy sick silly sir so some stop stupid such super sweet team that the
    their this thy tiny total totally true turbo u uber ugly ultra un ur very war we wet who x
    clown trash xx xxx xo y ya yo you your
"""
_WRITTEN_BEHIND = """
    ass baby bae bag bait bear bird boi boss bot boy boys bro bros bruh cat chan chat chick
    club clown crew cult dad daddy dog dude face fan fans fest fever forever fr gal game
    gamer gamers games gaming gang gate gg girl girls god gurl guy guys hate hater haters head
    heads hole hq hub hunter ii irl jr kid kids kill killa killer king kun lady land life live
    lmao lol lord love lover lovers loves man mania master men mom mommy mouth nation nite noob
    official op party play player plays pog police power queen rage rofl san slayer squad stan
    star sucks supreme team time town ttv tv twitch u v vibes war world x xd xdd xo xox xx xxx yo
    yt
"""
_BEFORE = frozenset(_WRITTEN_BEFORE.split())
_BEHIND = frozenset(_WRITTEN_BEHIND.split())
"""What is written before and behind a short word to make a name or an insult of it."""


_SENTENCE = re.compile(
    r"(?:(?:you|u|he|she|they|we|i|it|this|that)(?:are|re|r|is|s|am|m)?)"
    r"(?:an?|the|such|so|all|just|my|our)*"
)
"""Beginning of a sentence without spaces: youarea."""
_DERIVED = re.compile(
    r"(?:a|be|de|dis|en|in|mis|non|out|over|pre|re|sub|un|under)*"
    r"-(?:a[bn]le|ance|ation|ed|en|ent|er|ers|est|ful|ie|ier|ies|iest|ily|iness|ing|ingly|ings|ion|"
    r"ish|ive|ize|izes|less|ly|ment|ments|ness|or|ors|ous|s|some|y|z)*"
)
"""What English puts around its words."""


def forms(word: str) -> Iterator[str]:
    """Yield `word` with the endings of English, spelled as English does.

    What is a word of its own is left out (pan, panel), but for plurals and tenses of a word that is
    English itself.
    """
    yield word
    known = english()
    if _DOUBLED_ER.search(word):
        changed = (f"{word[:-2]}{end}" for end in ("o", "oh", "os"))
        yield from (form for form in changed if form not in known)
    is_known = word in known
    endings: Sequence[str] = _CYRILLIC_ENDINGS if _is_cyrillic(word) else _ENDINGS
    if is_known and len(word) < _LEAST_ENDING:
        endings = (*_PLAIN_ENDINGS, *_COINED_ENDINGS)
    for ending in endings:
        for form in _spelled(word, ending):
            if form not in known or (is_known and ending in _PLAIN_ENDINGS):
                yield form


def _spanish(word: str) -> Iterator[str]:
    """Yield a word with ñ with the endings of Spanish; they keep the ñ, or would be other words."""
    if "ñ" not in word or word[-1] not in "ao":
        return
    stem = word[:-1]
    for ending in _SPANISH_ENDINGS:
        is_soft = stem.endswith("c") and ending[0] == "i"
        yield (stem[:-1] + "qu" if is_soft else stem) + ending


def _is_cyrillic(word: str) -> bool:
    return "\u0400" <= word[-1] <= "\u04ff"


def _spelled(word: str, ending: str) -> Iterator[str]:
    if _is_cyrillic(word):
        yield (word[:-1] if word[-1] in _CYRILLIC_VOWELS else word) + ending
        return
    yield word + ending
    if not word.isascii() or len(word) < _LEAST_WORD:
        return
    begins_with_vowel = ending[0] in _VOWELS or ending[0] == "y"
    if word[-1] == "e" and begins_with_vowel:
        yield word[:-1] + ending
    if word[-1] == "y" and ending[0] != "i":
        yield f"{word[:-1]}i{'e' if ending == 's' else ''}{ending}"
    if begins_with_vowel and word[-1] not in _VOWELS | frozenset("wxy") and word[-2] in _VOWELS:
        yield word + word[-1] + ending


class Compounds:
    """Blocked words with what English puts around words."""

    def __init__(
        self,
        words: Iterable[str],
        look: Callable[[str], str] = str,
        *,
        phrases: Iterable[str] = (),
    ) -> None:
        """Take words in small letters, without spaces; `look` returns what they look like.

        `phrases` are in one word each, with their endings already.
        """
        self._cores = {(core := look(phrase)): core for phrase in phrases}
        for word in words:
            self._cores |= dict.fromkeys(_spanish(word), look(word))
            self._cores |= dict.fromkeys(map(look, forms(word)), look(word))
        self._lengths: dict[str, list[int]] = {}
        for start, length in sorted({(core[:_START], len(core)) for core in self._cores}):
            self._lengths.setdefault(start, []).append(length)

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._cores)

    @property
    def forms(self) -> Collection[str]:
        """Blocked words with an ending at most."""
        return self._cores.keys()

    def is_form(self, word: str) -> bool:
        """Tell whether `word` is a blocked one with an ending at most."""
        return word in self._cores

    def is_blocked(self, word: str) -> bool:
        """Tell whether `word` is a form of a blocked one, or one is the point of it.

        It may be part of any longer word that nobody knows, if it is long; a short one only of
        words that it makes with others, such as those of names.
        """
        if word in self._cores:
            return True
        known = english()
        if word in known or (word.endswith("s") and word[:-1] in known):
            return False
        if any(word.endswith(end) and word.removesuffix(end) in known for end in _INFLECTIONS):
            return False
        return any(
            self._is_point(word, start, start + length)
            for start in range(len(word) - _START + 1)
            for length in self._lengths.get(word[start : start + _START], ())
            if word[start : start + length] in self._cores
        )

    def _is_point(self, word: str, start: int, end: int) -> bool:
        core = self._cores[word[start:end]]
        before, behind = word[:start], word[end:]
        is_free = len(core) >= _LONG and not (
            core in english() and _DERIVED.fullmatch(f"{before}-{behind}")
        )
        if not is_free and not (
            _may_stand_beside(before, core, is_behind=False)
            and _may_stand_beside(behind, core, is_behind=True)
        ):
            return False
        return not _is_straddled(word, start, end)


def _may_stand_beside(part: str, core: str, *, is_behind: bool) -> bool:
    part = part.replace(core, "").strip("0123456789_-'")
    if len(core) > _SHORT and not is_behind and _SENTENCE.fullmatch(part):
        return True
    if not part or part in (_BEHIND if is_behind else _BEFORE):
        return True
    # A word of English makes others of its kind (milkwort), which the lexicon may not have.
    is_coined = len(core) > _SHORT and core not in english()
    return is_coined and len(part) > _SHORT and part in english()


def _is_straddled(word: str, start: int, end: int) -> bool:
    """Tell whether known words divide `word` otherwise: "cucumberwater" is cucumber and water."""
    known = english()
    if start >= _STRADDLING and end == len(word) and word[:start] in _BEFORE:
        return False
    for left in range(start + 1):
        for right in range(end, len(word) + 1):
            if (left, right) == (start, end) or right - left < _STRADDLING:
                continue
            part = word[left:right]
            if part not in known:
                continue
            beside = (word[:left], word[right:])
            if all(not rest or rest in _BEFORE | _BEHIND or rest in known for rest in beside):
                return True
    return _is_divided(word, start) or _is_divided(word, end)


def _is_divided(word: str, border: int) -> bool:
    """Tell whether `word` is two known words, of which one crosses `border`."""
    known = english()
    return any(
        word[:middle] in known and word[middle:] in known
        for middle in range(_LEAST_WORD, len(word) - _LEAST_WORD + 1)
        if middle != border
        and abs(middle - border) < _STRADDLING
        and max(middle, len(word) - middle) > _STRADDLING
    )
