"""Class chess: moves in algebraic notation, with the pieces by their names."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_PIECES = {"K": "king", "Q": "queen", "R": "rook", "B": "bishop", "N": "knight"}
_FILES = "abcdefgh"
_MOVE = re.compile(
    r"(?P<piece>[KQRBN])?(?P<from>[a-h]?[1-8]?)(?P<takes>x)?(?P<to>[a-h][1-8])"
    r"(?:=(?P<promoted>[QRBN]))?(?P<sign>[+#])?(?![^\W_]|[+#=])"
)
_CASTLES = re.compile(r"(?:O-O|0-0)(?P<long>-[O0])?(?P<sign>[+#])?(?![^\W_]|-)")
_SIGNS = {"+": " check", "#": " mate"}
_SAID_AGAIN = re.compile(r" (?:check|mate|checkmate)(?![^\W_])", re.IGNORECASE)
_CHESS = re.compile(
    r"(?<![^\W_])(?:[KQRBN][a-h]?[1-8]?x?[a-h][1-8]|[a-h]x[a-h][1-8]|[cdef][45]|O-O|chess|openings?"
    r"|gambit|sicilian|london|caro|mates?|checkmate|stalemate|castles?|lichess|stockfish|pawns?"
    r"|knights?|bishops?|rooks?|queens?|fianchetto|resigns?|grandmaster|endgame)(?![^\W_])",
    re.IGNORECASE,
)
"""What a line that speaks of chess also has."""


def move(line: Line, at: int) -> Reading | None:
    """Read Nf3, Qxf7#, exd5 and e8=Q; without a capture only where chess is spoken of."""
    match = _MOVE.match(line.text, at)
    if match is None or (at and line.text[at - 1] not in ' ".('):
        return None
    piece, takes = match["piece"], match["takes"]
    is_sure = takes if piece else (takes and len(match["from"]) == 1) or match["promoted"]
    is_pawn = not piece and not (takes or match["promoted"])
    if is_pawn or (not is_sure and not _is_chess(line, at, match.end())):
        return None
    words = [_PIECES[piece]] if piece else []
    words += [_square(match["from"])] if match["from"] else []
    words += ["takes"] if takes else []
    words.append(_square(match["to"]))
    words += [_PIECES[match["promoted"]]] if match["promoted"] else []
    return Reading(match.end(), " ".join(words) + _said_sign(line, match), "chess")


def castling(line: Line, at: int) -> Reading | None:
    """Read O-O-O and, where chess is spoken of, O-O and 0-0."""
    match = _CASTLES.match(line.text, at)
    if match is None or (at and line.text[at - 1] not in ' ".('):
        return None
    if not (match["long"] and match[0][0] == "O") and not _is_chess(line, at, match.end()):
        return None
    said = "castles queenside" if match["long"] else "castles"
    return Reading(match.end(), said + _said_sign(line, match), "chess")


def _is_chess(line: Line, at: int, end: int) -> bool:
    """Tell whether the line around a move speaks of chess."""
    return bool(_CHESS.search(line.text, 0, at) or _CHESS.search(line.text, end))


def _square(text: str) -> str:
    """Return a square, a file or a rank: "f seven"."""
    return " ".join(numerals.count(c) if c.isdigit() else c for c in text)


def _said_sign(line: Line, match: re.Match[str]) -> str:
    """Return what stands behind a move, unless the next word says it."""
    if _SAID_AGAIN.match(line.text, match.end()):
        return ""
    return _SIGNS.get(match["sign"] or "", "")


_OPENINGS = frozenset(
    f"{piece}{file}{takes}{to}".lower()
    for piece in ("", *_PIECES)
    for file in ("", *_FILES)
    for takes in ("", "x")
    for to in _FILES
) | frozenset(piece.lower() for piece in _PIECES)
"""Letters that moves begin with."""

RULES = (
    Rule(move, words=_OPENINGS),
    Rule(castling, words=("o",), digits=True, followed="-"),
)
