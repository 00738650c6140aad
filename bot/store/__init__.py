"""Store: mutes, voices that chatters chose, and paid messages not spoken yet outlive the daemon.

They lie in one SQLite file in the state directory. All is read into memory at the start; after
that a thread writes, so that no caller waits for the disk.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from bot.runtime.state_folder import state_folder
from bot.store.database import Database
from bot.store.journal import Journal
from bot.store.remembered import Remembered

__all__ = ["Journal", "Remembered", "Store", "default_path"]


def default_path() -> Path:
    """Return where the file lies."""
    return state_folder() / "state.sqlite3"


class Store(AbstractContextManager["Store"]):
    """Store of the daemon, open from its construction until `close`."""

    def __init__(self, path: Path | None, *, journal_max_age_s: float = 0) -> None:
        """Open the file at `path`; without one, nothing outlives this object.

        A file that cannot be used is reported in the log and treated like none.

        Args:
            path: The file, made where it is missing.
            journal_max_age_s: Seconds after which a paid message is not spoken any more after a
                start; 0 keeps none.
        """
        self._database = Database(path)
        self.journal = Journal(self._database, max_age_s=journal_max_age_s)
        """Paid messages that were not spoken yet."""

    def mutes(self, channel: str) -> Remembered:
        """Return the chatters whom moderators muted in `channel`: names by their `name_key`."""
        return Remembered(self._database, kind="mute", channel=channel)

    def voices(self, channel: str) -> Remembered:
        """Return the voices that chatters chose in `channel`, by the chatters' ids."""
        return Remembered(self._database, kind="voice", channel=channel)

    def joined(self, channel: str) -> Remembered:
        """Return the channels of Twitch that were joined for `channel` at run time, by login."""
        return Remembered(self._database, kind="joined", channel=channel)

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.journal.look()  # the wall clock may have been set since the last message
        self._database.close()

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
