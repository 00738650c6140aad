"""Store: what is set in chat, commands, counts and paid messages not spoken yet outlive the daemon.

They lie in one SQLite file in the state directory. All is read into memory at the start; after
that a thread writes, so that no caller waits for the disk.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractContextManager
from pathlib import Path

from bot.runtime.files.state_folder import state_folder
from bot.store.audit import Audit, Statistics
from bot.store.copied import Copy
from bot.store.database import Database
from bot.store.journal import Journal
from bot.store.kinds import KINDS
from bot.store.remembered import Remembered

__all__ = ["Journal", "Remembered", "Store", "default_path"]


def default_path() -> Path:
    """Return where the file lies."""
    return state_folder() / "state.sqlite3"


class Store(AbstractContextManager["Store"]):
    """Store of the daemon, open from its construction until `close`."""

    def __init__(
        self, path: Path | None, *, journal_max_age_s: float = 0, copy: Copy | None = None
    ) -> None:
        """Open the file at `path`; without one, nothing outlives this object.

        A file that cannot be used is reported in the log and treated like none.

        Args:
            path: The file, made where it is missing.
            journal_max_age_s: Seconds after which a paid message is not spoken any more after a
                start; 0 keeps none.
            copy: Where a daemon that takes this one's place finds them too.
        """
        self._database = Database(path)
        self._copy = copy
        self.journal = Journal(self._database, max_age_s=journal_max_age_s, copy=copy)
        """Paid messages that were not spoken yet."""
        self.audit = Audit(self._database)
        """Commands that were given."""
        self.statistics = Statistics(self._database)
        """Counts by day."""

    def remembered(self, kind: str, channel: str) -> Remembered:
        """Return what is remembered of one of `KINDS` in `channel`."""
        assert kind in KINDS
        return Remembered(self._database, kind=kind, channel=channel)

    def written(self) -> Awaitable[object] | None:
        """Return what waits until all that was set is in the file; None if nothing is underway."""
        writing = self._database.written(), self._copy.written() if self._copy else None
        under_way = [each for each in writing if each is not None]
        return asyncio.gather(*under_way) if under_way else None

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.statistics.write()
        self.journal.look()  # the wall clock may have been set since the last message
        self._database.close()

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
