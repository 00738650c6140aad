from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from bot.config.sections.obs import ObsSettings
from bot.obs.client import ObsAwayError, ObsError, connected
from bot.obs.setting_up import NAME, add_browser, add_capture, look
from tests.obs.standin import Obs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URL = "http://127.0.0.1:7850/overlay?channel=main"
_NONE = "OBS_MONITORING_TYPE_NONE"


@pytest.fixture
async def obs() -> AsyncIterator[Obs]:
    async with Obs(password="secret") as obs:
        yield obs


async def test_what_obs_has_is_told(obs: Obs) -> None:
    async with connected(obs.settings, "secret") as client:
        seen = await look(client)

    assert (seen.version, seen.scene, seen.is_streaming) == ("29.0.2", "Game", False)
    assert seen.inputs[0] == ("Mic/Aux", "pulse_input_capture")


@pytest.mark.parametrize(("password", "said"), [("wrong", "another one"), (None, "wants")])
async def test_a_wrong_password_is_told(obs: Obs, password: str | None, said: str) -> None:
    with pytest.raises(ObsError, match=said):
        async with connected(obs.settings, password):
            pass


async def test_an_obs_that_is_not_there_is_told() -> None:
    with pytest.raises(ObsAwayError, match="Enable WebSocket server"):
        async with connected(ObsSettings(port=1), None):
            pass


async def test_what_cannot_be_done_is_told(obs: Obs) -> None:
    async with connected(obs.settings, "secret") as client:
        with pytest.raises(ObsError, match="cannot do Dance: unknown request"):
            await client.request("Dance")


async def test_an_obs_that_goes_is_noticed(obs: Obs) -> None:
    async with connected(obs.settings, "secret") as client:
        await obs.sockets[0].close()
        with pytest.raises(ObsAwayError):
            async for _ in client.events():
                pass


@pytest.mark.parametrize("answer", ["no JSON", "[]", '{"op": 0}', '{"op": 0, "d": []}', "[" * 9999])
async def test_what_is_no_obs_is_told(answer: str) -> None:
    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(answer)
        await socket.receive()
        return socket

    app = web.Application()
    app.add_routes([web.get("/", serve)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    with pytest.raises(ObsAwayError, match="not OBS"):
        async with connected(ObsSettings(port=port), None):
            pass
    await runner.cleanup()


async def test_our_source_is_made_and_set_anew(obs: Obs) -> None:
    async with connected(obs.settings, "secret") as client:
        first = await add_browser(client, "http://old", is_heard=False)
        second = await add_browser(client, URL, is_heard=False)

    kind, settings = obs.inputs[NAME]
    assert (first.is_new, second.is_new, first.scene) == (True, False, "Game")
    assert (kind, settings["url"], settings["reroute_audio"]) == ("browser_source", URL, True)
    assert obs.monitoring[NAME] == _NONE


@pytest.mark.parametrize(
    ("is_muted", "monitoring"), [(True, "MONITOR_AND_OUTPUT"), (False, "MONITOR_ONLY")]
)
async def test_speech_that_is_heard_is_recorded_once(
    obs: Obs, *, is_muted: bool, monitoring: str
) -> None:
    if is_muted:
        obs.muted.add("Desktop Audio")
    async with connected(obs.settings, "secret") as client:
        done = await add_browser(client, URL, is_heard=True)

    assert obs.monitoring[NAME] == f"OBS_MONITORING_TYPE_{monitoring}"
    assert bool(done.notes) is not is_muted


async def test_a_sink_is_captured_by_its_monitor(obs: Obs) -> None:
    async with connected(obs.settings, "secret") as client:
        done = await add_capture(client, "speech")

    assert obs.inputs[NAME] == ("pulse_output_capture", {"device_id": "speech.monitor"})
    assert "twice" in done.notes[0]


async def test_an_obs_without_a_browser_says_what_else_there_is() -> None:
    async with (
        Obs(kinds=("pulse_output_capture",)) as obs,
        connected(obs.settings, None) as client,
    ):
        with pytest.raises(ObsError, match="no browser source") as caught:
            await add_browser(client, URL, is_heard=False)
    assert "--sink" in str(caught.value)


async def test_a_source_of_another_kind_is_left_alone(obs: Obs) -> None:
    obs.inputs[NAME] = ("image_source", {})
    async with connected(obs.settings, "secret") as client:
        with pytest.raises(ObsError, match="another kind"):
            await add_browser(client, URL, is_heard=False)
    assert obs.inputs[NAME] == ("image_source", {})
