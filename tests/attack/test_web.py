"""Attacks on the pages and the API of a daemon that runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import aiohttp
import pytest
from yarl import URL

from bot.messages import Chatter, Lane, Utterance
from bot.runtime.clock import now
from bot.server import tokens
from tests.web.conftest import configured_daemon
from tests.web.test_api import ends, events_until, is_

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.web.conftest import Api

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

_FLOOD = 2_000


@pytest.fixture
async def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with configured_daemon(tmp_path, monkeypatch) as api:
        yield api


PATHS = [
    "/static/../../../etc/passwd",
    "/static/%2e%2e/%2e%2e/config.yaml",
    "/static/..%2f..%2fbot/app.py",
    "/static//etc/passwd",
    "/static/dashboard/../../web/pages.py",
    "/static/dashboard%00.html",
    "/static/" + "a/" * 3000,
    "/static",
    "/static/",
    "/overlay/../config.yaml",
    "//etc/passwd",
]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
async def test_no_path_leads_out_of_the_pages(api: Api, path: str) -> None:
    host = URL(api.daemon.url)
    reader, writer = await asyncio.open_connection(host.host, host.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()

    assert answer.split()[1] in (b"400", b"404")
    assert b"root:" not in answer
    assert b"import" not in answer


ORIGINS = ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://"]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", ["/api/events", "/api/queue", "/api/settings", "/"])
async def test_pages_of_others_reach_nothing(api: Api, path: str, origin: str) -> None:
    async with api.http.get(path, headers={"Origin": origin}) as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await api.http.ws_connect("/api/events", origin=origin)


async def test_a_name_that_was_bound_anew_reaches_nothing(api: Api) -> None:
    port = URL(api.daemon.url).port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "[::2]", ""):
        async with api.http.get("/api/status", headers={"Host": host}) as answer:
            assert answer.status in (400, 403)


MODERATORS = [
    ("POST", "/api/command"),
    ("POST", "/api/panic"),
    ("GET", "/api/queue"),
    ("GET", "/api/events"),
    ("GET", "/api/chatters"),
    ("POST", "/api/chat"),
    ("GET", "/api/say"),
]
STREAMERS = [
    ("GET", "/api/settings"),
    ("PATCH", "/api/settings"),
    ("POST", "/api/voices"),
    ("DELETE", "/api/voices/heart"),
    ("POST", "/api/setup"),
    ("POST", "/api/restart"),
    ("GET", "/api/log"),
]


async def test_a_token_opens_what_its_role_may_and_nothing_else(api: Api) -> None:
    path = tokens.default_path()
    viewer, moderator = tokens.make(path, "viewer"), tokens.make(path, "moderator")
    for token, calls in ((viewer, [*MODERATORS, *STREAMERS]), (moderator, STREAMERS)):
        for method, place in calls:
            for query, headers in (
                ({"token": token}, {}),
                ({}, {"Authorization": f"Bearer {token}"}),
            ):
                async with api.http.request(method, place, params=query, headers=headers) as answer:
                    assert answer.status == 403, place


async def test_a_listener_that_sends_frames_is_closed(api: Api) -> None:
    for message in ("x" * 2000, "hello", b"hello"):
        async with api.http.ws_connect("/api/events") as events:
            sent = events.send_bytes if isinstance(message, bytes) else events.send_str
            await sent(message)  # type: ignore[arg-type]
            while not events.closed:
                await events.receive(timeout=30)
    assert (await api.get("/api/whoami"))["role"] == "streamer"


async def test_markup_is_passed_on_as_text(api: Api) -> None:
    name = "<img src=x onerror=alert(1)>"
    async with api.http.ws_connect("/api/events") as events:
        await api.say("hello there", name)
        got = await events_until(events, ends(1))
    (started,) = [event for event in got if is_(event, "started")]

    assert started["chatter"] == name
    async with api.http.get("/api/history") as answer:
        assert answer.content_type == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def utterance() -> Utterance:
    return Utterance(
        id=uuid4().hex,
        channel="main",
        chatter=Chatter(id="own", name="own"),
        prefix="",
        body="hello there",
        voice="heart",
        lane=Lane.REST,
        received_at=now(),
    )


async def flood(host: str, port: int, requests: int) -> dict[str, int]:
    """Send requests as fast as they go on one connection after the other; count the answers."""
    counts: dict[str, int] = {}
    line = b"GET /api/whoami HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    sent = 0
    while sent < requests:
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            counts["refused"] = counts.get("refused", 0) + 1
            sent += 1
            continue
        try:
            writer.write(line * 50)  # pipelined
            sent += 50
            for _ in range(50):
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r")[0])
                await reader.readexactly(length)
                status = head.split()[1].decode()
                counts[status] = counts.get(status, 0) + 1
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            counts["closed"] = counts.get("closed", 0) + 1
        finally:
            writer.close()
    return counts


@pytest.mark.long
async def test_a_flood_from_elsewhere_holds_up_no_speech_and_no_panic(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.server.guard.origin_of", lambda _: "192.0.2.1")
    host = URL(api.daemon.url)
    assert host.host is not None
    assert host.port is not None
    async with api.http.ws_connect("/api/events") as events:
        async with asyncio.timeout(120):
            floods = [
                asyncio.create_task(flood(host.host, host.port, _FLOOD // 20)) for _ in range(20)
            ]
            await asyncio.sleep(0)
            said = api.daemon.channels["main"]
            while not all(task.done() for task in floods):
                await asyncio.sleep(0.02)
                if not said.backlog and said.speaker.speaking is None:
                    said.intake.say(utterance())
            counts: dict[str, int] = {}
            for task in floods:
                for status, count in task.result().items():
                    counts[status] = counts.get(status, 0) + count
        got = await events_until(events, ends(1))

    assert counts["429"] > counts["200"]
    assert (await api.post("/api/panic", {}))[0] == 200  # another address has a rate of its own
    assert "500" not in counts
    assert any(is_(event, "spoken") for event in got)
