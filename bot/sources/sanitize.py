"""Sanitizing: well-formed text, emote ranges that fit it, names, each message once."""

import re
from collections.abc import Iterable
from typing import Final

from bot.messages import Chatter, Role
from bot.runtime.recent import Recent

MAX_NAME_LENGTH: Final = 200
"""Limit of ids and names, in code points; no platform allows as many."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """Return `text` with every lone surrogate replaced, so that it can be encoded as UTF-8.

    JSON can carry half of an emoji, for instance where JavaScript cut a text; what comes after a
    source relies on never seeing one. One code point replaces one, so emote ranges stay true.
    """
    return _SURROGATE.sub("\ufffd", text)


def chatter(chatter_id: str, name: str, login: str, roles: Iterable[Role]) -> Chatter:
    """Return the chatter; the login counts where it differs from the display name `name`."""
    other_login = login if login.casefold() != name.casefold() else ""
    return Chatter(id=chatter_id, name=name, login=other_login, roles=frozenset(roles))


def valid_ranges(ranges: Iterable[tuple[int, int]], length: int) -> tuple[tuple[int, int], ...]:
    """Return those half-open `ranges` that lie in a text of `length` code points, sorted.

    Empty ranges are left out, and of ranges that overlap all but the first.
    """
    kept: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if (kept[-1][1] if kept else 0) <= start < end <= length:
            kept.append((start, end))
    return tuple(kept)


class RecentIds(Recent[str, None]):
    """The last `capacity` ids, the least recently seen forgotten first."""

    def __init__(self, capacity: int = 10_000) -> None:
        super().__init__(capacity)

    def add(self, message_id: str) -> bool:
        """Remember `message_id`; tell whether it is new."""
        is_new = message_id not in self
        self[message_id] = None
        return is_new
