"""Callers of the HTTP server that mean harm: floods, slow ones, and those that speak no HTTP."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from bot.config.sections.server import ServerSettings
from bot.server import Server
from bot.server.connections import MAX_CONNECTIONS, MAX_FROM_ADDRESS, origin_of
from tests.conftest import wait_until

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

DEADLINE_S = 120
HOST = b"Host: 127.0.0.1\r\n"
REFUSED = {
    "nothing there": b"GET /%d HTTP/1.1\r\n" + HOST + b"\r\n",
    "another machine's name": b"GET /api/status HTTP/1.1\r\nHost: x%d.example\r\n\r\n",
    "another page": b"GET /api/status HTTP/1.1\r\n" + HOST + b"Origin: http://x%d.example\r\n\r\n",
    "another method": b"PUT /api/status?%d HTTP/1.1\r\n" + HOST + b"\r\n",
    "no JSON": b"POST /api/chat?%d HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\nx",
    "broken JSON": b"POST /api/chat?%d HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{",
}
NO_HTTP = {
    "nonsense": b"nonsense\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(200),
    "another version": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "a long line": b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 1000 + b"\r\n",
    "a line feed in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: y\n z\x00\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n" * 2 + b"\r\nx",
    "a negative length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "length and chunks": b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a name without end": b"GET /%00%ff/../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT example.org:443 HTTP/1.1\r\n" + HOST + b"\r\n",
}


async def look(_request: web.Request) -> web.Response:
    return web.json_response({})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    settings = ServerSettings.model_validate({"port": 0, "host": "0.0.0.0", "token": "t" * 20})
    async with Server(settings, [web.get("/look", look), web.post("/look", look)]) as server:
        yield server


async def exchange(port: int, data: bytes) -> bytes:
    """Return all that the server answers until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("name", NO_HTTP)
async def test_no_answer_tells_what_serves(server: Server, name: str) -> None:
    answer = await exchange(server.bound_port, NO_HTTP[name])

    assert re.match(rb"HTTP/1.. 4|$", answer)
    assert not re.search(rb"aiohttp|python|traceback", answer, re.IGNORECASE)


SLOW = {
    "silent": (b"", b""),
    "half a request line": (b"GET /lo", b""),
    "a header without end": (b"GET /look HTTP/1.1\r\n" + HOST, b"X-%d: y\r\n"),
    "one letter at a time": (b"GET /", b"x"),
}


@pytest.mark.parametrize("name", SLOW)
async def test_a_request_that_does_not_come_is_not_waited_for(server: Server, name: str) -> None:
    first, rest = SLOW[name]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.bound_port)
    writer.write(first)
    number = 0
    async with asyncio.timeout(DEADLINE_S):
        while not reader.at_eof():
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(0.2):
                    await reader.read(1)
            if rest:
                number += 1
                with suppress(ConnectionError):
                    writer.write(rest % number if b"%" in rest else rest)
    writer.close()


def test_callers_are_told_apart_by_where_they_come_from() -> None:
    assert origin_of(("192.168.1.7", 80)) == "192.168.1.7"
    assert origin_of(("::ffff:192.168.1.7", 80, 0, 0)) == "192.168.1.7"
    assert origin_of(("2001:db8::1", 80, 0, 0)) == origin_of(("2001:db8::2:1", 80, 0, 0))
    assert origin_of(("fe80::1%eth0", 80, 0, 2)) != ""
    assert origin_of(("127.8.8.8", 80)) == origin_of(("::1", 80, 0, 0)) == ""
    assert origin_of(None) == origin_of(()) == "unknown"


@pytest.fixture
def outside() -> Iterator[str]:
    """An address of this machine that is none of loopback's, as another machine's would be."""
    add = ["ip", "address", "add", "198.18.77.1/32", "dev", "lo"]
    if os.geteuid() != 0 or subprocess.run(add, capture_output=True, check=False).returncode:
        pytest.skip("needs root and iproute2, to have another address")
    yield "198.18.77.1"
    subprocess.run(["ip", "address", "del", "198.18.77.1/32", "dev", "lo"], check=True)


async def test_another_machine_cannot_take_every_connection(server: Server, outside: str) -> None:
    taken = []
    for _ in range(MAX_CONNECTIONS):
        reader, writer = await asyncio.open_connection(
            outside, server.bound_port, local_addr=(outside, 0)
        )
        taken.append((reader, writer))
    refused = 0
    async with asyncio.timeout(DEADLINE_S):
        for reader, _ in taken[MAX_FROM_ADDRESS:]:
            refused += (await reader.read()).startswith(b"HTTP/1.1 503")
    answer = await exchange(
        server.bound_port,
        b"GET /look HTTP/1.1\r\n"
        + HOST
        + b"Authorization: Bearer "
        + b"t" * 20
        + b"\r\nConnection: close\r\n\r\n",
    )
    for _, writer in taken:
        writer.close()

    assert refused == MAX_CONNECTIONS - MAX_FROM_ADDRESS
    assert answer.startswith(b"HTTP/1.1 200")


def test_refusals_fill_no_disk(tmp_path: Path) -> None:
    output = {"type": "wavefile", "path": str(tmp_path / "speech.wav"), "pace": "fast"}
    config = {
        "channels": [{"name": "main", "sources": [{"type": "ingest"}], "outputs": [output]}],
        "server": {"port": 0},
        "engine": {"engines": ["tone"]},
        "log": {"file": str(tmp_path / "log")},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    log = tmp_path / "log"
    daemon = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--config", str(tmp_path / "config.yaml")],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"STATE_DIRECTORY": str(tmp_path / "state")},
    )
    try:
        wait_until(lambda: log.exists() and '"ready"' in log.read_text("utf-8"), "start")
        ready = next(line for line in log.read_text("utf-8").splitlines() if '"ready"' in line)
        port = int(json.loads(ready)["url"].rpartition(":")[2])
        before = log.stat().st_size
        for number in range(300):
            for request in REFUSED.values():
                with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as caller:
                    caller.sendall(request % number)
                    assert caller.recv(4096).startswith(b"HTTP/1.1 4")
        grown = log.stat().st_size - before
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(DEADLINE_S)

    assert grown < 20_000
    assert '"held_back"' in log.read_text("utf-8")
