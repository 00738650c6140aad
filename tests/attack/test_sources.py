"""The fault of one source ends neither the others nor the daemon."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.config.sections.sources import ReplaySettings, TwitchIrcSettings
from bot.errors import StartError, TransientError
from bot.runtime.concurrency.backoff import Backoff
from bot.runtime.concurrency.reconnect import ReconnectLoop
from bot.sources import create
from bot.sources.emote_names import EmoteNames
from bot.sources.supervision import keep_reading
from bot.sources.twitch_irc import TwitchIrcSource
from tests.sources.test_emote_names import Services
from tests.twitch_server import TwitchServer, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from bot.messages import SourceItem

NESTED = "[" * 500_000


async def nap(_: float) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("error", [ValueError("x"), RecursionError(), OSError(28, "full")])
async def test_a_mistake_costs_a_connection_and_no_more(error: Exception) -> None:
    tries = 0
    over = asyncio.Event()

    async def connect() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise error
        over.set()
        raise TransientError("it was lost")

    reasons: list[str] = []
    loop = ReconnectLoop(lambda reason, _: reasons.append(reason), sleep=nap)
    with capture_logs() as logs:
        task = asyncio.create_task(loop.run(connect))
        await asyncio.wait_for(over.wait(), 120)
        task.cancel()

    assert reasons[0] == f"a mistake of this program ({type(error).__name__})"
    assert logs[0]["event"] == "connection failed"


async def test_a_source_that_can_never_work_is_told_also_from_a_group() -> None:
    class Never:
        name = "never"
        state = "x"

        async def run(self, _: object) -> None:
            async def fail() -> None:
                raise StartError("two of them")

            async with asyncio.TaskGroup() as group:
                group.create_task(fail())

    async def deliver(_: SourceItem) -> None:
        pass

    with pytest.raises(StartError, match="two of them"):
        await keep_reading(Never(), deliver)


async def test_chat_is_read_on_after_a_message_that_breaks_the_daemon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = TwitchServer()
    await server.start()
    server.use(monkeypatch)
    server.add_user("streamer")
    settings = TwitchIrcSettings(type="twitch_irc", channel="streamer", emotes=())
    source = TwitchIrcSource(settings, "main", backoff=Backoff(shortest_s=0.01))
    taken: list[SourceItem] = []

    async def deliver(item: SourceItem) -> None:
        if not taken:
            taken.append(item)
            raise ZeroDivisionError
        taken.append(item)

    task = asyncio.create_task(keep_reading(source, deliver))
    try:
        for count in (1, 2):
            await eventually(lambda: server.listeners["streamer"], "reader")
            await server.chat("streamer", f"message {count}", eventsub=False)
            await eventually(lambda: len(taken) >= count or task.done(), "message")  # noqa: B023
            assert not task.done()
            if count == 1:
                await eventually(lambda: not server.listeners["streamer"], "loss")
    finally:
        task.cancel()
        await asyncio.wait({task})
        await server.close()


async def test_a_recording_that_breaks_off_is_over_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    value = {"author": {"name": "v"}, "text": "hello", "id": "m1", "at": 0}
    line = json.dumps(value).encode() + b"\n"
    os.mkfifo(path)
    source = create(ReplaySettings(type="replay", path=path, speed=0), "main")
    taken: list[SourceItem] = []

    async def deliver(item: SourceItem) -> None:
        taken.append(item)

    def write() -> None:
        with path.open("wb") as file:
            try:
                file.write(line)
                for _ in range(400):  # a line that does not end
                    file.write(b"x" * 262_144)
            except BrokenPipeError:
                pass

    writing = asyncio.create_task(asyncio.to_thread(write))
    with capture_logs() as logs:
        await asyncio.wait_for(keep_reading(source, deliver), 120)
    await writing

    assert len(taken) == 1, logs
    assert "recording broke off" in [entry["event"] for entry in logs]
    assert source.state.startswith("ended")


@pytest.mark.parametrize("place", ["service", "disk"])
async def test_a_list_of_emotes_that_is_a_bomb_costs_that_list(tmp_path: Path, place: str) -> None:
    services = Services()
    await services.start()
    bomb = "/bttv/3/cached/emotes/global"
    if place == "service":
        services.answers[bomb] = NESTED
    else:
        for name in ("bttv-3-cached-emotes-global.json", "ffz-v1-set-global.json"):
            (tmp_path / name).write_text(NESTED)
    is_over = asyncio.Event()

    async def sleep(_: float) -> None:
        is_over.set()
        await asyncio.Event().wait()

    names = EmoteNames(("bttv", "ffz", "7tv"), folder=tmp_path, urls=services.urls, sleep=sleep)
    task = asyncio.create_task(names.keep_fresh("1000"))
    await eventually(lambda: is_over.is_set() or task.done(), "all lists")
    assert not task.done()
    task.cancel()
    await services.close()

    assert names.ranges("LULW peepoHappy")
    assert bool(names.ranges("FeelsGoodMan")) == (place == "disk")
