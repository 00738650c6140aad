"""Speech for programs gives way to chat, and ends when nobody wants it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from bot.app import Daemon
from bot.config.sections.server import ServerSettings
from bot.config.sections.wires import SpeakerbotWireSettings
from bot.errors import ConfigError, CrowdedError
from bot.wires.speakerbot import SpeakerbotWire
from bot.wires.speech import Speech

DEADLINE_S = 60


async def test_nothing_is_made_while_chat_wants_the_engine(daemon: Daemon) -> None:
    speaker = SimpleNamespace(is_making=True)
    busy: Any = {"main": SimpleNamespace(speaker=speaker)}
    pieces = Speech(daemon.engine, busy).speak("hello there", voice="heart")
    first = asyncio.ensure_future(anext(pieces))
    done, _ = await asyncio.wait([first], timeout=0.2)
    assert not done

    speaker.is_making = False
    async with asyncio.timeout(DEADLINE_S):
        assert len(await first) > 0
    await pieces.aclose()


async def test_what_nobody_wants_any_more_ends(daemon: Daemon) -> None:
    wanted = [True]
    text = "one two three four five six seven eight nine ten eleven. " * 5
    speech = daemon.wires.speech
    count = 0
    async for _ in speech.speak(text, voice="heart", is_wanted=lambda: wanted[0]):
        count += 1
        wanted[0] = False

    assert count == 1


async def test_too_many_requests_are_refused(daemon: Daemon) -> None:
    speech = Speech(daemon.engine, daemon.channels, max_requests=1)
    first = speech.speak("hello there. " * 20, voice="heart")
    await anext(first)
    with pytest.raises(CrowdedError):
        await anext(speech.speak("hello", voice="heart"))
    await first.aclose()
    await anext(speech.speak("hello", voice="heart"))


async def test_other_machines_need_a_token(daemon: Daemon) -> None:
    with pytest.raises(ConfigError, match=r"server\.token"):
        SpeakerbotWire(
            SpeakerbotWireSettings(host="0.0.0.0"),
            ServerSettings(),
            channel=daemon.channels["main"],
            name="main",
            speech=daemon.wires.speech,
            default_voice="heart",
            known_voices=None,
        )


async def test_nothing_more_is_made_for_a_program_that_goes(daemon: Daemon) -> None:
    speech = daemon.wires.speech
    body = {"input": "one two three four five six. " * 100, "response_format": "pcm"}
    async with aiohttp.ClientSession(daemon.url) as http:
        answer = await http.post("/v1/audio/speech", json=body)
        assert await answer.content.readany()
        assert speech.requests == 1
        answer.close()  # in the middle
    async with asyncio.timeout(DEADLINE_S):
        while speech.requests:
            await asyncio.sleep(0.01)
    async with (
        aiohttp.ClientSession(daemon.url) as http,
        http.post("/v1/audio/speech", json={"input": "hello"}) as answer,
    ):
        assert answer.status == 200
        assert await answer.read()
