"""What callers with each role may do, over real connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from bot.config.sections.server import ServerSettings
from bot.runtime.endpoints import Caller, Form, endpoint
from bot.server import Server, rates, tokens
from bot.server.guard import CALLER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path


_ROLES = ("viewer", "moderator", "streamer")


class Body(Form, frozen=True):
    word: str
    number: int = 1


class Place(Form, frozen=True):
    name: str


async def look(request: web.Request) -> str:
    return request[CALLER].name.lower()


async def send(path: Place, query: Body, body: Body) -> dict[str, str]:
    return {"path": path.name, "query": query.word * query.number, "body": body.word}


async def nothing() -> None:
    """Do nothing."""


ROUTES = [
    endpoint("GET", "/anybody", look, least=Caller.ANYBODY),
    endpoint("GET", "/viewer", look, least=Caller.VIEWER),
    endpoint("GET", "/moderator", look, least=Caller.MODERATOR),
    endpoint("GET", "/streamer", look, least=Caller.STREAMER),
    endpoint("GET", "/needs", look, least=Caller.MODERATOR, is_token_needed=True),
    endpoint("POST", "/at/{name}", send, least=Caller.ANYBODY, status=201),
    endpoint("DELETE", "/nothing", nothing, least=Caller.ANYBODY),
]


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))


@pytest.fixture
def made() -> Mapping[str, str]:
    path = tokens.default_path()
    return {role: tokens.make(path, role) for role in _ROLES}  # type: ignore[arg-type]


@pytest.fixture
async def lan(made: Mapping[str, str]) -> AsyncIterator[Server]:
    """Return a server that other machines can reach, so that everybody needs a token."""
    assert made
    async with Server(ServerSettings(host="0.0.0.0", port=0), ROUTES) as server:
        yield server


async def status(server: Server, path: str, token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(server.url) as http, http.get(path, headers=headers) as answer:
        return answer.status


async def test_each_role_may_do_what_the_lower_ones_may(
    lan: Server, made: Mapping[str, str]
) -> None:
    for number, role in enumerate(_ROLES):
        codes = [await status(lan, f"/{needed}", made[role]) for needed in _ROLES]

        assert codes == [200 if place <= number else 403 for place in range(3)]


async def test_elsewhere_a_token_is_demanded(lan: Server) -> None:
    assert await status(lan, "/anybody") == 200
    assert [await status(lan, f"/{role}") for role in _ROLES] == [401] * 3
    assert [await status(lan, f"/{role}", "old") for role in _ROLES] == [401] * 3


async def test_here_only_what_a_page_could_call_needs_one(made: Mapping[str, str]) -> None:
    async with Server(ServerSettings(port=0), ROUTES) as server:
        assert await status(server, "/streamer") == 200
        assert await status(server, "/streamer", "any key") == 200
        assert await status(server, "/streamer", made["viewer"]) == 403
        assert await status(server, "/needs") == 401
        assert await status(server, "/needs", "any key") == 401
        assert await status(server, "/needs", made["moderator"]) == 200


async def test_the_parts_of_a_request_are_decoded_by_their_types() -> None:
    async with Server(ServerSettings(port=0), ROUTES) as server, aiohttp.ClientSession() as http:
        url = f"{server.url}/at/home?word=ab&number=2&token=none"
        async with http.post(url, json={"word": "x"}) as answer:
            assert answer.status == 201
            assert await answer.json() == {"path": "home", "query": "abab", "body": "x"}
        async with http.delete(f"{server.url}/nothing") as answer:
            assert (answer.status, await answer.read()) == (204, b"")
        for body in ({"word": 1}, {}, {"word": "x", "voice": "y"}):
            async with http.post(url, json=body) as answer:
                assert answer.status == 400
                assert "body has another form" in (await answer.json())["error"]
        async with http.post(f"{server.url}/at/home?word=a&more=b", json={"word": "x"}) as answer:
            assert answer.status == 400


async def test_a_burst_of_wrong_tokens_is_slowed_down(
    lan: Server, made: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.server.guard.origin_of", lambda _: "192.0.2.1")
    codes = [await status(lan, "/viewer", f"wrong {number}") for number in range(12)]

    assert codes[:10] == [401] * 10
    assert codes[10:] == [429] * 2
    assert await status(lan, "/viewer", made["viewer"]) == 429


async def test_too_many_requests_are_refused(lan: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "HERE", (0.001, 3.0))
    codes = [await status(lan, "/anybody") for _ in range(5)]

    assert codes == [200, 200, 200, 429, 429]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_what_a_page_of_elsewhere_embeds_is_trusted_with_nothing(
    made: Mapping[str, str], site: str
) -> None:
    """A picture, a sound or a link to the daemon: browsers send no Origin with those."""
    async with Server(ServerSettings(port=0), ROUTES) as server, aiohttp.ClientSession() as http:

        async def ask(path: str, **headers: str) -> int:
            async with http.get(f"{server.url}{path}", headers=headers) as answer:
                return answer.status

        embedded = {"Sec-Fetch-Site": site}
        assert await ask("/viewer", **embedded) == 401
        assert await ask("/anybody", **embedded) == 200  # a link to a page
        assert await ask("/viewer", **{"Sec-Fetch-Site": "same-origin"}) == 200
        assert await ask("/viewer", **{"Sec-Fetch-Site": "none"}) == 200  # typed by a person
        extension = {"Origin": "chrome-extension://abc"}
        assert await ask("/viewer", **embedded, **extension) == 403
        assert await ask(f"/viewer?token={made['viewer']}", **embedded) == 200


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "Via"])
async def test_what_a_proxy_here_passes_on_is_trusted_with_nothing(
    made: Mapping[str, str], name: str
) -> None:
    async with Server(ServerSettings(port=0), ROUTES) as server, aiohttp.ClientSession() as http:
        for token, code in (("", 401), (made["viewer"], 200)):
            url, headers = f"{server.url}/viewer?token={token}", {name: "for=192.0.2.1"}
            async with http.get(url, headers=headers) as answer:
                assert answer.status == code


async def test_a_flood_at_one_address_holds_up_no_other(
    lan: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "HERE", (0.001, 2.0))
    assert [await status(lan, "/anybody") for _ in range(3)] == [200, 200, 429]
    assert await status(lan, "/viewer") == 401
