"""The whole daemon in this process, against a real sound server and over real HTTP."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import numpy as np
import pytest

from bot.app import Daemon
from bot.config import Settings, loads
from bot.engine.narrator import Narrator
from tests.conftest import RATE_HZ, PulseServer, Recording

pytestmark = pytest.mark.parts

CONFIG = """
channels:
  - name: main
    sources: [{type: ingest}]
    outputs: [{type: device}]
server: {port: 0}
engine: {engines: [tone], pauses: {clause_ms: 0}}
playback: {volume: 100}
"""
DEADLINE_S = 120
LONG = "a message that takes its time " * 8
"""About 16 s of tone."""


class Viewer:
    """Somebody who posts, and looks at the status and at the outcomes."""

    def __init__(self, http: aiohttp.ClientSession, events: Path) -> None:
        self.http = http
        self._events = events

    async def post(self, text: str = "", *, name: str = "viewer1", **more: Any) -> str:  # noqa: ANN401
        body = {"author": {"id": name, "name": name}, "text": text} | more
        return await self.send(body)

    async def order(self, text: str) -> None:
        await self.post(text, author={"id": "mod", "name": "mod", "roles": ["moderator"]})

    async def send(self, body: dict[str, Any]) -> str:
        async with self.http.post("/api/chat", json=body) as answer:
            assert answer.status == 202, await answer.text()
            return str((await answer.json())["id"])

    async def status(self) -> dict[str, Any]:
        async with self.http.get("/api/status") as answer:
            status: dict[str, Any] = await answer.json()
            return status

    def outcomes(self, message: str) -> list[dict[str, Any]]:
        whole, _, _ = self._events.read_text(encoding="utf-8").rpartition("\n")
        return [o for o in map(msgspec.json.decode, whole.splitlines()) if o["id"] == message]

    async def until(self, message: str, outcome: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            found[:] = [o for o in self.outcomes(message) if o["outcome"] == outcome]
            return bool(found)

        await until(is_there)
        return found[0]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


def is_up(daemon: Daemon) -> bool:
    try:
        return bool(daemon.url)
    except (IndexError, AttributeError):
        return False


@asynccontextmanager
async def running(
    settings: Settings, events: Path, engine: Narrator | None = None
) -> AsyncIterator[Viewer]:
    daemon = Daemon(settings, engine=engine, events=events)
    task = asyncio.create_task(daemon.run())
    try:
        await until(lambda: task.done() or is_up(daemon))
        assert not task.done(), task.exception()
        async with aiohttp.ClientSession(daemon.url) as http:
            viewer = Viewer(http, events)
            async with asyncio.timeout(DEADLINE_S):
                while "open at /api/chat" not in str(await viewer.status()):
                    await asyncio.sleep(0.005)
            yield viewer
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_S):
            await task


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
async def viewer(pulse: PulseServer, events: Path) -> AsyncIterator[Viewer]:
    del pulse  # the device is its first sink
    async with running(loads(CONFIG), events) as viewer:
        yield viewer


def child_processes() -> dict[int, str]:
    """Command lines of those children of this process that are ours, where /proc tells."""
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    children = listing.read_text().split() if listing.exists() else []
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return {
        child: command
        for child, command in commands.items()
        if "bot.playback" in command or "bot.engine" in command
    }


def audible_s(recording: Recording) -> float:
    sound = np.flatnonzero(np.any(np.abs(recording.frames()) > 0.01, axis=1))
    return float(sound[-1] - sound[0]) / RATE_HZ if sound.size else 0.0


async def test_a_message_is_heard_from_its_start_to_its_end(
    viewer: Viewer, pulse: PulseServer
) -> None:
    recording = pulse.record()
    message = await viewer.post("hello there")
    spoken = await viewer.until(message, "spoken")
    text = (await viewer.until(message, "accepted"))["text"]
    await asyncio.to_thread(recording.wait_for_silence)

    assert spoken["audio_s"] == pytest.approx(len(text) / 15, abs=0.08)  # less a space
    assert audible_s(recording) == pytest.approx(spoken["audio_s"], abs=0.02)


@pytest.mark.parametrize(
    ("order", "reason"),
    [("!tts skip", "skipped"), ("!tts off", "off"), ("!tts mute viewer1", "muted")],
)
async def test_an_order_silences_speech_at_the_sink(
    viewer: Viewer, pulse: PulseServer, order: str, reason: str
) -> None:
    recording = pulse.record()
    message = await viewer.post(LONG)
    await asyncio.to_thread(recording.wait_for_sound)
    await viewer.order(order)
    await asyncio.to_thread(recording.wait_for_silence)

    assert (await viewer.until(message, "dropped"))["reason"] == reason
    assert audible_s(recording) < 10


@pytest.mark.parametrize(
    ("purge", "reason"),
    [
        ({"delete": "m1"}, "deleted"),
        ({"timeout": "viewer1"}, "timed_out"),
        ({"clear": True}, "cleared"),
    ],
)
async def test_what_the_platform_takes_back_is_cut_off_in_mid_speech(
    viewer: Viewer, pulse: PulseServer, purge: dict[str, Any], reason: str
) -> None:
    recording = pulse.record()
    await viewer.post(LONG, id="m1")
    await asyncio.to_thread(recording.wait_for_sound)
    await viewer.send(purge)
    await asyncio.to_thread(recording.wait_for_silence)

    assert (await viewer.until("m1", "dropped"))["reason"] == reason


async def test_orders_do_not_wait_behind_speech_and_the_next_message_follows(
    viewer: Viewer,
) -> None:
    await viewer.post(LONG, id="m1")
    await viewer.until("m1", "started")
    await viewer.post("the next one", name="viewer2", id="m2")
    await viewer.order("!tts skip")

    await viewer.until("m2", "spoken")
    assert [o["outcome"] for o in viewer.outcomes("m1")][-1] == "dropped"


@pytest.mark.parametrize(
    "order", ["!tts pause \U000e0000", "\ufeff!tts pause", "!tts\u00a0pause", "!tts pause\u034f"]
)
async def test_an_order_is_obeyed_with_invisible_characters_in_it(
    viewer: Viewer, order: str
) -> None:
    await viewer.order(order)

    assert (await viewer.status())["channels"]["main"]["is_paused"]


async def test_an_order_is_obeyed_in_an_answer(viewer: Viewer) -> None:
    moderator = {"id": "mod", "name": "mod", "roles": ["moderator"]}
    await viewer.post("@viewer1 !tts pause", author=moderator, reply_to="viewer1")

    assert (await viewer.status())["channels"]["main"]["is_paused"]


async def test_pause_holds_and_volume_is_heard(viewer: Viewer, pulse: PulseServer) -> None:
    await viewer.order("!tts pause")
    await viewer.order("!tts volume 50")
    await viewer.post("hello there", id="m1")
    assert (await viewer.status())["channels"]["main"]["pending"] == 1
    recording = pulse.record()
    await viewer.order("!tts resume")
    await viewer.until("m1", "spoken")

    assert np.abs(recording.frames()).max() == pytest.approx(0.25, abs=0.01)


async def test_status_tells_what_every_part_is_doing(viewer: Viewer) -> None:
    await viewer.post(LONG, id="m1")
    await viewer.until("m1", "started")
    status = await viewer.status()
    channel = status["channels"]["main"]

    speaking = channel["speaking"]
    assert (speaking["id"], speaking["chatter"]) == ("m1", "viewer1")
    assert speaking["started_at"] > 0
    async with asyncio.timeout(DEADLINE_S):  # they come with the pieces
        while [word for word, *_ in speaking["words"]] != speaking["text"].split():
            speaking = (await viewer.status())["channels"]["main"]["speaking"]
    assert channel["is_on"]
    assert "open at" in channel["outputs"]["default"]
    assert status["outcomes"]["main"]["started"] == 1


async def test_a_device_that_disappears_and_comes_back_finishes_the_utterance(
    viewer: Viewer, pulse: PulseServer
) -> None:
    recording = pulse.record()
    await viewer.post("a message of four seconds that is cut in two", id="m1")
    await asyncio.to_thread(recording.wait_for_sound)
    await asyncio.to_thread(pulse.kill)
    async with asyncio.timeout(DEADLINE_S):
        while "waiting" not in str((await viewer.status())["channels"]["main"]["outputs"]):
            await asyncio.sleep(0.02)
    await asyncio.to_thread(pulse.start)

    await viewer.until("m1", "spoken")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_an_engine_that_dies_in_mid_speech_is_replaced_and_nothing_is_lost(
    viewer: Viewer, pulse: PulseServer, number: signal.Signals
) -> None:
    recording = pulse.record()
    await viewer.post("a message of four seconds that is heard whole", id="m1")
    await asyncio.to_thread(recording.wait_for_sound)
    (engine,) = [child for child, command in child_processes().items() if "bot.engine" in command]
    os.kill(engine, number)
    await viewer.post("the next one", name="viewer2", id="m2")
    spoken = [await viewer.until(message, "spoken") for message in ("m1", "m2")]
    await asyncio.to_thread(recording.wait_for_silence)

    assert (await viewer.status())["engines"]["tone"]["restarts"] == 1
    assert [outcome["engines"] for outcome in spoken] == [["tone"], ["tone"]]
    assert audible_s(recording) >= sum(outcome["audio_s"] for outcome in spoken) - 0.02


async def test_a_stop_in_mid_speech_leaves_no_task_no_thread_and_no_process(
    pulse: PulseServer, events: Path
) -> None:
    del pulse
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    async with running(loads(CONFIG), events) as viewer:
        await viewer.post(LONG, id="m1")
        await viewer.until("m1", "started")
        await viewer.post("this one waits", name="viewer2", id="m2")

    reasons = [viewer.outcomes(message)[-1]["reason"] for message in ("m1", "m2")]
    assert reasons == ["shutdown", "shutdown"]
    assert asyncio.all_tasks() == tasks
    assert {t for t in threading.enumerate() if not t.name.startswith("asyncio")} <= threads
    assert child_processes() == {}
