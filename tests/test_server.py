from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.config.sections.server import ServerSettings
from bot.errors import ConfigError, StartError
from bot.server import MAX_BODY_BYTES, Server
from bot.server.connections import MAX_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Call = Callable[..., Awaitable["Answer"]]

JSON = {"Content-Type": "application/json"}
TOKEN = "s3cr\u00e9t"


@pytest.fixture(autouse=True)
def _no_idle_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no connection be closed for its idleness alone."""
    monkeypatch.setattr("bot.server.connections._IDLE_S", 3600.0)


async def take(request: web.Request) -> web.Response:
    return web.json_response(await request.json(), status=202)


async def look(_request: web.Request) -> web.Response:
    return web.json_response({"is_on": True})


async def fail(_request: web.Request) -> web.Response:
    raise RuntimeError("secret inside")


async def hang(_request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


ROUTES = [
    web.post("/api/chat", take),
    web.get("/look", look),
    web.get("/fail", fail),
    web.get("/hang", hang),
]


class Answer:
    """An HTTP response as its bytes are."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status.split(" ")[1])
        pairs = (line.partition(": ") for line in lines)
        self.headers = {name.lower(): value for name, _, value in pairs}

    @property
    def error(self) -> str:
        text = json.loads(self.body)["error"]
        assert isinstance(text, str)
        return text


async def exchange(port: int, data: bytes) -> bytes:
    """Return all that the server answers to `data` until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        return await reader.read()
    finally:
        writer.close()


async def call(
    server: Server,
    method: str = "POST",
    path: str = "/api/chat",
    *,
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
    host: str | None = None,
) -> Answer:
    fields = {
        "Host": f"127.0.0.1:{server.bound_port}" if host is None else host,
        "Connection": "close",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    text = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode()
    return Answer(await exchange(server.bound_port, text + body))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(ServerSettings(port=0), ROUTES) as server:
        yield server


@pytest.fixture
async def guarded() -> AsyncIterator[Server]:
    settings = ServerSettings.model_validate({"port": 0, "host": "0.0.0.0", "token": TOKEN})
    async with Server(settings, ROUTES) as server:
        yield server


async def test_a_program_of_this_machine_is_served(server: Server) -> None:
    answer = await call(server, body=b'{"a": 1}', headers=JSON)

    assert (answer.status, json.loads(answer.body)) == (202, {"a": 1})
    assert server.url == f"http://127.0.0.1:{server.bound_port}"
    assert "server" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


HOSTS = [
    ("127.0.0.1", True),
    ("127.0.0.1:7850", True),
    ("LocalHost:1", True),
    ("[::1]:7850", True),
    ("evil.example", False),
    ("evil.example:7850", False),
    ("127.0.0.1.evil.example", False),
    ("localhost.evil.example", False),
    ("evil.example@127.0.0.1", False),
    ("127.0.0.1 evil.example", False),
    ("[::1", False),
    ("", False),
]


@pytest.mark.parametrize(("host", "is_ours"), HOSTS)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/chat"), ("GET", "/look"), ("GET", "/no")]
)
async def test_a_name_that_was_rebound_to_this_machine_is_refused(
    server: Server,
    host: str,
    is_ours: bool,  # noqa: FBT001
    method: str,
    path: str,
) -> None:
    answer = await call(server, method, path, host=host, headers=JSON)

    assert (answer.status != 403) is is_ours
    if not is_ours:
        assert "Host" in answer.error


ORIGINS = [
    ("https://evil.example", False),
    ("http://127.0.0.1:1", False),
    ("http://localhost", False),
    ("null", False),
    ("file://", False),
    ("", False),
    ("*", False),
    ("chrome-extension", False),
    ("https://chrome-extension://abc", False),
    ("chrome-extension://abcdefgh", True),
    ("moz-extension://0d1e-11", True),
]


@pytest.mark.parametrize(("origin", "is_welcome"), ORIGINS)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
async def test_a_page_cannot_make_the_daemon_speak(
    server: Server,
    origin: str,
    is_welcome: bool,  # noqa: FBT001
    content_type: str,
) -> None:
    headers = {"Origin": origin, "Content-Type": content_type}
    answer = await call(server, headers=headers)
    preflight = await call(
        server, "OPTIONS", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
    )

    expected = {True: 202 if content_type == "application/json" else 415, False: 403}
    assert answer.status == expected[is_welcome]
    assert preflight.status == (204 if is_welcome else 403)
    for response in (answer, preflight):
        allowed = response.headers.get("access-control-allow-origin")
        assert allowed == (origin if is_welcome else None)
    if not is_welcome:
        assert "server.allowed_origins" in answer.error


async def test_the_daemons_own_pages_are_welcome(server: Server) -> None:
    answer = await call(server, headers={**JSON, "Origin": server.url})

    assert answer.status == 202


async def test_a_page_that_is_allowed_may_ask_and_then_send() -> None:
    settings = ServerSettings(port=0, allowed_origins=("https://socialstream.ninja",))
    page = {"Origin": "https://socialstream.ninja"}
    async with Server(settings, ROUTES) as server:
        preflight = await call(
            server, "OPTIONS", headers={**page, "Access-Control-Request-Private-Network": "true"}
        )
        answer = await call(server, headers={**page, **JSON})
        extension = await call(server, headers={"Origin": "chrome-extension://abc", **JSON})

    assert preflight.status == 204
    assert preflight.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert preflight.headers["access-control-allow-methods"] == "GET, POST, PUT, PATCH, DELETE"
    assert preflight.headers["access-control-allow-private-network"] == "true"
    assert answer.headers["vary"] == "Origin"
    assert (answer.status, extension.status) == (202, 403)


@pytest.mark.parametrize("origin", ["chrome-extension://abcdefgh", "moz-extension://0d1e-11"])
async def test_an_extension_of_a_browser_brings_chat_alone(server: Server, origin: str) -> None:
    assert (await call(server, "GET", "/look", headers={"Origin": origin})).status == 403
    assert (await call(server, "GET", "/api/chatters", headers={"Origin": origin})).status == 403
    assert (await call(server, "OPTIONS", "/look", headers={"Origin": origin})).status == 403
    assert (await call(server, headers={"Origin": origin, **JSON})).status == 202


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("text/plain; application/json", "application/jsonx"),
    ],
)
async def test_what_a_form_of_a_page_can_send_is_refused(server: Server, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    for of_browser in ({"Sec-Fetch-Site": "none"}, {"Origin": "moz-extension://abc"}):
        answer = await call(server, headers={**headers, **of_browser})

        assert answer.status == 415
        assert "application/json" in answer.error


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", ""])
async def test_a_program_may_call_its_json_what_it_likes(server: Server, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    assert (await call(server, headers=headers)).status == 202


TOKENS = [
    ({}, False),
    ({"Authorization": f"Bearer {TOKEN}"}, True),
    ({"Authorization": f"bearer  {TOKEN}"}, True),
    ({"Authorization": TOKEN}, False),
    ({"Authorization": f"Basic {TOKEN}"}, False),
    ({"Authorization": f"Bearer {TOKEN}x"}, False),
    ({"Authorization": "Bearer "}, False),
    ({"Authorization": "Bearer \u00e9"}, False),
    ({"Cookie": f"token={TOKEN}"}, False),
]


@pytest.mark.parametrize(("headers", "is_known"), TOKENS)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/chat"), ("GET", "/look"), ("GET", "/no")]
)
async def test_on_the_network_a_token_is_needed(
    guarded: Server,
    headers: dict[str, str],
    is_known: bool,  # noqa: FBT001
    method: str,
    path: str,
) -> None:
    answer = await call(guarded, method, path, host="pc.lan:7850", headers={**JSON, **headers})

    assert (answer.status != 401) is is_known
    if not is_known:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert TOKEN not in answer.body.decode()


def test_nobody_listens_on_the_network_without_a_token() -> None:
    with pytest.raises(ConfigError, match=r"server\.token: a token is needed to listen on 0\.0\.0"):
        Server(ServerSettings(host="0.0.0.0"), ROUTES)


async def test_the_token_may_lie_in_a_file_or_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server-token").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    credential = ServerSettings(host="0.0.0.0", port=0)
    file = credential.model_copy(update={"token_file": tmp_path / "other"})
    (tmp_path / "other").write_text("of the file")
    for settings, token in ((credential, TOKEN), (file, "of the file")):
        async with Server(settings, ROUTES) as server:
            for given, is_known in ((token, True), ("wrong", False)):
                headers = {"Authorization": f"Bearer {given}"}
                answer = await call(server, "GET", "/look", headers=headers)
                assert (answer.status == 200) is is_known


async def test_a_program_that_can_send_no_header_gives_its_token_in_the_address(
    guarded: Server,
) -> None:
    right = await call(guarded, "GET", f"/look?token={quote(TOKEN)}")
    wrong = await call(guarded, "GET", "/look?token=wrong")

    assert (right.status, wrong.status) == (200, 401)


async def test_a_page_of_the_server_s_own_may_send_forms(server: Server) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": server.url}

    assert (await call(server, headers=headers)).status == 202


async def test_with_a_token_pages_are_refused_too(guarded: Server) -> None:
    headers = {**JSON, "Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}

    assert (await call(guarded, headers=headers)).status == 403


async def test_its_address_is_one_that_a_browser_can_open(guarded: Server) -> None:
    assert guarded.url == f"http://127.0.0.1:{guarded.bound_port}"


@pytest.mark.parametrize(
    ("path", "brings"),
    [
        ("/api/twitch/channels/foo", "a source of type twitch_eventsub"),
        ("/v1/audio/speech", "wires.openai.enabled: true"),
        ("/metrics", "metrics.enabled: true"),
    ],
)
async def test_what_the_configuration_lacks_is_told_with_what_brings_it(
    server: Server, path: str, brings: str
) -> None:
    missing = await call(server, "GET", path, body=b"")
    told = f"There is nothing at {path}: it comes with {brings} in the configuration."

    assert missing.status == 404
    assert told in missing.body.decode()


async def test_errors_are_sentences_in_json(server: Server) -> None:
    missing = await call(server, "GET", "/<script>", body=b"")
    wrong = await call(server, "DELETE", "/api/chat", body=b"")

    assert (missing.status, missing.error) == (404, "There is nothing at /<script>.")
    assert missing.headers["content-type"] == "application/json; charset=utf-8"
    assert (wrong.status, wrong.error) == (405, "/api/chat takes POST alone.")
    assert wrong.headers["allow"] == "POST"


async def test_a_mistake_in_a_handler_shows_nothing(server: Server) -> None:
    with capture_logs() as logs:
        answer = await call(server, "GET", "/fail")

    assert answer.status == 500
    assert b"secret inside" not in answer.body
    assert [entry["event"] for entry in logs] == ["request failed"]


@pytest.mark.parametrize("size", [MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 5 * 1024 * 1024])
async def test_a_body_is_at_most_64_kib(server: Server, size: int) -> None:
    answer = await call(server, body=b'"' + b"x" * (size - 2) + b'"', headers=JSON)

    assert answer.status == (202 if size <= MAX_BODY_BYTES else 413)


HEAD = b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"GET /look HTTP/9.9\r\n\r\n",
        b"GET /look HTTP/1.1\r\nHost: localhost\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n{}",
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
async def test_broken_http_is_no_exception_in_the_log(
    server: Server, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with capture_logs() as logs:
        answer = await exchange(server.bound_port, data)

        assert (await call(server, headers=JSON)).status == 202
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert {entry["log_level"] for entry in logs} <= {"info"}
    assert caplog.records == []


async def test_a_caller_that_hangs_up_is_no_news(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs:
        _, writer = await asyncio.open_connection("127.0.0.1", server.bound_port)
        writer.write(HEAD + b"Content-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.transport.abort()

        assert (await call(server, headers=JSON)).status == 202
    assert (logs, caplog.records) == ([], [])


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError) as caught:
            async with Server(ServerSettings(port=port), ROUTES):
                pass

    assert f"Port {port} on 127.0.0.1 is taken" in caught.value.message
    assert "server.port" in caught.value.remedy


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_an_address_of_another_machine_is_named(host: str) -> None:
    settings = ServerSettings.model_validate({"host": host, "port": 0, "token": "x"})
    with pytest.raises(StartError) as caught:
        async with Server(settings, ROUTES):
            pass

    assert host in caught.value.message
    assert "server.host" in caught.value.remedy


async def test_it_stops_although_callers_stay() -> None:
    async with Server(ServerSettings(port=0), ROUTES) as server:
        open_ends = []
        for data in (b"", b"GET /", HEAD, b"GET /hang HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.bound_port)
            writer.write(data)
            await writer.drain()
            open_ends.append((reader, writer))
        assert (await call(server, "GET", "/look")).status == 200
    for reader, writer in open_ends:
        await reader.read()
        writer.close()


async def is_served(port: int) -> bool:
    try:
        answer = await exchange(port, b"nonsense\r\n\r\n")
    except ConnectionError:  # refused, and what was sent came too late to be read
        return False
    return b" 400 " in answer


async def test_more_connections_than_anyone_needs_are_refused(server: Server) -> None:
    request = b"GET /look HTTP/1.1\r\nHost: localhost\r\n\r\n"
    taken = []
    for _ in range(MAX_CONNECTIONS):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.bound_port)
        writer.write(request)
        assert (await reader.readuntil(b"{")).startswith(b"HTTP/1.1 200")
        taken.append(writer)
    with capture_logs() as logs:
        for _ in range(3):
            answer = Answer(await exchange(server.bound_port, b""))
            assert (answer.status, answer.error) == (503, "Too many connections are open now.")
            assert int(answer.headers["content-length"]) == len(answer.body)
    taken.pop().close()
    while not await is_served(server.bound_port):
        pass
    for writer in taken:
        writer.close()

    assert [entry["event"] for entry in logs] == ["too many connections"]


FILES = 160
FEW_FILES = """
import asyncio, resource, sys
from bot.config.sections.server import ServerSettings
from bot.server import Server

async def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))
    async with Server(ServerSettings(port=0), []) as server:
        print(server.bound_port, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits files as POSIX does")
async def test_a_caller_cannot_use_up_the_files_of_the_process(tmp_path: Path) -> None:
    with (tmp_path / "errors").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", FEW_FILES.format(files=FILES)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=errors,
        )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(250)]
        answers = [asyncio.ensure_future(reader.read()) for reader, _ in idle]
        while sum(map(asyncio.Future.done, answers)) < len(idle) - FILES:
            await asyncio.sleep(0)
        for _, writer in idle:
            writer.close()
        while not await is_served(port):
            pass
        await process.communicate(b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()

    assert (process.returncode, (tmp_path / "errors").read_bytes()) == (0, b"")
