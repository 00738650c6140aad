"""Table of paid messages that are not at their end yet; its rows may come from a damaged file."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import structlog

from bot.messages import ChatMessage
from bot.runtime.clock import Moment
from bot.runtime.processes.packing import decode
from bot.store.copied import Place
from bot.store.database import Database

log = structlog.get_logger(__name__)

GIVEN_UP = "paid message of an earlier run given up"
"""Event of the log."""


class Left(NamedTuple):
    """Message that an earlier run left, and when it was received."""

    message: ChatMessage
    received: Moment
    ends: float
    """Ends of a daemon that had it in hand."""


class JournalTable:
    """What the journal writes and reads; writing never waits."""

    def __init__(self, database: Database) -> None:
        """Use its table `journal`."""
        self._database = database

    def read(self) -> Iterator[Left]:
        """Give every message, oldest first; delete what cannot be read."""
        rows = self._database.read(
            "SELECT CAST(channel AS BLOB), CAST(id AS BLOB), message, received_at, boot, boot_s,"
            " starts FROM journal ORDER BY received_at, boot_s"
        )
        for channel, identifier, data, received_at, boot, boot_s, ends in rows:
            message = _decoded(data)
            if message is not None:
                if (message.channel.encode(), message.id.encode()) != (channel, identifier):
                    self._move(message, (channel, identifier))
                received = Moment(str(boot or ""), _number(boot_s), _number(received_at))
                yield Left(message, received, _number(ends))
                continue
            self._delete(channel, identifier)
            log.warning(
                GIVEN_UP,
                channel=(channel or b"").decode(errors="replace"),
                id=(identifier or b"").decode(errors="replace"),
                reason="It cannot be read.",
            )

    def put(self, place: Place, data: bytes, received: Moment, *, ends: int = 0) -> None:
        """Write a message, encoded, that was received then."""
        self._database.write(
            "INSERT OR REPLACE INTO journal (channel, id, message, received_at, boot, boot_s,"
            " starts) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(*place, data, received.unix_s, received.boot, received.boot_s, ends),
        )

    def restamp(self, here: Moment) -> None:
        """Give what was received in this boot its time by the wall clock, which is right here."""
        self._database.write(
            "UPDATE journal SET received_at = ? + boot_s WHERE boot = ? AND boot_s BETWEEN 0 AND ?",
            *(here.unix_s - here.boot_s, here.boot, here.boot_s),
        )

    def count(self, place: Place, change: int) -> None:
        """Count ends of a daemon that has this message in hand."""
        self._database.write(
            "UPDATE journal SET starts = CAST(coalesce(starts, 0) AS INTEGER) + ?"
            " WHERE channel = ? AND id = ?",
            *(change, *place),
        )

    def delete(self, place: Place) -> None:
        """Forget a message."""
        self._delete(*(name.encode() for name in place))

    def _move(self, message: ChatMessage, damaged: tuple[bytes, bytes]) -> None:
        """Give a row whose channel or id is damaged those of its message."""
        self._database.write(
            "UPDATE OR REPLACE journal SET channel = ?, id = ?"
            " WHERE CAST(channel AS BLOB) IS ? AND CAST(id AS BLOB) IS ?",
            *(message.channel, message.id, *damaged),
        )

    def _delete(self, channel: bytes, identifier: bytes) -> None:
        self._database.write(
            "DELETE FROM journal WHERE CAST(channel AS BLOB) IS ? AND CAST(id AS BLOB) IS ?",
            *(channel, identifier),
        )


def _number(value: object) -> float:
    """Return what SQLite holds in a column of numbers; 0 for what is none."""
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    return 0.0


def _decoded(data: object) -> ChatMessage | None:
    if not isinstance(data, bytes):
        return None
    try:
        return decode(data, ChatMessage)
    except (
        msgspec.DecodeError,
        TypeError,
        ValueError,
        RecursionError,
    ):  # of another version of this program
        return None
