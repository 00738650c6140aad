"""Memory of the log's latest lines, for those who look at the daemon from elsewhere."""

import logging
from collections import deque
from collections.abc import Mapping
from typing import Final

import msgspec

KEPT: Final = 300
"""Lines that are kept."""
_LONGEST: Final = 2_000
_OWN: Final = frozenset({"event", "level", "timestamp"})


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    at: float
    """Unix seconds."""
    level: str
    event: str
    """What happened."""
    fields: dict[str, str]
    """To what, and how."""


class RecentHandler(logging.Handler):
    """Handler that keeps lines; it gets them masked and escaped, as every handler does."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[Line] = deque(maxlen=KEPT)
        """The latest ones, the oldest first."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep `record`."""
        event = record.msg if isinstance(record.msg, Mapping) else {"event": record.getMessage()}
        self.lines.append(
            Line(
                at=round(record.created, 3),
                level=record.levelname.lower(),
                event=_text(event.get("event", "")),
                fields={str(key): _text(event[key]) for key in event if key not in _OWN},
            )
        )


def _text(value: object) -> str:
    return str(value)[:_LONGEST].encode(errors="replace").decode()
