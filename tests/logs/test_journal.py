"""Log lines as fields of the journal, on a socket as journald has one."""

import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.logs import journal
from bot.logs.journal import JournalHandler, encoded, entry


def test_a_line_becomes_fields() -> None:
    event = {
        "event": "speaking",
        "level": "warning",
        "channel": "main",
        "utterance_id": "m1",
        "text": 'hi" engine="x',
        "ahead_s": 1.5,
        "_PID": "1",
    }

    fields = entry(event, logger="bot.x")

    assert fields == {
        "MESSAGE": r'speaking channel=main text="hi\" engine=\"x" ahead_s=1.5 _PID=1',
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "ishowtts",
        "LOGGER": "bot.x",
        "EVENT": "speaking",
        "CHANNEL": "main",
        "UTTERANCE_ID": "m1",
        "TEXT": 'hi" engine="x',
        "AHEAD_S": "1.5",
        "PID": "1",  # the journal trusts names that begin with _
    }


def test_a_field_cannot_take_the_place_of_the_journals_own() -> None:
    fields = entry({"event": "said", "level": "info", "priority": "0", "message": "x"}, logger="")

    assert (fields["PRIORITY"], fields["MESSAGE"]) == ("6", "said priority=0 message=x")


def test_a_value_cannot_end_its_field() -> None:
    data = encoded({"TEXT": "a\nPRIORITY=0", "CHANNEL": "main"})

    assert data == b"TEXT\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\nCHANNEL=main\n"


RECORD = logging.makeLogRecord({"msg": "hello", "name": "bot.x"})


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[JournalHandler]:
    handler = JournalHandler(tmp_path / "socket")
    handler.setFormatter(logging.Formatter('{"event": "%(message)s", "level": "error"}'))
    yield handler
    handler.close()


def test_what_the_journal_does_not_take_is_counted(handler: JournalHandler, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.settimeout(0)
        for _ in range(20_000):  # more than any queue holds
            handler.emit(RECORD)
        heard = [*iter(lambda: _receive(listener), b"")]
        handler.emit(RECORD)
        late = _receive(listener)
        handler.emit(RECORD)
        last = _receive(listener)

    assert f"\nLOST_LINES={20_000 - len(heard)}\n".encode() in late
    assert b"LOST" not in last


def test_without_its_socket_lines_go_to_the_journal_without_fields(
    handler: JournalHandler, capfd: pytest.CaptureFixture[str]
) -> None:
    handler.emit(RECORD)

    assert capfd.readouterr().err == "<3>hello\n"


def _receive(listener: socket.socket) -> bytes:
    try:
        return listener.recv(4096)
    except BlockingIOError:
        return b""


def test_the_journal_is_known_by_its_stream(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "stderr").open("w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        here = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{here.st_dev}:{here.st_ino}")
        assert journal.is_connected()
        monkeypatch.setenv("JOURNAL_STREAM", f"{here.st_dev}:{here.st_ino + 1}")
        assert not journal.is_connected()
