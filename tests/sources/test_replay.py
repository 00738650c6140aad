from __future__ import annotations

import asyncio
import functools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.config.sections.sources import ReplaySettings
from bot.errors import StartError
from bot.messages import BlockedTerms, ChatItem, ChatMessage, Chatter, Command, Purge, SourceItem
from bot.sources import Origin, create
from bot.sources.chat_json import dump_item, loads, read_item
from bot.sources.recording import Recorder
from bot.sources.replay import MAX_LINE_BYTES, ReplaySource
from tests.conftest import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

from tests.sources.conftest import Eventually, Inbox

RECORDING = Path(__file__).parents[1] / "data" / "recording.jsonl"
LINES = RECORDING.read_text("utf-8").splitlines()


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def now(self) -> float:
        return self.now_s

    async def sleep(self, duration_s: float) -> None:
        self.now_s += duration_s


def settings(path: Path, speed: float = 1.0) -> ReplaySettings:
    return ReplaySettings(type="replay", path=path, speed=speed)


def read(line: str) -> ChatItem:
    value = loads(line.encode())
    return read_item(value, Origin(value["channel"], "test", 0), new_id="new")


@pytest.mark.parametrize("speed", [1.0, 4.0])
async def test_a_recorded_replay_is_the_same_recording(tmp_path: Path, speed: float) -> None:
    copy = tmp_path / "copy.jsonl"
    time = Time()
    started_at = time.now()

    with Recorder(copy, clock=lambda: started_at + (time.now() - started_at) * speed) as recorder:

        async def deliver(item: SourceItem) -> None:
            recorder.write(item)

        source = ReplaySource(settings(RECORDING, speed), "main", clock=time.now, sleep=time.sleep)
        await source.run(deliver)

    assert time.now() == pytest.approx(started_at + 600 / speed)
    assert [json.loads(line) for line in copy.read_text("utf-8").splitlines()] == [
        json.loads(line) for line in LINES
    ]


async def test_as_fast_as_possible(inbox: Inbox) -> None:
    time = Time()
    source = ReplaySource(settings(RECORDING, 0), "main", clock=time.now, sleep=time.sleep)
    assert source.state == "at line 0"

    await source.run(inbox.deliver)

    assert time.now() == Time().now()
    assert len(inbox.rest()) == len(LINES)
    assert source.state == "ended after line 5"


async def test_what_a_line_does_not_say(tmp_path: Path, inbox: Inbox) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text('{"at": 0, "author": {"name": "viewer1"}, "text": "hello"}\n' * 2)
    source = create(settings(path), "main")

    await source.run(inbox.deliver)

    first, second = inbox.rest()
    assert isinstance(first, ChatMessage)
    assert isinstance(second, ChatMessage)
    assert (first.channel, first.source) == ("main", "replay:chat.jsonl")
    assert (first.id, second.id) == ("main/replay:chat.jsonl/1", "main/replay:chat.jsonl/2")


async def test_a_bad_line_is_reported_by_its_number_and_skipped(
    tmp_path: Path, inbox: Inbox
) -> None:
    path = tmp_path / "chat.jsonl"
    good = '{"at": 0, "author": {"name": "viewer1"}, "text": "hello"}'
    long = json.dumps({"at": 0, "author": {"name": "a"}, "text": "x" * MAX_LINE_BYTES})
    name = json.dumps({"at": 0, "author": {"name": "x" * 60_000}, "text": "hello"})
    lines = ["\ufeff" + good, "", "nonsense", long, '{"at": 0}', '{"text": "a"}', name, good]
    path.write_bytes("\r\n".join(lines).encode("utf-8") + b"\n\xff\xfe\n" + good.encode())

    with capture_logs() as logs:
        await create(settings(path), "main").run(inbox.deliver)

    assert len(inbox.rest()) == 3
    assert [entry["line"] for entry in logs] == [3, 4, 5, 6, 7, 9]
    assert {entry["log_level"] for entry in logs} == {"warning"}
    assert "is longer than" in logs[1]["reason"]
    assert "`author`" in logs[2]["reason"]
    assert "length <= 200 - at `$.author.name`" in logs[4]["reason"]
    assert "is not UTF-8" in logs[5]["reason"]


async def test_a_second_run_in_the_same_file_follows_at_once(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    line: dict[str, Any] = {"author": {"name": "a"}, "text": ""}
    path.write_text("\n".join(json.dumps({**line, "at": at}) for at in (5, 9, 1, 2)))
    time = Time()
    times = []

    async def deliver(item: SourceItem) -> None:
        assert isinstance(item, ChatMessage)
        times.append(item.received_at - 1_000)

    await ReplaySource(settings(path), "main", clock=time.now, sleep=time.sleep).run(deliver)

    assert times == [5, 9, 9, 10]


@pytest.mark.parametrize("speed", [0, 1])
async def test_no_line_is_read_before_the_daemon_has_taken_the_one_before(
    speed: float, eventually: Eventually
) -> None:
    time = Time()
    room = asyncio.Semaphore(0)
    taken: list[ChatItem] = []

    async def deliver(item: SourceItem) -> None:
        await room.acquire()
        assert not isinstance(item, Command | BlockedTerms)  # nobody records these
        taken.append(item)

    source = ReplaySource(settings(RECORDING, speed), "main", clock=time.now, sleep=time.sleep)

    def is_at(state: str) -> bool:
        return source.state == state

    task = asyncio.create_task(source.run(deliver))
    for number in range(1, len(LINES) + 1):
        waiting = f"at line {number}"
        await eventually(functools.partial(is_at, waiting))
        for _ in range(100):
            await asyncio.sleep(0)
        assert (source.state, len(taken)) == (waiting, number - 1)
        room.release()
    await task

    assert [dump_item(item, 0) for item in taken] == [dump_item(read(line), 0) for line in LINES]


def unreadable(folder: Path) -> Iterator[Path]:
    yield folder / "missing.jsonl"
    yield folder
    yield folder / "nul\0.jsonl"
    closed = folder / "closed.jsonl"
    closed.touch(mode=0)
    if not os.access(closed, os.R_OK):  # the superuser may read everything
        yield closed


def test_a_file_that_cannot_be_read_is_a_reason_not_to_start(tmp_path: Path) -> None:
    for path in unreadable(tmp_path):
        with pytest.raises(StartError) as caught:
            create(settings(path), "main")

        assert f"The recording {path} cannot be read: " in caught.value.message
        assert caught.value.remedy


async def test_a_file_that_vanishes_before_it_is_read_is_named(
    tmp_path: Path, inbox: Inbox
) -> None:
    path = tmp_path / "chat.jsonl"
    path.touch()
    source = create(settings(path), "main")
    path.unlink()

    with pytest.raises(StartError, match="No such file"):
        await source.run(inbox.deliver)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, as POSIX has them")
async def test_a_pipe_is_read_from_its_start(tmp_path: Path, inbox: Inbox) -> None:
    path = tmp_path / "chat.jsonl"
    os.mkfifo(path)
    source = create(settings(path, 0), "main")
    copying = await asyncio.create_subprocess_exec("cp", RECORDING, path)
    await source.run(inbox.deliver)

    assert len(inbox.rest()) == len(LINES)
    assert await copying.wait() == 0


def test_a_recording_is_complete_after_each_item_and_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    for run in range(2):
        with Recorder(path) as recorder:
            recorder.write(Purge(channel="main", message_id="m1"))
            wait_until(lambda: path.read_bytes().count(b"\n") == run + 1, "line")  # noqa: B023

    assert path.read_bytes().endswith(b"}\n")


def test_half_an_emoji_can_be_recorded(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    with Recorder(path) as recorder:
        recorder.write(
            ChatMessage(
                id="m1",
                channel="main",
                source="test",
                chatter=Chatter(id="u1", name="\udfff"),
                text="a\ud83d",
                received_at=0,
            )
        )

    assert json.loads(path.read_text("utf-8"))["text"] == "a\ufffd"


def test_a_recording_that_cannot_be_written_is_a_reason_not_to_start(tmp_path: Path) -> None:
    with pytest.raises(StartError) as caught:
        Recorder(tmp_path / "missing" / "chat.jsonl")

    assert "--record" in caught.value.remedy


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, as Linux has it")
def test_a_full_disk_loses_lines_says_so_and_ends_nothing_else() -> None:
    with capture_logs() as logs, Recorder(Path("/dev/full")) as recorder:
        recorder.write(Purge(channel="main"))
        recorder.write(Purge(channel="main"))

    told = [(entry["event"], entry.get("reason")) for entry in logs]
    assert told.count(("line not written", "No space left on device")) == 1
    assert sum(entry.get("count", 0) for entry in logs) == 2
    assert ("lines lost", None) in told
