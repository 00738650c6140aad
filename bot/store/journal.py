"""Journal of paid messages that were accepted and not spoken yet: they outlive the daemon."""

from collections.abc import Container

import msgspec
import structlog

from bot.messages import ChatMessage
from bot.outcomes import FINAL, PUT_OFF, Dropped, Outcome, Rejected
from bot.runtime.clock import now
from bot.runtime.packing import decode, encode
from bot.store.database import Database

log = structlog.get_logger(__name__)

_MAX_ENTRIES = 1_000
"""Messages that are kept at a time."""
_MAX_STARTS = 3
"""Starts after which a message is given up: it may be what ends the daemon."""


class Journal:
    """Messages from `keep` until an observed outcome ends them."""

    def __init__(self, database: Database, *, max_age_s: float) -> None:
        """Forget what is older than `max_age_s` seconds; with 0, keep nothing."""
        self._database = database
        self._max_age_s = max_age_s
        self._unspoken = self._read()
        self._kept = {(message.channel, message.id) for message in self._unspoken}

    def unspoken(self, channels: Container[str]) -> list[ChatMessage]:
        """Return what earlier runs left in `channels`, oldest first; it stays in the journal."""
        return [message for message in self._unspoken if message.channel in channels]

    def _read(self) -> list[ChatMessage]:
        limit = now() - self._max_age_s
        rows = self._database.read(
            "SELECT channel, id, message, received_at, starts FROM journal ORDER BY received_at"
        )
        messages = []
        for channel, identifier, data, received_at, starts in rows:
            message = _decoded(data)
            if message is not None and received_at > limit and starts < _MAX_STARTS:
                messages.append(message)
                continue
            log.warning(
                "paid message of an earlier run given up",
                channel=channel,
                id=identifier,
                age_s=round(now() - received_at),
                starts=starts,
            )
            self._delete(channel, identifier)
        self._database.write("UPDATE journal SET starts = starts + 1")
        return messages

    def keep(self, message: ChatMessage) -> None:
        """Keep `message` until its outcome."""
        place = (message.channel, message.id)
        if not self._max_age_s or place in self._kept:
            return
        if len(self._kept) >= _MAX_ENTRIES:
            log.warning("journal full: a paid message lasts until the next start")
            return
        try:
            data = encode(message)
        except UnicodeEncodeError:  # half a surrogate pair: no platform sends one
            return
        self._kept.add(place)
        self._database.write(
            "INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?, 0)",
            *(*place, data, message.received_at),
        )

    def observe(self, outcome: Outcome) -> None:
        """Forget the message that `outcome` ends, unless the next start may do better."""
        if isinstance(outcome, Dropped) and outcome.reason in PUT_OFF:
            return
        if isinstance(outcome, (*FINAL, Rejected)):
            place = (outcome.channel, outcome.id)
            if place in self._kept:
                self._kept.remove(place)
                self._delete(*place)

    def _delete(self, channel: str, identifier: str) -> None:
        self._database.write(
            "DELETE FROM journal WHERE channel = ? AND id = ?", channel, identifier
        )


def _decoded(data: bytes) -> ChatMessage | None:
    try:
        return decode(data, ChatMessage)
    except (msgspec.DecodeError, TypeError):  # of another version of this program
        return None
