"""Files of lines, and what is read aside: torn, full, stuck and endless ones."""

import asyncio
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.errors import StartError
from bot.observers.event_file import EventFile
from bot.runtime.concurrency.aside import iterate_aside
from bot.runtime.files.line_file import LineFile
from bot.sources.recording import Recorder
from tests.attack.conftest import Disk
from tests.conftest import wait_until

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

_DEADLINE_S = 120
FILES: dict[str, Callable[[Path], Any]] = {"events": EventFile, "record": Recorder}


@pytest.mark.parametrize("kind", FILES)
def test_a_pipe_without_a_reader_is_told_at_the_start(tmp_path: Path, kind: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StartError, match="nobody reads this pipe"):
        FILES[kind](pipe)


@pytest.mark.parametrize("kind", FILES)
def test_nobody_else_may_read_what_chat_wrote(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    before = os.umask(0o000)
    try:
        with FILES[kind](path):
            pass
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_that_are_torn_by_a_full_disk_spoil_no_other(disk: Disk) -> None:
    path = disk.folder / "lines"
    with capture_logs() as logs:
        file = LineFile(path)
        file.write(b"first")
        wait_until(lambda: path.read_bytes() == b"first\n", "line")
        disk.fill()
        file.write(b"x" * 100_000)
        wait_until(lambda: file.lost == 1, "loss")
        disk.free()
        file.write(b"last")
        file.close()

    first, torn, last = path.read_bytes().splitlines()
    assert (first, last) == (b"first", b"last")
    assert set(torn) <= set(b"x")
    assert logs[-1]["count"] == 1


def test_what_a_reader_leaves_is_dropped_and_counted(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with capture_logs() as logs:
        file = LineFile(pipe)
        begun = time.monotonic()
        for _ in range(30_000):
            file.write(b"x" * 100)
        file.close()
        assert time.monotonic() - begun < _DEADLINE_S
    os.close(reader)

    assert file.lost > 15_000
    assert logs[-1]["event"] == "lines lost"
    assert logs[-1]["reason"] == "nobody takes them"


def test_a_terminal_that_stands_still_is_waited_for() -> None:
    reader, terminal = os.openpty()
    try:
        os.set_blocking(terminal, False)
        with suppress(BlockingIOError):
            while True:
                os.write(terminal, b"-" * 1_000)
        file = LineFile(Path(os.ttyname(terminal)))
        file.write(b"first")
        file.write(b"last")
        wait_until(lambda: file._background.waiting < 2, "line in hand")
        read = b""
        while b"last" not in read:
            assert select.select([reader], [], [], _DEADLINE_S)[0]
            read += os.read(reader, 1 << 16)
        file.close()
    finally:
        os.close(terminal)
        os.close(reader)

    assert read.split(b"-")[-1].split() == [b"first", b"last"]
    assert file.lost == 0


async def test_what_is_read_aside_stops_when_nobody_takes_it() -> None:
    given = 0

    def endless() -> Iterator[int]:
        nonlocal given
        while True:
            given += 1
            yield given

    items = iterate_aside(endless, "endless")
    assert [await anext(items) for _ in range(3)] == [1, 2, 3]
    del items  # nobody takes more
    await asyncio.sleep(0)
    assert given < 100


async def test_a_fault_of_what_is_read_aside_is_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    items = iterate_aside(broken, "broken")
    assert await anext(items) == 1
    with pytest.raises(OSError, match="gone"):
        await anext(items)
