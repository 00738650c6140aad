"""Splits: a word in pieces ("fu ck") against words that happen to join to one ("pen is")."""

import re

from bot.policy.words.lexicon import is_english
from bot.policy.words.skeleton import CLOSING, OPENING

TAG = "\x07"
"""Stand-in for each character of markup, which is not spoken."""

_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_OTHER_SCRIPT = re.compile(rf"{OPENING}[^{CLOSING}]*{CLOSING}")
_VOWELS = frozenset("aeiouy")
_STANDALONE = frozenset("#%*+/<=>\\^_`|~")
_AMOUNT = re.compile(r"[0-9]+[a-z]{0,2}")
# Digits with a unit are a quantity and not letters in disguise: "45s left" is not "ass left".
QUANTITY = re.compile(
    r"[ -@\[-`{-~]*|[$+!(]*[0-9]+(?:[.,:][0-9]+)*"
    r"(?:[smhdkxbgt]|st|nd|rd|th|am|pm|ms|hz|gb|mb|tb|kg|km|cm|mm|ft|fps|hp)[$+!]*"
)
CONTRACTION = re.compile(
    r"(?:i|he|she|it|we|you|they|who|that|there|what|how|let)'(?:ll|re|ve|d|s|m)|(?:ca|wo|do)n't"
)
"""Words with an apostrophe of their own: "he'll" is no disguise."""

_END = re.compile(r"[.!?;:]+['\")\]]*\s")
"""End of a sentence or clause, behind which another one begins."""
# Words that hold a sentence together; whoever splits a word in two does not take them for a half.
GRAMMAR = frozenset(
    [
        "a",
        "all",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "did",
        "do",
        "for",
        "from",
        "get",
        "go",
        "got",
        "had",
        "has",
        "have",
        "he",
        "her",
        "here",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "let",
        "me",
        "my",
        "no",
        "nor",
        "not",
        "of",
        "off",
        "on",
        "one",
        "or",
        "our",
        "out",
        "own",
        "she",
        "so",
        "than",
        "that",
        "the",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "too",
        "up",
        "us",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "yes",
        "yet",
        "you",
        "your",
    ]
)

# Letters, abbreviations and short words that stand alone in English and in chat.
_WORDS = """
    a b c d f g i k l m n o p q r t u v w x y
    cd cp dj ft gg hmm ls mm mr mrs ms mv np rm pc pls ps st thx tv vs
    ad add age ago ah aid ail aim air ale all am an and ant any ape apt are ark arm art as ash
    ask at ate aw awe back be bed been bet big bit boo box boy but by can car cat come cow cu
    cup cut dad day did die do dog done dry due ear eat egg ego end er eve ever ex eye far few
    fit for from fun gas get go god gone good got gun had has hat have he hear her here hey hi
    him his hit hm hole home hot how ice if ig ill in ink into is it its jet job just key kid kind
    know last lay led let lie like lip lit log long lost lot love low mad made man many map me
    men met mix more most mum my nah near net new next nice night no nor not now nut oak odd of
    off oh oil ok okay old on one only or ore our out over own pen pet pic pick pin play put ran
    rap re read red rest rid run sad said same saw say sea see set she sick sir sit six so some
    son sun take tap tea ten than that the them then they this tip to too top try two um up us
    use very wait was way we well went were wet what when who why win with wow yeah yes yet you
    your
"""
_ORDINARY = frozenset(_WORDS.split())


def without_markup(text: str) -> str:
    """Return `text` with a `TAG` for every character of markup."""
    return _MARKUP.sub(lambda match: TAG * len(match[0]), text)


def is_one_word(found: str, before: bytes) -> bool:
    """Tell whether the letters in `found`, which spaces separate, are meant as one word.

    They are when markup or a lone symbol stands in a gap, when every piece is one letter, when a
    piece is a single letter or has no vowel and not all pieces are ordinary words, or when none of
    them is a word of grammar or one of them is no word. A sentence that ends between words of
    English divides them.

    Args:
        found: Letters with what stands between them, in lower case.
        before: Two bytes before them.
    """
    parts = (_without_other_scripts(found) or found).split()
    pieces = [piece for part in parts if (piece := "".join(filter(str.isalnum, part)))]
    if len(pieces) == 1 and len(parts) == 1:
        return True
    if before[-1:] == b"'" and before[:1].isalnum():
        return False  # "that's hit": the first piece belongs to the word before
    if TAG in found or any(_STANDALONE.issuperset(part) for part in parts):
        return True
    if all(len(set(piece)) == 1 for piece in pieces):
        return True
    if _END.search(found) and all(is_english(piece) for piece in pieces if len(piece) > 1):
        return False
    is_odd = any(len(piece) == 1 or _VOWELS.isdisjoint(piece) for piece in pieces)
    are_ordinary = [_is_ordinary(part) for part in parts]
    are_words = all(are_ordinary) if is_odd else all(map(is_english, pieces))
    return not are_words or (not is_odd and GRAMMAR.isdisjoint(pieces))


def _without_other_scripts(found: str) -> str:
    """Return `found` without words of other scripts; empty if it holds no others."""
    left = _OTHER_SCRIPT.sub(" ", found)
    return left if any(map(str.isalnum, left)) else ""


def _is_ordinary(part: str) -> bool:
    piece = "".join(filter(str.isalnum, part))
    return piece in _ORDINARY or bool(_AMOUNT.fullmatch(piece) or CONTRACTION.fullmatch(part))
