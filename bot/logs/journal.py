"""Log in systemd's journal, with fields: `journalctl UTTERANCE_ID=...` finds lines.

The format is journald's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram of
fields, each `NAME=value` and a line feed, or the length of the value where that holds one itself.
"""

import json
import logging
import os
import re
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.logs.background import StandardError

SOCKET = Path("/run/systemd/journal/socket")
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_NAMES = {"id": "UTTERANCE_ID", "exception": "EXCEPTION"}
_UNSHOWN = {"exception", "utterance_id"}
"""Fields that `MESSAGE`, the line for people, leaves out."""
_MAX_VALUE = 1 << 16
"""Longest value, in characters; a datagram holds three times as much."""


def is_connected() -> bool:
    """Return whether standard error goes to the journal: `$JOURNAL_STREAM` in systemd.exec(5)."""
    try:
        here = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{here.st_dev}:{here.st_ino}"


class JournalHandler(logging.Handler):
    """Handler that sends to the journal what its formatter renders as one JSON object.

    It never waits: what the journal does not take is lost, and counted in the next line. Where its
    socket is out of reach, as in some sandboxes, lines without fields go to standard error, which
    is the journal too.
    """

    def __init__(self, address: Path = SOCKET) -> None:
        super().__init__()
        self._address = str(address)
        self._socket = _datagrams()
        self._socket.settimeout(0)
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line."""
        event = json.loads(self.format(record))
        if self._lost:
            event["lost_lines"] = self._lost
        fields = entry(event, logger=record.name)
        try:
            self._socket.sendto(encoded(fields), self._address)
        except BlockingIOError:
            self._lost += 1
            return
        except OSError:
            StandardError().write(f"<{fields['PRIORITY']}>{fields['MESSAGE']}\n")
        self._lost = 0

    def close(self) -> None:
        """Close the socket."""
        super().close()
        with suppress(OSError):
            self._socket.close()


def _datagrams() -> socket.socket:
    if sys.platform == "win32":
        raise OSError("Windows has no journal")
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def entry(event: Mapping[str, Any], *, logger: str) -> dict[str, str]:
    """Return the fields of a log line: the whole as `MESSAGE`, and each key by itself."""
    rest = {
        key: value for key, value in event.items() if key not in {"event", "level", "timestamp"}
    }
    said = str(event.get("event", ""))
    shown = [f"{key}={_shown(value)}" for key, value in rest.items() if key not in _UNSHOWN]
    fields = {
        "MESSAGE": " ".join([said, *shown]),
        "PRIORITY": str(_PRIORITIES.get(str(event.get("level")), _PRIORITIES["info"])),
        "SYSLOG_IDENTIFIER": "ishowtts",
        "LOGGER": logger,
        "EVENT": said,
    }
    if "exception" in rest:
        fields["MESSAGE"] += f"\n{rest['exception']}"
    for key, value in rest.items():
        name = _NAMES.get(key) or re.sub(r"[^A-Z0-9]", "_", key.upper()).lstrip("_0123456789")
        fields.setdefault(name[:64] or "FIELD", _text(value))
    return fields


def encoded(fields: Mapping[str, str]) -> bytes:
    """Return `fields` in the native protocol."""
    parts = []
    for name, value in fields.items():
        data = value[:_MAX_VALUE].encode(errors="backslashreplace")
        length = len(data).to_bytes(8, "little")
        parts.append(
            b"%b\n%b%b\n" % (name.encode(), length, data)
            if b"\n" in data
            else b"%b=%b\n" % (name.encode(), data)
        )
    return b"".join(parts)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(value: object) -> str:
    """Return a value, quoted where it could look like several: chat may have written it."""
    text = _text(value)
    is_one = not isinstance(value, str) or not re.search(r'[\s="]', text)
    return text if is_one else json.dumps(text, ensure_ascii=False)
