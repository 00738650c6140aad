from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from io import FileIO
from typing import TYPE_CHECKING

import pytest

from bot.config.sections.sources import ConsoleSettings
from bot.messages import Role
from bot.sources.console import MAX_LINE_BYTES, ConsoleSource, split_lines

pytestmark = pytest.mark.parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sources.conftest import Inbox, Running

SETTINGS = ConsoleSettings(type="console")
DAEMON = """
import asyncio, sys
from bot.config.sections.sources import ConsoleSettings
from bot.sources import create

async def main() -> None:
    # -X dev would tell on stderr of each step that a busy machine held up for a tenth of a second.
    asyncio.get_running_loop().slow_callback_duration = float("inf")
    delivered = asyncio.Event()
    async def deliver(item):
        print(ascii(item.text), flush=True)
        delivered.set()
    source = create(ConsoleSettings(type="console"), "main")
    task = asyncio.create_task(source.run(deliver))
    {then}

asyncio.run(main())
print("over", flush=True)
"""


@pytest.fixture
def pipe() -> Iterator[tuple[FileIO, FileIO]]:
    """A pipe: where to write, and the stream to read."""
    reading, writing = os.pipe()
    with FileIO(reading, "rb") as stream, FileIO(writing, "wb") as end:
        yield end, stream


async def test_lines_are_the_broadcasters(
    pipe: tuple[FileIO, FileIO], inbox: Inbox, running: Running
) -> None:
    writing, stream = pipe
    source = ConsoleSource(SETTINGS, "main", stream=stream)
    async with running(source):
        writing.write("hello\r\n\n   \nzo\u00eb \U0001f600\n".encode() + b"caf\xe9\0\n")
        messages = [await inbox.next_message() for _ in range(3)]

    assert [message.text for message in messages] == ["hello", "zo\u00eb \U0001f600", "caf\ufffd\0"]
    assert {message.chatter.name for message in messages} == {"console"}
    assert messages[0].chatter.roles == {Role.BROADCASTER}
    assert (messages[0].channel, messages[0].source) == ("main", "console")
    assert len({message.id for message in messages}) == 3


async def test_the_end_of_the_input_is_the_end(pipe: tuple[FileIO, FileIO], inbox: Inbox) -> None:
    writing, stream = pipe
    source = ConsoleSource(SETTINGS, "main", stream=stream)
    writing.write(b"first\nlast, without line end")
    task = asyncio.create_task(source.run(inbox.deliver))
    assert source.state == "open"
    first = await inbox.next_message()
    writing.close()
    await task

    assert (first.text, (await inbox.next_message()).text) == ("first", "last, without line end")
    assert source.state == "closed"


class Pieces:
    """A stream that gives what it was given, piece by piece."""

    def __init__(self, *pieces: bytes | None) -> None:
        self._pieces = iter(pieces)

    def read(self, _size: int, /) -> bytes | None:
        return next(self._pieces, b"")


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ((b"a\nb", b"c\n", b"\n"), ["a", "bc", ""]),
        ((b"x" * MAX_LINE_BYTES, b"y" * 70_000, b"z\nnext\n"), ["x" * MAX_LINE_BYTES, "next"]),
        ((b"x" * 70_000 + b"\nnext",), ["x" * MAX_LINE_BYTES, "next"]),
        ((b"\xc3", b"\xab\n"), ["\u00eb"]),
        ((None, b"never"), []),
        ((), []),
    ],
)
def test_lines_are_cut(pieces: tuple[bytes | None, ...], lines: list[str]) -> None:
    assert list(split_lines(Pieces(*pieces))) == lines


def start(then: str, stdin: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", DAEMON.format(then=then)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def type_line(process: subprocess.Popen[str]) -> None:
    """Type a line; return when the daemon has it and reads on."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("line\n")
    assert process.stdout.readline() == "'line'\n"


def rest(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Return what else a process printed that has ended."""
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.read(), process.stderr.read()


def test_a_read_that_never_returns_does_not_keep_the_process() -> None:
    with start("await delivered.wait()", subprocess.PIPE) as process:
        type_line(process)

        assert process.wait(timeout=120) == 0
        assert rest(process) == ("over\n", "")


def test_without_an_input_the_daemon_goes_on() -> None:
    with start("await task", subprocess.DEVNULL) as process:
        assert process.communicate(timeout=120) == ("over\n", "")
        assert process.returncode == 0


def test_more_lines_than_are_wanted_stay_in_the_pipe() -> None:
    with start("await task", subprocess.PIPE) as process:
        out, err = process.communicate("line\n" * 10_000, timeout=120)

        assert (out.count("'line'"), err) == (10_000, "")


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_a_signal_ends_it_while_it_reads() -> None:
    with start("await task", subprocess.PIPE) as process:
        type_line(process)
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=120) == -signal.SIGTERM
        assert rest(process) == ("", "")
