"""The browser output with listeners that take what they are sent, without a browser."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

from bot.config.sections.playback import BrowserSettings
from bot.messages import AudioChunk
from bot.playback.browser import BrowserOutput
from bot.playback.clip import Clip
from bot.playback.listeners import Listener, Report
from bot.playback.player import Playback

if TYPE_CHECKING:
    from tests.playback.conftest import MakeClip, Playing

RATE_HZ = 24_000
DEADLINE_S = 20
MUTED = {"type": "state", "sample_rate_hz": RATE_HZ, "is_muted": True}
RUNNING = Report(is_running=True)


def nothing() -> None:
    """Be told that speech started, and leave it at that."""


def browser(listeners: Literal["all", "first"] = "all") -> BrowserOutput:
    return BrowserOutput(BrowserSettings(type="browser", listeners=listeners), fade_s=0.005)


class Page:
    """Stand-in for a page: joins, reports that it plays, and keeps what it is sent."""

    def __init__(self, output: BrowserOutput, *, wants_sound: bool = True) -> None:
        self.output = output
        self.listener = Listener(wants_sound=wants_sound)
        self.frames: list[tuple[int, int, float, bytes]] = []
        self.events: list[dict[str, Any]] = []
        self.changed = asyncio.Event()
        output.join(self.listener)
        output.report(self.listener, RUNNING)
        self._taking = asyncio.create_task(self._take())

    async def _take(self) -> None:
        while (message := await self.listener.next()) is not None:
            if isinstance(message, str):
                self.events.append(json.loads(message))
            else:
                play, position, at_ms, _ = struct.unpack_from("<IIdd", message)
                self.frames.append((play, position, at_ms / 1000, message[24:]))
            self.changed.set()

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def leave(self) -> None:
        self.output.leave(self.listener)
        self._taking.cancel()

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    @property
    def samples(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        data = b"".join(data for *_, data in self.frames)
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32_767)


async def test_a_page_gets_every_sample_once_with_the_time_when_it_is_heard(
    playing: Playing, make_clip: MakeClip
) -> None:
    output = browser()
    async with playing(output, volume=50) as player:
        page = Page(output)
        clip = make_clip(2.5)
        began = asyncio.get_running_loop().time()
        assert await player.play(clip, nothing) is Playback.HEARD
        took_s = asyncio.get_running_loop().time() - began
        await page.wait_for(lambda: bool(page.told("finish")))
        page.leave()

    said = np.concatenate([chunk.samples for chunk in clip.chunks])
    assert len(page.samples) == len(said)
    fade = round(0.005 * RATE_HZ)
    assert np.abs(page.samples - said)[fade:-fade].max() < 2 / 32_767
    first = page.frames[0]
    for _, position, at_s, _ in page.frames:
        assert at_s - first[2] == pytest.approx(position / RATE_HZ, abs=1e-6)
    assert took_s > 2.5  # it is over when it was heard
    assert {event["gain"] for event in page.told("gain")} >= {0.5}
    (timeline,) = page.told("timeline")
    assert timeline["position_s"] == 0
    assert timeline["at"] / 1000 == pytest.approx(first[2])


async def test_a_cut_takes_back_what_waits(playing: Playing, make_clip: MakeClip) -> None:
    output = browser()
    async with playing(output) as player:
        page = Page(output)
        task = asyncio.create_task(player.play(make_clip(20.0), nothing))
        await page.wait_for(lambda: len(page.frames) > 3)
        player.cut()
        assert await task is Playback.CUT
        count = len(page.frames)
        await page.wait_for(lambda: bool(page.told("cut")))
        assert len(page.frames) - count <= 1
        page.leave()


async def test_without_a_page_speech_waits_and_goes_on_where_it_was_heard(
    playing: Playing, make_clip: MakeClip
) -> None:
    output = browser()
    async with playing(output) as player:
        assert not output.is_available
        assert "/overlay" in output.state
        task = asyncio.create_task(player.play(make_clip(1.0), nothing))
        first = Page(output)
        await first.wait_for(lambda: bool(first.frames))
        first.leave()
        assert not output.is_available
        second = Page(output)
        assert await task is Playback.HEARD
        (timeline,) = second.told("timeline")
        assert timeline["position_s"] < 0.5  # nobody can have heard more by then
        second.leave()


async def test_a_page_that_takes_nothing_is_dropped_and_the_others_hear_all(
    playing: Playing, make_clip: MakeClip
) -> None:
    output = browser()
    dead = Listener(wants_sound=True)
    async with playing(output) as player:
        page = Page(output)
        output.join(dead)
        output.report(dead, RUNNING)
        for _ in range(400):
            dead.tell("{}")
        assert dead.is_behind
        assert await player.play(make_clip(0.5), nothing) is Playback.HEARD
        assert await dead.next() is None
        assert len(page.samples) == RATE_HZ // 2
        page.leave()


async def test_a_page_that_joins_in_the_middle_hears_the_rest(
    playing: Playing, make_clip: MakeClip
) -> None:
    output = browser()
    async with playing(output) as player:
        first = Page(output)
        task = asyncio.create_task(player.play(make_clip(2.0), nothing))
        await first.wait_for(lambda: len(first.frames) > 8)
        second = Page(output)
        assert await task is Playback.HEARD
        assert second.told("timeline")
        assert second.frames[0][1] < first.frames[8][1]  # also of what had been sent already
        for page in (first, second):
            await page.wait_for(lambda page=page: bool(page.told("finish")))  # type: ignore[misc]
            page.leave()
        assert second.frames[-1] == first.frames[-1]


async def test_the_first_page_plays_and_the_next_takes_over(playing: Playing) -> None:
    output = browser(listeners="first")
    async with playing(output):
        first, second = Page(output), Page(output)
        await second.wait_for(
            lambda: bool(second.told("state")) and second.told("state")[-1]["is_muted"]
        )
        assert not first.told("state")[-1]["is_muted"]
        first.leave()
        await second.wait_for(lambda: not second.told("state")[-1]["is_muted"])
        second.leave()


async def test_a_picture_without_sound_gets_times_and_no_frames(
    playing: Playing, make_clip: MakeClip
) -> None:
    output = browser()
    async with playing(output) as player:
        picture = Page(output, wants_sound=False)
        assert not output.is_available
        page = Page(output)
        assert await player.play(make_clip(0.3), nothing) is Playback.HEARD
        await picture.wait_for(lambda: bool(picture.told("finish")))
        assert picture.told("timeline") == page.told("timeline")
        assert not picture.frames
        picture.leave()
        page.leave()


async def test_an_engine_that_falls_behind_makes_a_gap_and_loses_nothing(
    playing: Playing, make_clip: MakeClip
) -> None:
    output = browser()
    whole = make_clip(0.4).chunks[0].samples
    clip = Clip("m1")
    clip.append(AudioChunk(samples=whole[:4_800], sample_rate_hz=RATE_HZ))
    async with playing(output) as player:
        page = Page(output)
        task = asyncio.create_task(player.play(clip, nothing))
        await page.wait_for(lambda: bool(page.frames))
        async with asyncio.timeout(DEADLINE_S):
            while not output.underflows:
                await asyncio.sleep(0.01)
        clip.append(AudioChunk(samples=whole[4_800:], sample_rate_hz=RATE_HZ))
        clip.finish()
        assert await task is Playback.HEARD
        await page.wait_for(lambda: bool(page.told("finish")))
        page.leave()

    assert len(page.samples) == len(whole)
    first, second = page.told("timeline")
    assert second["position_s"] == pytest.approx(0.2)
    assert second["at"] > first["at"] + 200
    assert {event["id"] for event in page.told("timeline")} == {"m1"}


async def test_the_slowest_page_sets_the_delay_within_limits(playing: Playing) -> None:
    output = browser()
    async with playing(output):
        fast, slow = Page(output), Page(output)
        assert output.delay_s == 0.06
        output.report(slow.listener, Report(is_running=True, wanted_ms=210))
        assert output.delay_s == 0.21
        output.report(fast.listener, Report(is_running=True, wanted_ms=9_000))
        assert output.delay_s == 0.4
        fast.leave()
        assert output.delay_s == 0.21
        output.report(slow.listener, Report(is_running=False))
        assert not output.is_available
        slow.leave()
