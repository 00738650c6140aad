import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, get_args

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config.sections.sources import EmoteService
from bot.sources.emote_names import EmoteNames
from tests.twitch_server import eventually

SERVICES: tuple[EmoteService, ...] = get_args(EmoteService)
ANSWERS: dict[str, Any] = {
    "/bttv/3/cached/emotes/global": [{"id": "1", "code": "FeelsGoodMan"}],
    "/bttv/3/cached/users/twitch/1000": {
        "channelEmotes": [{"code": "catJAM"}],
        "sharedEmotes": [{"code": "monkaS"}],
    },
    "/ffz/v1/set/global": {"sets": {"3": {"emoticons": [{"name": "ZreknarF"}]}}},
    "/ffz/v1/room/id/1000": {"room": {}, "sets": {"9": {"emoticons": [{"name": "LULW"}]}}},
    "/7tv/v3/emote-sets/global": {"emotes": [{"name": "EZ"}, {"name": "two words"}, {"name": 3}]},
    "/7tv/v3/users/twitch/1000": {"emote_set": {"emotes": [{"name": "peepoHappy"}]}},
}
NAMES = ["FeelsGoodMan", "catJAM", "monkaS", "ZreknarF", "LULW", "EZ", "peepoHappy"]


class Services:
    """All three, as far as they are asked."""

    def __init__(self) -> None:
        self.answers = dict(ANSWERS)
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._server = TestServer(app)

    async def start(self) -> None:
        await self._server.start_server(shutdown_timeout=0.1)

    async def close(self) -> None:
        await self._server.close()

    @property
    def urls(self) -> dict[EmoteService, str]:
        return {service: str(self._server.make_url(f"/{service}")) for service in SERVICES}

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        await self.gate.wait()
        answer = self.answers.get(request.path, 404)
        if isinstance(answer, int):
            return web.Response(status=answer)
        if isinstance(answer, str):
            return web.Response(text=answer)
        return web.json_response(answer)


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    services = Services()
    await services.start()
    yield services
    await services.close()


class Naps:
    def __init__(self) -> None:
        self.taken: list[float] = []

    async def sleep(self, duration_s: float) -> None:
        self.taken.append(duration_s)
        await asyncio.Event().wait()


@asynccontextmanager
async def fetched(names: EmoteNames, naps: Naps, *, wait: bool = True) -> AsyncIterator[None]:
    task = asyncio.create_task(names.keep_fresh("1000"))
    try:
        if wait:
            await eventually(lambda: naps.taken)
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def known(names: EmoteNames) -> list[str]:
    text = " ".join(NAMES)
    return [text[start:end] for start, end in names.ranges(text)]


async def test_names_of_all_services_are_known(services: Services, tmp_path: Path) -> None:
    naps = Naps()
    names = EmoteNames(SERVICES, folder=tmp_path, urls=services.urls, sleep=naps.sleep)
    assert known(names) == []
    async with fetched(names, naps):
        assert known(names) == NAMES

    assert naps.taken == [24 * 3600]
    assert names.ranges("🎉 EZ, EZ ez two words") == [(6, 8)]


async def test_nobody_is_asked_who_is_not_to_be(services: Services, tmp_path: Path) -> None:
    naps = Naps()
    names = EmoteNames(["ffz"], folder=tmp_path, urls=services.urls, sleep=naps.sleep)
    async with fetched(names, naps):
        assert known(names) == ["ZreknarF", "LULW"]

    assert {path.split("/")[1] for path in services.asked} == {"ffz"}


def make_old(folder: Path) -> None:
    """Let what is there be fetched again."""
    for path in folder.iterdir():
        os.utime(path, (1.0, 1.0))


async def test_what_is_on_disk_is_known_without_network(services: Services, tmp_path: Path) -> None:
    naps = Naps()
    async with fetched(
        EmoteNames(SERVICES, folder=tmp_path, urls=services.urls, sleep=naps.sleep), naps
    ):
        pass
    make_old(tmp_path)

    later = Naps()
    nowhere = dict.fromkeys(SERVICES, "http://127.0.0.1:1")
    names = EmoteNames(SERVICES, folder=tmp_path, urls=nowhere, sleep=later.sleep)
    async with fetched(names, later):
        assert known(names) == NAMES
    assert later.taken == [3600]


async def test_what_is_fresh_is_not_fetched_again(services: Services, tmp_path: Path) -> None:
    for _ in range(2):
        naps = Naps()
        names = EmoteNames(SERVICES, folder=tmp_path, urls=services.urls, sleep=naps.sleep)
        async with fetched(names, naps):
            assert known(names) == NAMES

    assert len(services.asked) == len(ANSWERS)


def test_a_name_that_is_no_word_is_known_with_punctuation_at_it() -> None:
    names = EmoteNames(())
    names._names["test"] = frozenset({"catJAM", "no", "WAIT", "D:"})
    text = "catJAM, no, (catJAM) WAIT! catJAM... no WAIT D: @catJAM catJAM.tv D:!"

    found = [text[start:end] for start, end in names.ranges(text)]
    assert found == ["catJAM", "catJAM", "catJAM", "no", "WAIT", "D:"]


async def test_a_service_that_hangs_holds_up_nothing(services: Services, tmp_path: Path) -> None:
    services.gate.clear()
    names = EmoteNames(SERVICES, folder=tmp_path, urls=services.urls)
    async with fetched(names, Naps(), wait=False):
        await eventually(lambda: services.asked)
        assert names.ranges("EZ") == []
        services.gate.set()
        await eventually(lambda: known(names) == NAMES)


@pytest.mark.parametrize(
    "broken", [404, 500, "no JSON", "[]", '{"sets": 3}', "x" * 9_000_000, '"text"', "null"]
)
async def test_a_broken_answer_costs_only_its_own_names(
    services: Services, tmp_path: Path, broken: object
) -> None:
    services.answers["/ffz/v1/room/id/1000"] = broken
    naps = Naps()
    names = EmoteNames(SERVICES, folder=tmp_path, urls=services.urls, sleep=naps.sleep)
    async with fetched(names, naps):
        assert known(names) == [name for name in NAMES if name != "LULW"]


async def test_a_cache_that_is_broken_or_cannot_be_written_is_no_fault(
    services: Services, tmp_path: Path
) -> None:
    (tmp_path / "folder").write_text("in the way")
    naps = Naps()
    names = EmoteNames(SERVICES, folder=tmp_path / "folder", urls=services.urls, sleep=naps.sleep)
    async with fetched(names, naps):
        assert known(names) == NAMES
