"""Speech to play, and players that stop with their test."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from typing import TypeAlias

import numpy as np
import pytest

from bot.config.sections.playback import PlaybackSettings
from bot.messages import AudioChunk
from bot.playback import Output
from bot.playback.clip import Clip
from bot.playback.player import Player

_CHUNK_S = 0.5
_NICE = -11
"""PulseAudio's priority."""

MakeClip: TypeAlias = Callable[..., Clip]
Playing: TypeAlias = Callable[..., AbstractAsyncContextManager[Player]]


@pytest.fixture(autouse=True, scope="module")
def first_in_line() -> Iterator[None]:
    """Let sound come before other tests, as on a desktop, with all processes that begin here.

    Sound servers take that priority themselves; who feeds and who records them are as urgent.
    """
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, min(before, _NICE))
    yield
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, before)


@pytest.fixture
def make_clip() -> MakeClip:
    """Return a function that makes a finished clip with a sine in chunks of half a second."""

    def make(
        duration_s: float,
        *,
        frequency_hz: float = 440.0,
        sample_rate_hz: int = 24_000,
        peak: float = 0.5,
    ) -> Clip:
        t = np.arange(round(duration_s * sample_rate_hz)) / sample_rate_hz
        wave = (peak * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)
        clip = Clip()
        step = round(_CHUNK_S * sample_rate_hz)
        for start in range(0, len(wave), step):
            samples = wave[start : start + step]
            clip.append(AudioChunk(samples=samples, sample_rate_hz=sample_rate_hz))
        clip.finish()
        return clip

    return make


@asynccontextmanager
async def _running(output: Output) -> AsyncIterator[None]:
    holding = asyncio.create_task(output.run())
    try:
        await output.wait_until_settled()
        yield
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        assert holding.cancelled()


@asynccontextmanager
async def _playing(*outputs: Output, volume: int = 100) -> AsyncIterator[Player]:
    async with AsyncExitStack() as stack:
        for output in outputs:
            await stack.enter_async_context(_running(output))
        yield Player(outputs, PlaybackSettings(volume=volume))


@pytest.fixture
def playing() -> Playing:
    """Return a context manager that runs outputs and gives their player."""
    return _playing
