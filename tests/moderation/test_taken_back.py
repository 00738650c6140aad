"""What is taken back is not heard, at whatever stage it is; panic is silence, whatever hangs."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.config import loads
from tests.conftest import PulseServer
from tests.long import first_ones
from tests.test_daemon import CONFIG, LONG, Viewer, audible_s, child_processes, running, until

pytestmark = pytest.mark.parts

PURGES: Mapping[str, dict[str, Any]] = {
    "deleted": {"delete": "m1"},
    "timed_out": {"timeout": "viewer1"},
    "cleared": {"clear": True},
}
MODERATED = "moderation: {approval: {enabled: true}}"
_FLOOD = 200
"""Messages before panic, and behind it."""
GRACE = "moderation: {grace: {seconds: 1.0}}"


@pytest.fixture
def start(pulse: PulseServer, tmp_path: Path) -> Callable[..., Any]:
    del pulse  # the device is its first sink
    return lambda more="": running(loads(f"{CONFIG}{more}\n"), tmp_path / "events.jsonl")


def engine() -> int:
    (found,) = [child for child, command in child_processes().items() if "bot.engine" in command]
    return found


async def waits_behind_another(viewer: Viewer) -> None:
    await viewer.order("!tts pause")
    await viewer.post("this one waits", id="m1")


async def waits_for_approval(viewer: Viewer) -> None:
    await viewer.post("this one is held", id="m1")
    await viewer.until("m1", "held")


async def is_being_made(viewer: Viewer) -> None:
    os.kill(engine(), signal.SIGSTOP)
    await viewer.post("this one is being made", id="m1")
    await viewer.until("m1", "queued")


async def is_made_ahead(viewer: Viewer) -> None:
    """Let it be made while it waits for its seconds of grace."""
    await viewer.post("this one is ready", id="m1")
    await viewer.until("m1", "queued")


@pytest.mark.parametrize("purge", first_ones(PURGES.values()), ids=PURGES)
@pytest.mark.parametrize(
    ("bring", "more"),
    [
        (waits_behind_another, ""),
        (waits_for_approval, MODERATED),
        (is_being_made, ""),
        (is_made_ahead, GRACE),
    ],
)
async def test_what_was_not_begun_is_never_heard(
    bring: Callable[[Viewer], Awaitable[None]],
    more: str,
    purge: dict[str, Any],
    start: Callable[..., Any],
    pulse: PulseServer,
) -> None:
    async with start(more) as viewer:
        recording = pulse.record()
        await bring(viewer)
        await viewer.send(purge)
        os.kill(engine(), signal.SIGCONT)
        dropped = await viewer.until("m1", "dropped")
        await viewer.order("!tts resume")
        await viewer.order("!tts replay")
        moderator = {"id": "mod", "name": "mod", "roles": ["moderator"]}
        await viewer.post("over", id="m2", author=moderator)
        spoken = await viewer.until("m2", "spoken")
        await asyncio.to_thread(recording.wait_for_silence)

        assert PURGES[dropped["reason"]] == purge
        assert audible_s(recording) == pytest.approx(spoken["audio_s"], abs=0.05)


@pytest.mark.parametrize("purge", PURGES.values(), ids=PURGES)
async def test_what_was_said_is_not_said_again(
    purge: dict[str, Any], start: Callable[..., Any], pulse: PulseServer
) -> None:
    async with start() as viewer:
        await viewer.post("said", id="m1")
        await viewer.until("m1", "spoken")
        recording = pulse.record()
        await viewer.send(purge)
        await viewer.order("!tts replay viewer1")
        await viewer.post("over", name="viewer2", id="m2")
        spoken = await viewer.until("m2", "spoken")
        await asyncio.to_thread(recording.wait_for_silence)

        assert audible_s(recording) == pytest.approx(spoken["audio_s"], abs=0.05)


async def panic_over_http(viewer: Viewer) -> None:
    async with viewer.http.post("/api/panic") as answer:
        assert answer.status == 200


async def panic_in_chat(viewer: Viewer) -> None:
    await viewer.order("!tts panic")


@pytest.mark.parametrize("panic", [panic_over_http, panic_in_chat])
async def test_panic_is_silence_while_the_engine_hangs(
    panic: Callable[[Viewer], Awaitable[None]], start: Callable[..., Any], pulse: PulseServer
) -> None:
    async with start() as viewer:
        recording = pulse.record()
        await viewer.post(LONG, id="m1")
        await asyncio.to_thread(recording.wait_for_sound)
        os.kill(engine(), signal.SIGSTOP)
        await viewer.post("this one waits", name="viewer2", id="m2")
        await panic(viewer)
        assert [(await viewer.until(m, "dropped"))["reason"] for m in ("m1", "m2")] == ["panic"] * 2
        await asyncio.to_thread(recording.wait_for_silence)
        os.kill(engine(), signal.SIGCONT)

        refused = await viewer.post("not now", name="viewer3")
        assert (await viewer.until(refused, "rejected"))["reason"] == "panic"
        assert (await viewer.status())["channels"]["main"]["is_panicking"]
        await viewer.order("!tts release")
        after = await viewer.post("at last", name="viewer3")
        await viewer.until(after, "spoken")


async def test_panic_comes_through_a_flood(start: Callable[..., Any], pulse: PulseServer) -> None:
    async with start() as viewer:
        recording = pulse.record()
        await viewer.post(LONG, id="m1")
        await asyncio.to_thread(recording.wait_for_sound)
        flood = Flood(viewer)
        writing = asyncio.create_task(flood.run())
        await until(lambda: flood.written > _FLOOD)
        await panic_over_http(viewer)
        await asyncio.to_thread(recording.wait_for_silence)
        silent_from, before = recording.length, flood.written
        await until(lambda: flood.written > before + _FLOOD)
        writing.cancel()

        assert (await viewer.until("m1", "dropped"))["reason"] == "panic"
        assert not recording.frames(silent_from).any()


class Flood:
    """Many chatters who write without end."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.written = 0

    async def run(self) -> None:
        while True:
            await asyncio.gather(
                *(self._viewer.post(f"flood {n}", name=f"flooder{n}") for n in range(20))
            )
            self.written += 20
