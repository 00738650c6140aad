"""A first run: what is missing, choosing it, and trying it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.config import load
from tests.web.conftest import _CONFIG, running_daemon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.web.conftest import Api

_DEADLINE_S = 60.0


async def test_a_sentence_is_tried_through_the_whole_flow(api: Api) -> None:
    status, answer = await api.post("/api/test", {"text": "one two three"})

    assert status == 200
    assert (answer["spoken"], answer["engine"]) == (True, "tone")
    assert 0 < answer["first_sound_s"] < _DEADLINE_S
    assert answer["audio_s"] > 0


async def test_why_a_sentence_was_not_spoken_is_told(api: Api) -> None:
    await api.command("pause")
    trying = asyncio.create_task(api.post("/api/test", {"text": "one two three"}))
    while not (await api.get("/api/queue"))["main"]["waiting"]:
        await asyncio.sleep(0.01)
    await api.command("clear")

    assert (await trying)[1] == {
        "spoken": False,
        "reason": "It was dropped: cleared.",
        "first_sound_s": None,
        "audio_s": None,
        "engine": "",
    }
    assert "may or can be said" in (await api.post("/api/test", {"text": "..."}))[1]["reason"]
    assert (await api.post("/api/test", {"text": ""}))[0] == 400
    assert (await api.post("/api/test", {"text": "x", "channel": "nowhere"}))[0] == 404


async def test_what_is_missing_is_told(api: Api) -> None:
    answer = await api.get("/api/setup")

    assert answer["missing"] == ["chat"]
    assert answer["voice"] == "heart"
    assert not answer["may_restart"]
    assert (await api.post("/api/restart", {}))[0] == 409


async def test_what_would_not_start_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    config = tmp_path / "own.yaml"
    config.write_text(_CONFIG.format(folder=tmp_path), "utf-8")
    async with running_daemon(config, may_restart=True) as api:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            for changes, reason in (
                ({"server.port": taken.getsockname()[1]}, "is taken"),
                ({"mqtt.enabled": True, "mqtt.password_file": "gone"}, "mqtt-password"),
                ({"mqtt.enabled": False, "log.file": str(tmp_path)}, "log.file"),
                ({"log.file": None, "server.host": "0.0.0.0"}, "token is needed"),
            ):
                async with api.http.patch("/api/settings", json={"changes": changes}) as answer:
                    assert answer.status == 200, await answer.text()
                status, told = await api.post("/api/restart", {})
                assert status == 409
                assert reason in told["error"]
        status, told = await api.post("/api/setup", {"twitch": "some_channel"})
        assert status == 409
        assert "token is needed" in told["error"]
        assert (await api.get("/api/setup"))["may_restart"]


async def test_choices_stand_in_the_file(api: Api, tmp_path: Path) -> None:
    status, answer = await api.post("/api/setup", {"twitch": "Some_Channel", "voice": "bass"})

    assert (status, answer["restarts"]) == (200, False)
    assert answer["next_start"] == ["channels[0].sources"]
    channel = load(tmp_path / "own.yaml").channels[0]
    assert [source.type for source in channel.sources] == ["ingest", "twitch_irc"]
    assert channel.voice == "bass"
    assert (await api.get("/api/setup"))["voice"] == "bass"
    assert (await api.post("/api/setup", {}))[1] == {"restarts": False, "next_start": []}
    assert (await api.post("/api/setup", {"twitch": "../etc"}))[0] == 400


async def test_what_was_typed_wrong_is_replaced(api: Api, tmp_path: Path) -> None:
    for name in ("coolstreamr", "coolstreamer", "CoolStreamer"):
        await api.post("/api/setup", {"twitch": name})
    sources = load(tmp_path / "own.yaml").channels[0].sources
    assert [getattr(source, "channel", "") for source in sources] == ["", "coolstreamer"]


async def test_what_was_written_by_hand_stays(api: Api, tmp_path: Path) -> None:
    await api.post("/api/setup", {"voice": "bass"})
    path = tmp_path / "own.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{type: ingest}", "{type: ingest}, {type: console}"), "utf-8")
    await api.post("/api/setup", {"twitch": "coolstreamer"})
    kinds = [source.type for source in load(path).channels[0].sources]
    assert kinds == ["ingest", "console", "twitch_irc"]


async def test_the_overlay_takes_the_place_of_a_device_and_back(api: Api, tmp_path: Path) -> None:
    def outputs() -> list[str]:
        return [output.type for output in load(tmp_path / "own.yaml").channels[0].outputs]

    others = outputs()
    await api.post("/api/setup", {"device": "default", "browser": False})
    assert outputs() == [*others, "device"]
    await api.post("/api/setup", {"browser": True})
    assert outputs() == [*others, "browser"]
    await api.post("/api/setup", {"device": "other", "browser": False})
    assert outputs() == [*others, "device"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[str]:
    """Run `ishowtts run`, and return its address."""
    port = free_port()
    config = tmp_path / "own.yaml"
    config.write_text(
        f"channels:\n  - name: main\n    sources: [{{type: ingest}}]\n"
        f"    outputs: [{{type: wavefile, path: {tmp_path}/speech.wav}}]\n"
        f"engine: {{engines: [tone]}}\nserver: {{port: {port}}}\n",
        "utf-8",
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--config", str(config)),
        env={**os.environ, "STATE_DIRECTORY": str(tmp_path / "state")},
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def ask(http: aiohttp.ClientSession, path: str) -> Any:  # noqa: ANN401 - parsed JSON
    """Return the JSON at `path`; None where nobody listens or it is not ready."""
    try:
        async with http.get(path) as answer:
            return await answer.json() if answer.status == 200 else None
    except aiohttp.ClientError:
        return None


@pytest.mark.parts
async def test_the_daemon_starts_again_with_what_was_chosen(program: str) -> None:
    async with aiohttp.ClientSession(program) as http, asyncio.timeout(_DEADLINE_S):
        while await ask(http, "/readyz") is None:
            await asyncio.sleep(0.05)
        async with http.post("/api/setup", json={"twitch": "some_channel"}) as answer:
            assert await answer.json() == {
                "restarts": True,
                "next_start": ["channels[0].sources"],
            }
        while "twitch_irc" not in str(await ask(http, "/api/status")):
            await asyncio.sleep(0.05)
        async with http.post("/api/test", json={"text": "hello again"}) as answer:
            assert (await answer.json())["spoken"]


@pytest.mark.parts
async def test_the_log_is_shown(program: str) -> None:
    async with aiohttp.ClientSession(program) as http, asyncio.timeout(_DEADLINE_S):
        while '"ready"' not in json.dumps(await ask(http, "/api/log")):
            await asyncio.sleep(0.05)
        async with http.get("/nowhere", headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403
        lines = (await ask(http, "/api/log"))["lines"]

    assert lines[0]["event"] == "request refused"
    assert (lines[0]["level"], lines[0]["fields"]["path"]) == ("info", "/nowhere")
    assert any(line["event"] == "ready" for line in lines[1:])
