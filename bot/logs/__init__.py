"""Log: text in a terminal, fields in systemd's journal, JSON elsewhere; safe to show anywhere."""

import logging
import re
import sys
from collections.abc import MutableMapping, Sequence
from typing import Any

import structlog

from bot.config.sections.logs import LogSettings
from bot.logs.background import BackgroundHandler, StandardError
from bot.logs.file import LogFile
from bot.logs.flood import FloodGate
from bot.logs.journal import JournalHandler, is_connected
from bot.logs.recent import Line, RecentHandler

_EventDict = MutableMapping[str, Any]

# C0 and C1 controls move the cursor and colour the terminal; bidi controls reorder the line.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SECRET_KEY = re.compile(r"token|secret|password|authorization|credential", re.IGNORECASE)
_MASK = "********"
_recent = RecentHandler()
_written: list[BackgroundHandler] = []
"""What writes the log at present."""


def configure(settings: LogSettings) -> None:
    """Send the daemon's log and that of its libraries to standard error or the journal, and a file.

    Raises:
        StartError: the file cannot be written.
    """
    as_text = settings.format == "text" or (settings.format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if as_text else "iso", utc=not as_text),
        mask_secrets,
        escape_controls,
    ]
    as_json: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    final: list[structlog.typing.Processor] = (
        [
            _without_utterance,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), pad_event_to=0, pad_level=False, sort_keys=False
            ),
        ]
        if as_text
        else as_json
    )
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    goes_to_journal = settings.format == "auto" and is_connected()
    handlers: list[logging.Handler] = [
        JournalHandler() if goes_to_journal else logging.StreamHandler(StandardError())
    ]
    handlers[0].setFormatter(_formatter(shared, final))
    if settings.file is not None:
        file = LogFile(settings.file, max_mb=settings.file_mb, older=settings.older_files)
        file.setFormatter(_formatter(shared, as_json))
        handlers.append(file)
    root = logging.getLogger()
    _written[:] = [BackgroundHandler(handler) for handler in handlers]
    root.handlers = [FloodGate([*_written, _recent])]
    root.setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)
    logging.getLogger("bot").setLevel(level)


def finish() -> None:
    """Write what waits, as far as that takes no more than a moment: what is printed comes after."""
    for handler in logging.getLogger().handlers:
        handler.close()


def latest() -> Sequence[Line]:
    """Return the latest lines of the log, the oldest first."""
    return tuple(_recent.lines)


def lines_lost() -> int:
    """Return how many lines of the log nobody took, since the start."""
    return sum(handler.dropped for handler in _written)


def _formatter(
    shared: Sequence[structlog.typing.Processor], final: Sequence[structlog.typing.Processor]
) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        # Modules that engines' processes import too log by the standard library.
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
    )


def escape_controls(_logger: object, _method: str, event: _EventDict) -> _EventDict:
    """Escape control characters in values: chat must not control the terminal."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = escaped(value)
    return event


def escaped(text: str) -> str:
    """Return `text` with control characters as Python writes them: safe to show in a terminal."""
    return _UNSAFE.sub(lambda match: repr(match[0])[1:-1], text)


def mask_secrets(_logger: object, _method: str, event: _EventDict) -> _EventDict:
    """Hide values whose key says that they are secret."""
    for key in event:
        if _SECRET_KEY.search(key):
            event[key] = _MASK
    return event


def _without_utterance(_logger: object, _method: str, event: _EventDict) -> _EventDict:
    """Leave out what only programs use: it makes the lines of a terminal long."""
    if event.get("level") != "debug":
        event.pop("utterance_id", None)
    return event
