"""Audit: who gave which command, when, and whether it was taken back; and counts by day."""

from collections import Counter, deque
from datetime import UTC, datetime

import msgspec
from msgspec import structs

from bot.outcomes import Applied, Dropped, Outcome, Rejected, Spoken
from bot.runtime.clock import now, unix
from bot.store.database import Database

MAX_COMMANDS = 10_000
"""Commands that are kept, the latest ones."""
MAX_DAYS = 400
"""Days of which counts are kept."""
_WRITE_S = 30.0
"""Time between two writes of the counts: a busy chat counts several times a second."""
_LONGEST = 500
_LATEST = 300
"""Commands that are shown."""
_TEXTS = ("channel", "id", "issuer", "command", "answer")
_TRIM_EVERY = 100


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Command that was applied."""

    at: float
    """Unix seconds."""
    channel: str
    id: str
    issuer: str
    """Who gave it, untrusted."""
    command: str
    answer: str
    is_undone: bool = False
    """Whether it was taken back."""


class Audit:
    """Observer that keeps the commands of moderators and viewers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        rows = database.read(
            "SELECT at, channel, id, issuer, command, answer, is_undone FROM audit"
            " ORDER BY number DESC LIMIT ?",
            _LATEST,
        )
        given = (
            Given(
                at=row[0],
                is_undone=bool(row[6]),
                **dict(zip(_TEXTS, map(str, row[1:6]), strict=True)),
            )
            for row in reversed(rows)
            if isinstance(row[0], float)
        )
        self.latest: deque[Given] = deque(given, maxlen=_LATEST)
        """The latest commands, the oldest first."""
        self._since_trim = _TRIM_EVERY

    def observe(self, outcome: Outcome) -> None:
        """Keep a command that was applied."""
        if not isinstance(outcome, Applied):
            return
        command = f"{outcome.verb.value} {outcome.argument}".rstrip()
        given = Given(
            at=unix(outcome.at),
            channel=outcome.channel,
            id=outcome.id,
            issuer=_storable(outcome.chatter),
            command=_storable(command),
            answer=_storable(outcome.answer),
        )
        self.latest.append(given)
        self._database.write(
            "INSERT INTO audit (at, channel, id, issuer, command, answer)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *structs.astuple(given)[:-1],
        )
        if outcome.undoes:
            place = outcome.channel, outcome.undoes
            for number, other in enumerate(self.latest):
                if (other.channel, other.id) == place:
                    self.latest[number] = structs.replace(other, is_undone=True)
            self._database.write(
                "UPDATE audit SET is_undone = 1 WHERE channel = ? AND id = ?",
                *(outcome.channel, outcome.undoes),
            )
        self._since_trim += 1
        if self._since_trim >= _TRIM_EVERY:
            self._since_trim = 0
            self._database.write(
                "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?",
                MAX_COMMANDS,
            )


class Statistics:
    """Observer that counts outcomes by day and channel; it knows no chatters."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._written_at = now()

    def observe(self, outcome: Outcome) -> None:
        """Count the outcome, its reason, and the seconds that were spoken."""
        day = datetime.fromtimestamp(unix(outcome.at), UTC).date().isoformat()
        place = day, outcome.channel
        self._counts[(*place, outcome.kind)] += 1
        if isinstance(outcome, Rejected | Dropped):
            self._counts[(*place, f"{outcome.kind}.{outcome.reason.value}")] += 1
        if isinstance(outcome, Spoken):
            self._counts[(*place, "spoken_s")] += outcome.audio_s  # type: ignore[assignment]
        if now() - self._written_at >= _WRITE_S:
            self.write()

    def write(self) -> None:
        """Write what was counted since the last time."""
        self._written_at = now()
        for place, count in self._counts.items():
            self._database.write(
                "INSERT INTO statistics VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                *(*place, count),
            )
        if self._counts:
            limit = f"-{MAX_DAYS} days"
            self._database.write("DELETE FROM statistics WHERE day <= date('now', ?)", limit)
        self._counts.clear()


def _storable(text: str) -> str:
    # Half a surrogate pair, which chat may hold, cannot be stored.
    return text[:_LONGEST].encode(errors="replace").decode()
