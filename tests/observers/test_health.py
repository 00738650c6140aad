"""Whether the daemon says that it is alive, and why it would not be heard."""

import asyncio
import time
from typing import Any

import aiohttp
import msgspec
import pytest

from bot.config.sections.server import ServerSettings
from bot.observers import LivenessCheck
from bot.observers.health import Health, unready
from bot.server import Server
from bot.state import NOTHING_READ, EngineState
from tests.observers.samples import state


async def ask(server: Server, path: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as http, http.get(f"{server.url}{path}") as answer:
        return answer.status, await answer.json()


def of(**changes: Any) -> list[str]:  # noqa: ANN401 - JSON
    return list(unready(state(**changes)))


def test_nothing_is_wrong_where_one_engine_one_output_and_one_chat_are_there() -> None:
    assert of() == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"is_heard": False, "outputs": {"speakers": "waiting: It disappeared."}},
            "Channel main has no output: speakers: waiting: It disappeared.",
        ),
        (
            {
                "sources": {"twitch_irc:a": "reconnecting in 4 s after: no route"},
                "connections": {"twitch_irc:a": {"is_connected": False, "reconnects": 1}},
            },
            "Channel main hears no chat: twitch_irc:a: reconnecting in 4 s after: no route.",
        ),
    ],
)
def test_what_keeps_a_message_from_being_heard_is_said(
    changes: dict[str, Any], reason: str
) -> None:
    assert of(**changes) == [reason]


def test_a_source_that_reads_nothing_does_not_stand_in_for_a_chat_that_is_away() -> None:
    away = {"twitch_eventsub:a": {"is_connected": False, "reconnects": 1}}
    sources = {"twitch_eventsub:a": "connecting", "twitch_eventsub:joined": NOTHING_READ}

    assert of(sources=sources, connections=away) == [
        "Channel main hears no chat: twitch_eventsub:a: connecting."
    ]


def test_a_chat_that_is_away_beside_one_that_is_there_is_no_reason() -> None:
    assert of(connections={"twitch_irc:a": {"is_connected": False, "reconnects": 1}}) == []


def test_every_engine_away_is_a_reason() -> None:
    everything = state()
    away = EngineState(is_ready=False, state="away: it crashed", restarts=0)
    everything = msgspec.structs.replace(everything, engines={**everything.engines, "tone": away})

    assert list(unready(everything)) == [
        "No engine can speak: f5 is away: it is warming up; tone is away: it crashed."
    ]


async def test_the_answers_are_503_with_reasons_and_200_without() -> None:
    changes: dict[str, Any] = {"is_heard": False}
    health = Health(lambda: state(**changes))
    async with Server(ServerSettings(port=0), health.routes) as server:
        status, body = await ask(server, "/readyz")
        assert (status, body["ok"]) == (503, False)
        assert "no output" in body["reasons"][0]
        assert await ask(server, "/healthz") == (200, {"ok": True, "reasons": []})
        changes["is_heard"] = True
        assert await ask(server, "/readyz") == (200, {"ok": True, "reasons": []})


async def test_a_clock_that_stands_still_is_told() -> None:
    stalled = {"engine": 0.0, "playback": 0.0}
    health = Health(
        state,
        [
            LivenessCheck(lambda: stalled["engine"], "no engine speaks what waits", limit_s=60),
            LivenessCheck(lambda: stalled["playback"], "playback on speakers stands still"),
        ],
    )
    async with Server(ServerSettings(port=0), health.routes) as server:
        assert (await ask(server, "/healthz"))[0] == 200
        stalled.update(engine=61.0, playback=16.0)
        status, body = await ask(server, "/healthz")

    assert status == 503
    assert body["reasons"] == [
        "For 61 s, no engine speaks what waits.",
        "For 16 s, playback on speakers stands still.",
    ]


async def test_an_event_loop_that_was_held_up_is_told_and_measured() -> None:
    lags: list[float] = []
    health = Health(state)
    health.tell_lag(lags.append)
    async with Server(ServerSettings(port=0), health.routes) as server:
        watching = asyncio.create_task(health.run())
        await asyncio.sleep(0)
        time.sleep(2.8)  # noqa: ASYNC251 - what must not happen, and is to be noticed
        while not lags:
            await asyncio.sleep(0)
        status, body = await ask(server, "/healthz")
        watching.cancel()

    assert max(lags) > 2
    assert status == 503
    assert "event loop was" in body["reasons"][0]
