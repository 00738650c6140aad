"""Keeps a fault that repeats from filling the log: tells it a few times, then how often it was."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PASSES = 5
"""So often in a window a fault is told."""
WINDOW_S = 60.0
_MAX_KEYS = 256
_ABOUT = ("channel", "source", "output", "device", "engine", "account", "path", "service", "reason")
"""Fields that tell one fault from another of the same words."""

_Key = tuple[str, int, str, tuple[str, ...]]


@dataclass(slots=True)
class _Window:
    ends_at: float
    told: int = 0
    held: int = 0
    last: logging.LogRecord | None = None


class FloodGate(logging.Handler):
    """Passes records on to other handlers; warnings and errors of one kind a few times a minute.

    What was held back is told when its minute is over, by the next record of any kind, or at the
    end: a line with the count, in `held_back`.
    """

    def __init__(
        self, handlers: Sequence[logging.Handler], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Pass on to `handlers`, which it owns."""
        super().__init__()
        self._handlers = tuple(handlers)
        self._clock = clock
        self._windows: OrderedDict[_Key, _Window] = OrderedDict()

    def emit(self, record: logging.LogRecord) -> None:
        """Pass `record` on, or count it."""
        now = self._clock()
        self._tell_ended(now)
        if record.levelno < logging.WARNING:
            self._pass(record)
            return
        window = self._windows.setdefault(_key(record), _Window(now + WINDOW_S))
        if window.told < PASSES:
            window.told += 1
            self._pass(record)
        else:
            window.held += 1
            window.last = record
        while len(self._windows) > _MAX_KEYS:
            self._tell(self._windows.popitem(last=False)[1])

    def _tell_ended(self, now: float) -> None:
        # They end in the order in which they began.
        while self._windows:
            key, window = next(iter(self._windows.items()))
            if window.ends_at > now:
                return
            del self._windows[key]
            self._tell(window)

    def _tell(self, window: _Window) -> None:
        if window.last is not None:
            self._pass(_counted(window.last, window.held))

    def _pass(self, record: logging.LogRecord) -> None:
        for handler in self._handlers:
            handler.handle(record)

    def close(self) -> None:
        """Tell what is still held back, and close the handlers."""
        while self._windows:
            self._tell(self._windows.popitem(last=False)[1])
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
    about = tuple(str(fields[name]) for name in _ABOUT if name in fields)
    return record.name, record.levelno, str(fields.get("event")), about


def _counted(record: logging.LogRecord, held: int) -> logging.LogRecord:
    fields = _fields(record)
    if fields is not None:
        record.msg = {**fields, "held_back": held}
    else:
        record.msg, record.args = f"{record.getMessage()} (held back {held} times)", None
    return record
