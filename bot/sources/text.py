"""What every source does to text before it becomes a message."""

import re
from collections.abc import Iterable
from typing import Final

MAX_NAME_LENGTH: Final = 200
"""Of ids and names, in code points; no platform allows as many."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """Return `text` with every lone surrogate replaced, so that it can be encoded as UTF-8.

    No message holds one; whatever comes after a source relies on that. JSON can carry half of an
    emoji, for instance where JavaScript cut a text. The replacement is one code point for one, so
    that emote ranges stay true.
    """
    return _SURROGATE.sub("\ufffd", text)


def valid_ranges(ranges: Iterable[tuple[int, int]], length: int) -> tuple[tuple[int, int], ...]:
    """Return those half-open `ranges` that lie in a text of `length` code points.

    Sorted; of ranges that overlap the first one counts, a range that is empty does not.
    """
    kept: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if (kept[-1][1] if kept else 0) <= start < end <= length:
            kept.append((start, end))
    return tuple(kept)
