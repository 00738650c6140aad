"""Pieces of a text, and estimates of their durations.

Pieces follow upstream's rules (`utils_infer.py`). Upstream has no model of duration: it assumes
that every byte of text takes as long as a byte of the reference's transcript took, whatever the
script, and makes a text of nine bytes three times longer than one of ten. `paced_frames` counts
letters and syllables by their script instead, and the pauses of punctuation.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from bot.engine.f5.voice.reference import Reference
from bot.engine.letters import letters

MAX_FRAMES = 2812
"""Limit of 30 s, reference included: longer sequences were not seen in training."""
_WINDOW_S = 22.0
"""Limit on reference and speech of one piece together, as upstream's."""
_SHORT_TEXT_BYTES = 10
_SHORT_TEXT_SPEED = 0.3
_MIN_S = 0.45
"""Shortest piece: a word alone is not said faster, and ends in a breath."""
_SENTENCE_END = re.compile(r"(?<=[;:,.!?])\s+|(?<=[；：，。！？])")

_MOST_CHARACTER_BYTES = 4
"""Of one character in UTF-8."""
_SPACE = re.compile(r"\s+")


def piece_bytes(reference: Reference, speed: float = 1.0) -> int:
    """Return the most bytes of a piece: those of 22 s, less the reference."""
    bytes_per_s = len(reference.transcript.encode()) / reference.duration_s
    seconds = (_WINDOW_S - reference.duration_s) * speed
    return max(int(bytes_per_s * seconds), _SHORT_TEXT_BYTES)


def split_text(text: str, limit: int) -> list[str]:
    """Return `text` in pieces of at most `limit` bytes, cut behind punctuation.

    As upstream's `chunk_text`; a part without punctuation that is longer is cut at a space, or
    anywhere if it has none, since upstream would let it run into what the model never saw.
    """
    pieces: list[str] = []
    current = ""
    for sentence in _SENTENCE_END.split(text):
        for part in _cut(sentence, limit):
            if current and len(current.encode()) + len(part.encode()) > limit:
                pieces.append(current.strip())
                current = ""
            current += part + (" " if len(part[-1].encode()) == 1 else "")
    pieces.append(current.strip())
    return [piece for piece in pieces if piece]


def _cut(sentence: str, limit: int) -> list[str]:
    """Return `sentence` in parts of at most `limit` bytes, but of a character at least."""
    limit = max(limit, _MOST_CHARACTER_BYTES)
    parts = []
    while len(sentence.encode()) > limit:
        head = sentence.encode()[:limit].decode(errors="ignore")
        space = head.rfind(" ")
        end = space if space > 0 else len(head)
        parts.append(sentence[:end])
        sentence = sentence[end:].lstrip()
    return [*parts, sentence] if sentence else parts


def halved(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Return `text` in parts that fit: halved behind punctuation, at a space, else anywhere."""
    if len(text) == 1 or fits(text):
        return [text]
    middle = len(text) / 2
    for boundary in (_SENTENCE_END, _SPACE):
        ends = [match.end() for match in boundary.finditer(text, len(text) // 4)]
        if ends and (end := min(ends, key=lambda end: abs(end - middle))) <= len(text) * 3 / 4:
            break
    else:
        end = len(text) // 2
    parts = (part.strip() for part in (text[:end], text[end:]))
    return [each for part in parts if part for each in halved(part, fits)]


def total_frames(text: str, reference: Reference, tokens: int, speed: float = 1.0) -> int:
    """Return upstream's length of reference and speech together, in frames.

    `tokens` is the number of tokens of prompt and text; every token gets a frame at least.
    """
    text_bytes = len(text.encode())
    rate = _SHORT_TEXT_SPEED if text_bytes < _SHORT_TEXT_BYTES else speed
    frames = reference.frames
    transcript_bytes = len(reference.prompt.encode())
    speech = int(frames / transcript_bytes * text_bytes / rate)
    return min(max(frames + speech, tokens + 1, len(reference.mel) + 1), MAX_FRAMES)


def paced_frames(text: str, reference: Reference, tokens: int, speed: float = 1.0) -> int:
    """Return the length of reference and speech together, in frames, at the reference's pace.

    `tokens` is as for `total_frames`.
    """
    frames = reference.frames
    pace = frames / max(letters(reference.prompt), 1.0)
    floor = _MIN_S * frames / reference.duration_s
    speech = max(int(pace * letters(text) / speed), int(floor / speed))
    return min(max(frames + speech, tokens + 1, len(reference.mel) + 1), MAX_FRAMES)


Estimate: TypeAlias = Callable[[str, Reference, int, float], int]
ESTIMATES: dict[str, Estimate] = {"paced": paced_frames, "upstream": total_frames}
"""Estimates of `engine.f5.durations`, by name."""
