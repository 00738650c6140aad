"""Flood gate: a fault that repeats is logged a few times, then counted; so is what is too much."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PASSES = 5
"""Times that a fault is logged in a window."""
WINDOW_S = 60.0
MOST = 6000
"""Lines of any kind in a window: who can cause lines, in chat or from a page, fills no disk."""
_BY_STRANGERS = {"request refused": ("status",)}
"""Events that anybody can cause as often as they like, and the fields that tell one kind from
another: these are not the stranger's words."""
_MAX_KEYS = 256
"""Faults that are counted at a time."""
_ABOUT = ("channel", "source", "output", "device", "engine", "account", "path", "service", "reason")
"""Fields that tell one fault from another with the same event."""

_Key = tuple[str, int, str, tuple[str, ...]]


@dataclass(slots=True)
class _Window:
    ends_at: float
    passed: int = 0
    held: int = 0
    last: logging.LogRecord | None = None


class FloodGate(logging.Handler):
    """Handler that passes records on; warnings and errors of one kind a few times a minute.

    What strangers cause goes with them, whatever its level. It owns its handlers. What was held
    back is logged when the minute is over, before the next record of any kind, or at the end: one
    line with the count, in `held_back`.
    """

    def __init__(
        self, handlers: Sequence[logging.Handler], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._handlers = tuple(handlers)
        self._clock = clock
        self._windows: OrderedDict[_Key, _Window] = OrderedDict()
        self._all = _Window(ends_at=0.0)

    def emit(self, record: logging.LogRecord) -> None:
        """Pass `record` on, or count it."""
        now = self._clock()
        self._end_windows(now)
        if record.levelno < logging.WARNING and _event(record) not in _BY_STRANGERS:
            self._pass(record)
            return
        window = self._windows.setdefault(_key(record), _Window(now + WINDOW_S))
        if window.passed < PASSES:
            window.passed += 1
            self._pass(record)
        else:
            window.held += 1
            window.last = record
        while len(self._windows) > _MAX_KEYS:
            self._log_count(self._windows.popitem(last=False)[1])

    def _end_windows(self, now: float) -> None:
        if self._all.ends_at <= now:
            self._end_all(now)
        # Windows end in the order in which they began.
        while self._windows:
            key, window = next(iter(self._windows.items()))
            if window.ends_at > now:
                return
            del self._windows[key]
            self._log_count(window)

    def _log_count(self, window: _Window) -> None:
        if window.last is not None:
            self._pass(_counted(window.last, window.held))

    def _end_all(self, now: float) -> None:
        held, self._all = self._all.held, _Window(now + WINDOW_S)
        if held:
            text = f"too many log lines: {held} were left out in {WINDOW_S:g} s"
            self._pass(
                logging.makeLogRecord(
                    {
                        "name": __name__,
                        "levelno": logging.WARNING,
                        "levelname": "WARNING",
                        "msg": text,
                    }
                )
            )

    def _pass(self, record: logging.LogRecord) -> None:
        if self._all.passed >= MOST:
            self._all.held += 1
            return
        self._all.passed += 1
        for handler in self._handlers:
            handler.handle(record)

    def close(self) -> None:
        """Log what is still held back, and close the handlers."""
        self._end_all(self._clock())
        while self._windows:
            self._log_count(self._windows.popitem(last=False)[1])
        for handler in self._handlers:
            handler.close()
        super().close()

    def flush(self) -> None:
        """Flush the handlers."""
        for handler in self._handlers:
            handler.flush()


def _fields(record: logging.LogRecord) -> Mapping[str, Any] | None:
    """Return what structlog put into a record of ours; None for those of libraries."""
    return record.msg if isinstance(record.msg, Mapping) else None


def _key(record: logging.LogRecord) -> _Key:
    fields = _fields(record)
    if fields is None:
        return record.name, record.levelno, str(record.msg), ()
    event = str(fields.get("event"))
    names = _BY_STRANGERS.get(event, _ABOUT)
    about = tuple(str(fields[name]) for name in names if name in fields)
    return record.name, record.levelno, event, about


def _event(record: logging.LogRecord) -> str:
    fields = _fields(record)
    return str(fields.get("event")) if fields is not None else ""


def _counted(record: logging.LogRecord, held: int) -> logging.LogRecord:
    fields = _fields(record)
    if fields is not None:
        record.msg = {**fields, "held_back": held}
    else:
        record.msg, record.args = f"{record.getMessage()} (held back {held} times)", None
    return record
