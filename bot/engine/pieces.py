"""Pieces of a text, which are spoken one by one: the first one short, so that it is heard soon.

Pieces end behind a sentence, else behind a clause, else between words, and only inside a word that
is longer than a piece. Nothing is lost and nothing is added but the spaces between pieces.
"""

import re
import unicodedata
from typing import NamedTuple

from bot.engine.letters import letters_of, pause_letters
from bot.engine.sentences import ends_sentence

_SENTENCE = re.compile(r"""[.!?…]+["'”’)\]»]*\s+|[。！？｡]+[」』）”’]*\s*""")
_CLAUSE = re.compile(r"""[,;:]+["'”’)\]»]*\s+|[，；：、]+\s*|\s[-–—]+\s+""")
_WORD = re.compile(r"\s+")
_SPEAKABLE = re.compile(r"[^\W_]")
_JOINERS = "\u200d\ufe0e\ufe0f"
"""Characters that belong to those on both sides of them, as in emoji."""
_MAX_CLUSTER = 16
"""Longest cluster of a character and its marks that is kept whole, in characters."""
_WIDE_LETTERS = 3
"""Letters of a wide character: a Chinese character or a kana is a syllable."""


class Lengths(NamedTuple):
    """Limits of pieces, in letters; digits, which are words, and Chinese count as several."""

    shortest: int = 10
    """Least of a piece that is cut off: models need some context, and say a lone word badly."""
    first: int = 60
    """Most of the first piece: it is heard while the next ones are made."""
    longest: int = 160
    """Most of the others."""


class Pauses(NamedTuple):
    """Silence between two pieces, in seconds, by what stands at the end of the first one."""

    sentence_s: float = 0.3
    clause_s: float = 0.12
    word_s: float = 0.03


class Piece(NamedTuple):
    """Part of a text."""

    text: str
    """Without spaces around it; not empty."""
    pause_s: float
    """Silence that follows; 0 behind the last piece."""
    is_last: bool


def split(text: str, lengths: Lengths = Lengths(), pauses: Pauses = Pauses()) -> list[Piece]:  # noqa: B008 - immutable
    """Return the pieces of `text`; none where it is only space."""
    pieces: list[Piece] = []
    rest = text.strip()
    while rest:
        # At most as long as what plays while it is made.
        letters = max(sum(map(_letters, "".join(piece.text for piece in pieces))), lengths.first)
        limit = _reach(rest, min(letters, lengths.longest))
        end = _end(rest, limit, lengths.shortest, is_first=not pieces)
        head, rest = rest[:end].rstrip(), rest[end:].lstrip()
        pause_s = _pause_s(head, rest, pauses) if rest else 0.0
        pieces.append(Piece(head, pause_s, is_last=not rest))
    return pieces


def _reach(text: str, letters: float) -> int:
    """Return how many characters of `text` take as long as so many letters."""
    for index, character in enumerate(text):
        letters -= _letters(character)
        if letters < 0:
            return max(index, 1)
    return len(text)


def _letters(character: str) -> float:
    """Return how long a character takes at least, in letters; pauses are not counted."""
    least = _WIDE_LETTERS if unicodedata.east_asian_width(character) in "WF" else 1
    return least if pause_letters(character) else max(letters_of(character), least)


def _end(text: str, limit: int, shortest: int, *, is_first: bool) -> int:
    """Return where the next piece of `text` ends."""
    sentences = _ends(_SENTENCE, text, limit, shortest)
    clauses = _ends(_CLAUSE, text, limit, shortest)
    if is_first and (sentences or clauses):
        return min(sentences + clauses)
    if len(text) <= limit:
        return len(text)
    if sentences or clauses:
        return max(sentences or clauses)
    words = _ends(_WORD, text, limit, shortest)
    if not words:
        return _inside_word(text, limit)
    # In the middle of what would be two pieces: a stub at the end would sound odd.
    middle = max(min(limit, -(-len(text) // 2)), min(words))
    return max(end for end in words if end <= middle)


def _ends(boundary: re.Pattern[str], text: str, limit: int, shortest: int) -> list[int]:
    """Return where pieces of `text` may end at this kind of boundary, both parts long enough."""
    ends = []
    for match in boundary.finditer(text, 0, limit + _MAX_CLUSTER):  # with the space behind it
        head, rest = text[: match.end()].rstrip(), text[match.end() :]
        is_long_enough = shortest <= len(head) <= limit and len(rest) >= min(shortest, len(text))
        if boundary is _SENTENCE and not ends_sentence(head, rest):
            continue
        if is_long_enough and _SPEAKABLE.search(head) and _SPEAKABLE.search(rest):
            ends.append(match.end())
    return ends


def _inside_word(text: str, limit: int) -> int:
    """Return an end at most at `limit` that does not tear a character from its marks."""
    for end in range(limit, max(limit - _MAX_CLUSTER, 0), -1):
        follower = text[end]
        if not unicodedata.combining(follower) and not {follower, text[end - 1]} & {*_JOINERS}:
            return end
    return limit


def _pause_s(head: str, rest: str, pauses: Pauses) -> float:
    if _SENTENCE.search(head[-4:] + " ") and ends_sentence(head, rest):
        return pauses.sentence_s
    return pauses.clause_s if _CLAUSE.search(head[-4:] + " ") else pauses.word_s
