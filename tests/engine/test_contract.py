"""What every engine promises, shown on each: our own, and the guests with real parts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from aiohttp import web
from msgspec.structs import replace

import bot
from bot.engine import ENGINES, create
from bot.engine.contract import Engine, speak_one
from bot.engine.f5.weights.installed import choose
from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Supervisor
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.concurrency.waiting import cancel
from tests.engine.conftest import PATIENT, QUICK
from tests.engine.guests import (
    SpeechServer,
    espeak_program,
    kokoro_files,
    piper_program,
    piper_voice,
)
from tests.long import first_ones
from tests.pool.parts import SILENT_S, NatsServer, WorkerProcess

# The engines that are only spoken with start once for all tests, so their loop is one, too.
pytestmark = [pytest.mark.parts, pytest.mark.asyncio(loop_scope="module")]

ALL = ("tone", "hibari", "f5", "kokoro", "piper", "espeak", "openai", "pool")
HOSTILE = {
    "emoji": "\U0001f602\U0001f602",
    "punctuation": "?!",
    "control characters": "one\x00two\x07\x1b[31m three\u202e\ufeff",
    "tags": '<speak><break time="60s"/>hello</speak> &amp; [[h@loU]] [word](/w/)',
    "an option": "--help",
    "another option": "-w /tmp/speech.wav",
    "lines": 'one\n\ntwo\r\n{"text": "three"}\n',
    "other scripts": "Привет 日本語 مرحبا",
    "500 letters": "a" * 500,
}
_SLOW = ("kokoro", "piper")
_SLOW_LAST = (*(name for name in ALL if name not in _SLOW), *_SLOW)
SAYS_ALL = frozenset({"tone"})
"""Engines that can say any text."""


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guests")


@pytest.fixture(scope="session")
def pool_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server where a worker speaks with hibari."""
    folder = tmp_path_factory.mktemp("pool")
    server = NatsServer(folder)
    server.start()
    worker = WorkerProcess(folder / "worker", {"servers": [server.url]}, engine="hibari")
    try:
        worker.wait_serving()
        yield server.url
    finally:
        worker.end()
        server.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[SpeechServer]:
    async with SpeechServer().running() as server:
        yield server


def options(name: str, files: Path, server: SpeechServer) -> dict[str, Any]:
    """Return the keyword arguments of the engine `name`, whose parts are all here."""
    if name == "f5":
        folders, _ = choose("bundled", "bundled")
        return {
            "model": str(folders.model),
            "vocoder": str(folders.vocoder),
            "voices": str(Path(bot.__file__).parent.parent / "voices"),
            "cache": str(files / "cache"),
            "nfe": 5,
            "device": "cpu",
        }
    if name == "kokoro":
        made = kokoro_files(files)
        return {**made, "voice": "jf_alpha", "voices": {"bass": "jm_kumo"}, "threads": 1}
    if name == "piper":
        return {"program": piper_program(), "voice": piper_voice()}
    if name == "espeak":
        return {"program": espeak_program(), "voices": {"bass": "en-gb+m3"}}
    if name == "openai":
        return {"url": server.url, "voices": {"bass": "echo"}, "api_key": "very-secret"}
    return {}


def supervise(
    name: str, request: pytest.FixtureRequest, files: Path, server: SpeechServer
) -> Supervisor:
    """Return the supervisor of the engine `name`, not started yet."""
    made = options(name, files, server)
    if name == "pool":
        made = {"servers": [request.getfixturevalue("pool_url")], "silent_s": SILENT_S}
    return Supervisor(name, lambda: made, limits=PATIENT)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=ALL)
async def supervisor(
    request: pytest.FixtureRequest, files: Path, server: SpeechServer
) -> AsyncIterator[Supervisor]:
    """Return the engine as the daemon has it: warm, in a process of its own."""
    supervisor = supervise(request.param, request, files, server)
    try:
        await supervisor.warm_up()
        yield supervisor
    finally:
        await supervisor.close()


def asked(text: str, voice: str = "heart") -> SpeechRequest:
    return SpeechRequest(id="m1", text=text, voice=voice)


async def test_every_engine_is_shown_here() -> None:
    assert set(ENGINES) - {"upstream"} == set(ALL)  # upstream is compared with f5 elsewhere


async def test_speech_is_whole_and_the_same_again(supervisor: Supervisor) -> None:
    text = "Hello there, this is a message."
    first, second = [await supervisor.speak(asked(text)) for _ in range(2)]

    assert first.samples.dtype == np.float32
    assert first.samples.ndim == 1
    assert np.isfinite(first.samples).all()
    assert 0.01 < np.abs(first.samples).max() <= 1
    assert 0.8 < first.duration_s < 8
    np.testing.assert_allclose(second.samples, first.samples, atol=1e-3)
    # What it is must be known to people and to the chain.
    state = supervisor.state
    assert state.licence or supervisor.name == "tone"
    assert state.voices or supervisor.name == "tone"
    assert "en" in state.languages or supervisor.name in {"tone", "openai"}


@pytest.mark.parametrize("supervisor", ["hibari", "kokoro", "piper", "espeak"], indirect=True)
async def test_longer_texts_take_longer(supervisor: Supervisor) -> None:
    short = await supervisor.speak(asked("Hello."))
    long = await supervisor.speak(asked("Hello, this is a longer text than the other one was."))

    assert long.duration_s > 2 * short.duration_s


@pytest.mark.parametrize("supervisor", first_ones(_SLOW_LAST, len(ALL) - len(_SLOW)), indirect=True)
async def test_hostile_texts_are_spoken_or_refused(supervisor: Supervisor) -> None:
    for what, text in HOSTILE.items():
        try:
            chunk = await supervisor.speak(asked(text))
        except UtteranceError:
            assert supervisor.name not in SAYS_ALL, what
        else:
            assert np.isfinite(chunk.samples).all(), what
            assert chunk.samples.size, what
    assert supervisor.restarts == 0
    assert (await supervisor.speak(asked("But this one it can."))).samples.size


@pytest.mark.parametrize("text", ["   ", "\x00\x01", "\u200b"])
@pytest.mark.parametrize("supervisor", [n for n in ALL if n not in SAYS_ALL], indirect=True)
async def test_what_holds_nothing_is_refused(supervisor: Supervisor, text: str) -> None:
    with pytest.raises(UtteranceError):
        await supervisor.speak(asked(text))
    assert supervisor.restarts == 0


async def test_what_is_cancelled_ends_and_the_next_is_spoken(supervisor: Supervisor) -> None:
    speaking = asyncio.create_task(supervisor.speak(asked("One. Two. Three. Four. Five.")))
    await asyncio.sleep(0)
    await cancel(speaking)

    assert (await supervisor.speak(asked("Hello again."))).samples.size
    assert supervisor.restarts == 0


async def test_a_voice_that_it_does_not_have_is_spoken_or_refused(supervisor: Supervisor) -> None:
    try:
        assert (await supervisor.speak(asked("Hello.", "nobody's"))).samples.size
    except UtteranceError:
        assert supervisor.name == "f5"
    assert supervisor.restarts == 0


@pytest.mark.parametrize("supervisor", ["kokoro", "espeak"], indirect=True)
async def test_voices_are_those_of_the_map(supervisor: Supervisor) -> None:
    usual = await supervisor.speak(asked("Hello there."))
    other = await supervisor.speak(asked("Hello there.", "bass"))

    assert usual.samples.shape != other.samples.shape or (usual.samples != other.samples).any()


@pytest.mark.parametrize("name", ALL)
async def test_its_process_ends_with_it(
    name: str, request: pytest.FixtureRequest, files: Path, server: SpeechServer
) -> None:
    supervisor = supervise(name, request, files, server)
    await supervisor.warm_up()
    speaking = asyncio.create_task(supervisor.speak(asked("A sentence that nobody will hear.")))
    await asyncio.sleep(0)
    await supervisor.close()

    with pytest.raises(EngineLostError):
        await speaking
    assert supervisor.pid is None


@pytest.mark.parametrize("name", first_ones(["piper", "espeak", "openai", "kokoro"], 3))
async def test_speed_shortens_speech(name: str, files: Path, server: SpeechServer) -> None:
    durations = []
    for speed in (0.8, 1.6):
        engine = create(name, {**options(name, files, server), "speed": speed})
        await engine.warm_up()
        (spoken,) = await engine.speak([asked("The same words at another speed.")])
        await engine.close()
        assert isinstance(spoken, AudioChunk)
        durations.append(spoken.duration_s)

    assert durations[0] > 1.5 * durations[1]


async def test_piper_speaks_each_message_at_its_own_speed(
    files: Path, server: SpeechServer
) -> None:
    engine = create("piper", options("piper", files, server))
    await engine.warm_up()
    slow, quick = [
        await speak_one(engine, replace(asked("The same words at another speed."), speed=speed))
        for speed in (0.8, 1.6)
    ]
    await engine.close()

    assert slow.duration_s > 1.5 * quick.duration_s


@pytest.mark.parametrize(
    ("name", "wrong", "told"),
    [
        ("kokoro", {"model": "none.onnx", "voices_file": "none.bin"}, "none.onnx is not there"),
        ("kokoro", {"voice": "am_none"}, "holds no voice am_none"),
        ("piper", {"program": "no-such-piper"}, "no-such-piper is not there.*piper-tts"),
        ("piper", {"voice": "none.onnx"}, "none.onnx is not there.*download_voices"),
        ("espeak", {"program": "no-such-espeak"}, "no-such-espeak is not there.*apt install"),
        ("espeak", {"voice": "xx-none"}, "xx-none.*--voices"),
        ("openai", {"url": "http://127.0.0.1:9/v1"}, "cannot be reached.*Start the server"),
        ("openai", {"voice": "nobody"}, "has no voice nobody.*alloy, echo"),
        ("openai", {"ca": "none.pem"}, "none.pem cannot be read"),
    ],
)
async def test_what_is_missing_is_told(
    name: str, wrong: dict[str, Any], told: str, files: Path, server: SpeechServer
) -> None:
    engine: Engine = create(name, {**options(name, files, server), **wrong})
    try:
        with pytest.raises(StartError) as raised:
            await engine.warm_up()
    finally:
        await engine.close()
    assert raised.match(told)
    assert raised.value.remedy


async def test_a_program_that_hangs_is_noticed(tmp_path: Path) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text(
        f'#!/bin/sh\ntest -e {tmp_path}/hang && test "$1" = --stdin && exec sleep 3600\n'
        'exec /usr/bin/env espeak-ng "$@"\n'
    )
    program.chmod(0o755)
    espeak_program()
    supervisor = Supervisor("espeak", lambda: {"program": str(program)}, limits=QUICK)
    try:
        await supervisor.warm_up()
        (tmp_path / "hang").touch()
        with pytest.raises(EngineLostError):
            await supervisor.speak(asked("Hello."))
        (tmp_path / "hang").unlink()
        await supervisor.warm_up()
        assert (await supervisor.speak(asked("Hello."))).samples.size
    finally:
        await supervisor.close()


async def test_a_server_that_hangs_is_noticed(server: SpeechServer) -> None:
    released = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    made = {"url": server.url}
    supervisor = Supervisor("openai", lambda: made, limits=QUICK)
    try:
        await supervisor.warm_up()
        server.answer = hang
        with pytest.raises(EngineLostError):
            await supervisor.speak(asked("Hello."))
        server.answer = server.speak
        await supervisor.warm_up()
        assert (await supervisor.speak(asked("Hello."))).samples.size
    finally:
        released.set()
        await supervisor.close()
