"""Strings by key that a channel remembers about chatters, in memory and in the file."""

import time
from collections import OrderedDict
from collections.abc import Iterator, MutableMapping

import structlog

from bot.store.database import Database

log = structlog.get_logger(__name__)

MAX_ENTRIES = 10_000
"""Entries of a kind in a channel; beyond, the one that was set first is forgotten."""
_MAX_LENGTH = 200
"""Characters of a key and of a value."""
_LATER_S = 0.001


class Remembered(MutableMapping[str, str]):
    """Strings of one kind in one channel, in the order in which they were set."""

    def __init__(
        self, database: Database, *, kind: str, channel: str, max_entries: int = MAX_ENTRIES
    ) -> None:
        self._database = database
        self._place = (kind, channel)
        self._max_entries = max_entries
        rows = database.read(
            "SELECT key, value, at FROM remembered WHERE kind = ? AND channel = ?"
            " ORDER BY at DESC LIMIT ?",
            *(kind, channel, max_entries),
        )
        self._values = OrderedDict(reversed([(str(key), str(value)) for key, value, _ in rows]))
        self._latest_at = max((at for *_, at in rows if isinstance(at, float)), default=0.0)

    def __getitem__(self, key: str) -> str:
        """Return what is remembered of `key`."""
        return self._values[key]

    def __setitem__(self, key: str, value: str) -> None:
        """Remember `value`, shortened if need be, and forget the oldest if there are too many."""
        key, value = _bounded(key), _bounded(value)
        self._values[key] = value
        self._values.move_to_end(key)
        # A clock that is behind must not make it older than what was there.
        self._latest_at = max(time.time(), self._latest_at + _LATER_S)
        self._database.write(
            "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?, ?, ?)",
            *(*self._place, key, value, self._latest_at),
        )
        if len(self._values) > self._max_entries:
            oldest = next(iter(self._values))
            log.info("oldest entry forgotten", kind=self._place[0], channel=self._place[1])
            del self[oldest]

    def __delitem__(self, key: str) -> None:
        """Forget `key`."""
        del self._values[key]
        self._database.write(
            "DELETE FROM remembered WHERE kind = ? AND channel = ? AND key = ?",
            *(*self._place, key),
        )

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys, the one that was set first first."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._values)


def _bounded(text: str) -> str:
    # Half a surrogate pair, which chat may hold, cannot be stored.
    return text[:_MAX_LENGTH].encode(errors="replace").decode()
