"""Every listener of the events knows the state as it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web

from bot.runtime.concurrency.waiting import cancel
from bot.state import DaemonState
from bot.web.events import Events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_DEADLINE_S = 30.0


class Daemon:
    """A daemon of which only the engine's name changes."""

    def __init__(self) -> None:
        self.engine = "first"
        self.url = ""

    def state(self) -> DaemonState:
        return DaemonState(engine=self.engine, engines={}, speed=None, outputs={}, channels={})


@pytest.fixture
async def daemon() -> AsyncIterator[Daemon]:
    daemon = Daemon()
    events = Events(daemon.state, {})
    app = web.Application()
    app.add_routes(events.routes)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    daemon.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/events"
    running = asyncio.create_task(events.run())
    yield daemon
    await cancel(running)
    await runner.cleanup()


async def told(socket: ClientWebSocketResponse, engine: str) -> None:
    """Return when the state with this engine is told."""
    async with asyncio.timeout(_DEADLINE_S):
        while (await socket.receive_json())["state"]["engine"] != engine:
            pass


async def test_who_comes_between_two_changes_is_told_of_the_second(daemon: Daemon) -> None:
    async with ClientSession() as http, http.ws_connect(daemon.url) as early:
        await told(early, "first")
        daemon.engine = "second"
        await told(early, "second")
        daemon.engine = "first"
        async with http.ws_connect(daemon.url) as late:
            await told(late, "first")
            daemon.engine = "second"  # which the other one was told last

            await told(late, "second")


async def test_a_state_that_stays_is_told_again(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.events._REMIND_S", 0.0)
    monkeypatch.setattr("bot.web.events._STATE_S", 0.02)
    async with ClientSession() as http, http.ws_connect(daemon.url) as socket:
        for _ in range(3):  # the first one is that of who comes, the second one of a change
            await told(socket, "first")
