"""What a daemon knew is known to the next one."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from bot.app import Daemon
from bot.config import Settings, loads
from bot.store import default_path
from tests.test_daemon import DEADLINE_S, Viewer, is_up, until

pytestmark = pytest.mark.parts

CONFIG = """
channels:
  - name: main
    sources: [{type: ingest}]
    outputs: [{type: wavefile, path: %s, pace: realtime}]
server: {port: 0}
engine: {engines: [tone]}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return loads(CONFIG % (tmp_path / "speech.wav"))


@asynccontextmanager
async def running(settings: Settings, events: Path) -> AsyncIterator[Viewer]:
    daemon = Daemon(settings, events=events)
    task = asyncio.create_task(daemon.run())
    await until(lambda: task.done() or is_up(daemon))
    async with aiohttp.ClientSession(daemon.url) as http:
        viewer = Viewer(http, events)
        async with asyncio.timeout(DEADLINE_S):
            while "open at /api/chat" not in str(await viewer.status()):
                await asyncio.sleep(0.005)
        yield viewer
    task.cancel()
    await asyncio.wait([task])


async def test_a_mute_outlives_the_daemon(settings: Settings, tmp_path: Path) -> None:
    async with running(settings, tmp_path / "1.jsonl") as viewer:
        await viewer.order("!tts mute Viewer1")
        rejected = await viewer.until(await viewer.post("hello"), "rejected")
        assert rejected["reason"] == "muted"
    async with running(settings, tmp_path / "2.jsonl") as viewer:
        rejected = await viewer.until(await viewer.post("hello"), "rejected")
        assert rejected["reason"] == "muted"
        await viewer.order("!tts unmute viewer1")
        await viewer.until(await viewer.post("hello"), "accepted")
    async with running(settings, tmp_path / "3.jsonl") as viewer:
        await viewer.until(await viewer.post("hello"), "accepted")


async def test_what_was_paid_for_is_spoken_after_a_restart(
    settings: Settings, tmp_path: Path
) -> None:
    paid: dict[str, Any] = {"event": {"kind": "cheer", "amount": 100}}
    async with running(settings, tmp_path / "1.jsonl") as viewer:
        spoken = await viewer.post("short", **paid)
        await viewer.until(spoken, "spoken")
        cut = await viewer.post("a message that takes its time " * 8, **paid)
        waiting = await viewer.post("this one waits", **paid)
        unpaid = await viewer.post("nothing paid")
        await viewer.until(cut, "started")
        await viewer.until(unpaid, "queued")
    async with running(settings, tmp_path / "2.jsonl") as viewer:
        await viewer.until(cut, "started")
        await viewer.order("!tts skip")
        await viewer.until(waiting, "spoken")
    async with running(settings, tmp_path / "3.jsonl") as viewer:
        await viewer.until(await viewer.post("hello"), "started")
    lines = (tmp_path / "2.jsonl").read_text().splitlines()
    assert {o["id"] for o in map(msgspec.json.decode, lines) if o["outcome"] == "accepted"} == {
        *(cut, waiting),
    }
    assert not {cut, waiting, spoken} & {
        msgspec.json.decode(line)["id"] for line in (tmp_path / "3.jsonl").read_text().splitlines()
    }


async def test_a_voice_that_was_chosen_outlives_the_daemon(
    settings: Settings, tmp_path: Path
) -> None:
    with_voices = settings.model_copy(
        update={"engine": settings.engine.model_copy(update={"engines": ("tone", "f5")})}
    )
    async with running(with_voices, tmp_path / "1.jsonl") as viewer:
        obeyed = await viewer.until(await viewer.post("!voice bass"), "obeyed")
        assert obeyed["answer"] == "your voice is bass from now on"
    async with running(with_voices, tmp_path / "2.jsonl") as viewer:
        obeyed = await viewer.until(await viewer.post("!voice"), "obeyed")
        assert obeyed["answer"].startswith("your voice is bass; choose from: alto, ")


async def test_what_is_given_up_has_an_end_that_is_told(settings: Settings, tmp_path: Path) -> None:
    paid: dict[str, Any] = {"event": {"kind": "cheer", "amount": 100}}
    async with running(settings, tmp_path / "1.jsonl") as viewer:
        cut = await viewer.post("a message that takes its time " * 8, **paid)
        await viewer.until(cut, "started")
    with closing(sqlite3.connect(default_path())) as database, database:
        database.execute("UPDATE journal SET starts = 3")
    async with running(settings, tmp_path / "2.jsonl") as viewer:
        failed = await viewer.until(cut, "failed")
        assert "ended 3 times" in failed["error"]
    async with running(settings, tmp_path / "3.jsonl") as viewer:
        await viewer.until(await viewer.post("hello"), "spoken")
        assert cut not in (tmp_path / "3.jsonl").read_text(encoding="utf-8")
