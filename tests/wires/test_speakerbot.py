"""Speaker.bot's wires, by real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import Daemon
from bot.config.sections.server import ServerSettings
from bot.config.sections.wires import SpeakerbotWireSettings
from bot.server import tokens
from bot.wires.speakerbot import SpeakerbotWire

DEADLINE_S = 60


@pytest.fixture
def wire(daemon: Daemon) -> SpeakerbotWire:
    assert daemon.wires.speakerbot is not None
    return daemon.wires.speakerbot


@pytest.fixture
async def ws(wire: SpeakerbotWire) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"ws://127.0.0.1:{wire.port}/"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as ws:
        yield ws


async def ask(ws: aiohttp.ClientWebSocketResponse, name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    await ws.send_json({"id": name, "request": name, **more})
    answer: dict[str, Any] = await ws.receive_json(timeout=DEADLINE_S)
    assert answer.pop("id") == name
    return answer


async def test_speak_is_answered_with_its_duration(ws: aiohttp.ClientWebSocketResponse) -> None:
    answer = await ask(ws, "Speak", voice="", message="hello there", badWordFilter=True)

    assert answer["status"] == "ok"
    assert answer["duration"] > 300


async def test_blocked_words_are_kept_out_although_it_asks(
    ws: aiohttp.ClientWebSocketResponse,
) -> None:
    answer = await ask(ws, "Speak", message="you vileslur", badWordFilter=False)

    assert answer["status"] == "error"


async def test_a_clear_drops_what_a_pause_holds(ws: aiohttp.ClientWebSocketResponse) -> None:
    assert (await ask(ws, "Pause"))["status"] == "ok"
    await ws.send_json({"id": "held", "request": "Speak", "message": "hello"})
    assert (await ask(ws, "Mode", mode="all"))["status"] == "error"  # answered past the speech
    answers: dict[str, Any] = {}
    async with asyncio.timeout(DEADLINE_S):
        while "held" not in answers:
            await ws.send_json({"id": "clear", "request": "Clear"})
            answer = await ws.receive_json()
            answers[answer["id"]] = answer

    assert "cleared" in answers["held"]["error"]


async def test_off_refuses_and_on_speaks_again(ws: aiohttp.ClientWebSocketResponse) -> None:
    await ask(ws, "Disable")
    assert (await ask(ws, "Speak", message="hello"))["status"] == "error"
    await ask(ws, "Enable")
    assert (await ask(ws, "Speak", message="hello"))["status"] == "ok"


@pytest.mark.parametrize("text", ["[]", "nothing", '{"request": 5}', '{"request": "Dance"}'])
async def test_nonsense_is_answered(ws: aiohttp.ClientWebSocketResponse, text: str) -> None:
    await ws.send_str(text)

    assert (await ws.receive_json(timeout=DEADLINE_S))["status"] == "error"


async def test_a_page_of_the_internet_is_refused(wire: SpeakerbotWire) -> None:
    url = f"ws://127.0.0.1:{wire.port}/"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(url, origin="https://example.org")

    assert caught.value.status == 403


async def test_what_was_asked_is_done_where_the_caller_closes_at_once(
    daemon: Daemon, wire: SpeakerbotWire
) -> None:
    channel = daemon.channels["main"]
    async with aiohttp.ClientSession() as http:
        for requests in (["Pause"], ["Speak", "Speak"]):
            async with http.ws_connect(f"ws://127.0.0.1:{wire.port}/") as ws:
                for name in requests:
                    await ws.send_json({"id": "1", "request": name, "message": "hello"})
    async with asyncio.timeout(DEADLINE_S):
        while not channel.state.is_paused or channel.state.pending < 2:
            await asyncio.sleep(0.01)


async def test_a_datagram_is_obeyed(daemon: Daemon, wire: SpeakerbotWire) -> None:
    channel = next(iter(daemon.channels.values()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"\xff" * 100, ("127.0.0.1", wire.udp_port))
        udp.sendto(json.dumps({"command": "Pause"}).encode(), ("127.0.0.1", wire.udp_port))
        async with asyncio.timeout(DEADLINE_S):
            while not channel.state.is_paused:
                await asyncio.sleep(0.01)


async def test_a_datagram_from_elsewhere_needs_a_moderator_s_token(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    viewer, moderator = (tokens.make(tokens.default_path(), r) for r in ("viewer", "moderator"))
    channel = daemon.channels["main"]
    lan = SpeakerbotWire(
        SpeakerbotWireSettings(host="0.0.0.0"),
        ServerSettings(),
        channel=channel,
        name="main",
        speech=daemon.wires.speech,
        default_voice="heart",
        known_voices=None,
    )
    for token in ({}, {"token": "wrong"}, {"token": viewer}, {"token": 1}):
        lan.receive(json.dumps({"command": "Pause", **token}).encode())
    await asyncio.sleep(0)
    assert not channel.state.is_paused

    lan.receive(json.dumps({"command": "Pause", "token": moderator}).encode())
    async with asyncio.timeout(DEADLINE_S):
        while not channel.state.is_paused:
            await asyncio.sleep(0.01)
