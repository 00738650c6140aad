"""What `GET /api/listen` tells a page, and what it refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from bot.config.sections.playback import BrowserSettings
from bot.messages import EventKind, Lane, Picture, WordTime
from bot.outcomes import Continued, Dropped, DropReason, Queued, Spoken, Started
from bot.playback.browser import BrowserOutput
from bot.web.listen import Listen

DEADLINE_S = 20
CDN = "https://pictures.example"
FIELDS: Mapping[str, Any] = {"channel": "main", "chatter": "<b>viewer</b>", "at": 1.0}


def started(identity: str = "m1", **fields: Any) -> Started:  # noqa: ANN401 - any of its fields
    values = {
        "engine": "tone",
        "text": "hello there",
        "requested_at": 1.0,
        "first_chunk_at": 1.0,
        "words": (WordTime("hello", 0.0, 0.4),),
        "voice": "heart",
    }
    return Started(id=identity, **FIELDS, **{**values, **fields})


def spoken(identity: str = "m1") -> Spoken:
    return Spoken(id=identity, **FIELDS, engines=("tone",), audio_s=1, synthesis_s=1)


class Socket:
    """A page's end."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            message = await self.socket.receive()
        assert message.type is WSMsgType.TEXT, message
        told: dict[str, Any] = json.loads(message.data)
        return told

    async def until(self, kind: str) -> dict[str, Any]:
        while (told := await self.next())["type"] != kind:
            pass
        return told

    async def is_closed(self) -> bool:
        async with asyncio.timeout(DEADLINE_S):
            while (await self.socket.receive()).type is WSMsgType.TEXT:
                pass
        return self.socket.closed


@asynccontextmanager
async def served(listen: Listen) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    app.add_routes(listen.routes)
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(TestClient(TestServer(app)))


def output(name: str = "browser") -> BrowserOutput:
    return BrowserOutput(BrowserSettings(type="browser", name=name), fade_s=0.005)


async def test_a_page_is_told_what_is_spoken() -> None:
    listen = Listen({"main": [output()], "other": []}, picture_hosts=[CDN])
    async with served(listen) as client:
        page = Socket(await client.ws_connect("/api/listen"))
        assert await page.until("state") == {
            "type": "state",
            "sample_rate_hz": 24_000,
            "is_muted": False,
        }
        pictures = (
            Picture(name="Kappa", address=f"{CDN}/1"),
            Picture(name="x", address="https://other.example/1"),
            Picture(name="x", address="https://pictures.example.evil.example/1"),
            Picture(name="x", address=f"{CDN}@evil.example/1"),
            Picture(name="x", address=f"{CDN}/{'x' * 500}"),
            Picture(name="x", address="https://[broken"),
        )
        listen.observe(started(event=EventKind.CHEER, amount=5, unit="", pictures=pictures))
        listen.observe(
            Continued(id="m1", **FIELDS, words=(WordTime("there", 0.5, 0.9, is_exact=True),))
        )
        listen.observe(Queued(id="m2", **FIELDS, lane=Lane.REST, pending=1))
        listen.observe(Dropped(id="m2", **FIELDS, reason=DropReason.FULL))
        listen.observe(spoken())

        told = await page.next()
        assert told.pop("at") > 0
        assert told == {
            "type": "started",
            "id": "m1",
            "name": "<b>viewer</b>",
            "text": "hello there",
            "words": [["hello", 0.0, 0.4]],
            "voice": "heart",
            "event": "cheer",
            "amount": 5,
            "unit": "",
            "emotes": [["Kappa", f"{CDN}/1"]],
        }
        assert await page.next() == {"type": "words", "id": "m1", "words": [["there", 0.5, 0.9]]}
        assert await page.next() == {"type": "ended", "id": "m1", "outcome": "spoken"}


async def test_a_page_that_comes_in_the_middle_is_told_all_of_it() -> None:
    listen = Listen({"main": []})
    async with served(listen) as client:
        listen.observe(started())
        listen.observe(Continued(id="m1", **FIELDS, words=(WordTime("there", 0.5, 0.9),)))
        page = Socket(await client.ws_connect("/api/listen?channel=main&audio=0"))
        told = await page.next()
        assert [word[0] for word in told["words"]] == ["hello", "there"]
        assert (await page.next())["sample_rate_hz"] == 0  # the channel has no browser output


async def test_channels_that_share_an_output_are_shown_together_and_others_are_not() -> None:
    shared = output()
    listen = Listen({"main": [shared], "second": [shared], "third": [output("own")]})
    async with served(listen) as client:
        page = Socket(await client.ws_connect("/api/listen?channel=second"))
        other = Socket(await client.ws_connect("/api/listen?channel=third&output=own"))
        await page.until("state")
        await other.until("state")
        listen.observe(started())
        assert (await page.next())["id"] == "m1"
        await other.socket.send_str('{"type":"ping","t":5}')
        pong = await other.next()  # and nothing before
        assert (pong["type"], pong["t"]) == ("pong", 5)


async def test_reports_make_the_output_available() -> None:
    place = output()
    listen = Listen({"main": [place]})
    async with served(listen) as client:
        page = await client.ws_connect("/api/listen")
        await page.send_str('{"type":"report","is_running":true,"wanted_ms":120}')
        async with asyncio.timeout(DEADLINE_S):
            await place.wait_until_available()
        assert place.delay_s == 0.12
        assert place.state == "1 page plays"
        await page.close()
        async with asyncio.timeout(DEADLINE_S):
            while place.is_available:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "said",
    [
        *("nonsense", "[]", '{"type":"other"}', '{"type":"report"}', '{"type":"ping","t":"x"}'),
        '{"type":"report","is_running":true,"wanted_ms":-1}',
        '{"type":"report","is_running":true,"late_ms":1e300}',
        "[" * 1000,
        '{"type":"ping","t":1,"x":"' + "x" * 2000 + '"}',
    ],
)
async def test_what_a_page_never_says_ends_its_connection(said: str) -> None:
    listen = Listen({"main": [output()]})
    async with served(listen) as client:
        page = Socket(await client.ws_connect("/api/listen"))
        await page.socket.send_str(said)
        assert await page.is_closed()


async def test_a_page_that_talks_too_much_is_cut_off() -> None:
    async with served(Listen({"main": []})) as client:
        page = Socket(await client.ws_connect("/api/listen"))
        for _ in range(100):
            await page.socket.send_str('{"type":"ping","t":1}')
        assert await page.is_closed()


@pytest.mark.parametrize(
    ("query", "status"),
    [("channel=nowhere", 404), ("output=nowhere", 404), ("audio=perhaps", 400), ("x=1", 400)],
)
async def test_what_is_not_there_is_refused(query: str, status: int) -> None:
    async with served(Listen({"main": [output()]})) as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(f"/api/listen?{query}")
    assert refused.value.status == status
