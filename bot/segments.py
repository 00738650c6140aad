"""Speech of an utterance in segments: voices and sounds one after the other."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TypeAlias

import numpy as np
from msgspec.structs import replace

from bot.engine.narrator import SpeechEngine
from bot.engine.timetable import Due
from bot.messages import AudioChunk, Segment, SpeechRequest, Utterance
from bot.runtime.clock import awake

_PAUSE_S = 0.15
"""Silence between two segments."""

Sounds: TypeAlias = Callable[[str], AudioChunk | None]
"""Returns a sound by its name; None if there is none."""


def introduced(utterance: Utterance, *, with_prefix: bool) -> tuple[Segment, ...]:
    """Return the segments of `utterance`, its introduction in the voice of the whole."""
    segments = utterance.segments
    if not segments or not with_prefix or not utterance.prefix.strip():
        return segments
    first, *others = segments
    if first.text and not first.voice:
        return (replace(first, text=utterance.prefix + first.text), *others)
    return (Segment(text=utterance.prefix.rstrip()), *segments)


async def synthesize(
    engine: SpeechEngine,
    request: SpeechRequest,
    due: Due,
    segments: Sequence[Segment],
    sounds: Sounds,
) -> AsyncGenerator[AudioChunk, None]:
    """Yield the segments of `request` piece by piece; closing the generator cancels.

    Raises:
        UtteranceError: no engine can speak one of them.
    """
    given_s, rate_hz = 0.0, 0
    for segment in segments:
        audio = sounds(segment.sound) if segment.sound else None
        if segment.sound and audio is None:
            continue  # taken out of the folder meanwhile
        if rate_hz:
            silence = np.zeros(round(_PAUSE_S * rate_hz), np.float32)
            yield AudioChunk(samples=silence, sample_rate_hz=rate_hz)
        if audio is not None:
            yield audio
            given_s, rate_hz = given_s + audio.duration_s, audio.sample_rate_hz
            continue
        left_s = max(due.at + given_s - awake(), 0.0) if rate_hz else 0.0
        part = Due(left_s) if rate_hz else due
        coming = asyncio.get_running_loop().call_later(left_s, part.come) if rate_hz else None
        spoken = replace(
            request,
            text=segment.text,
            voice=segment.voice or request.voice,
            due_s=left_s if rate_hz else request.due_s,
        )
        try:
            async with aclosing(engine.synthesize(spoken, part)) as pieces:
                async for piece in pieces:
                    yield piece
                    given_s, rate_hz = given_s + piece.duration_s, piece.sample_rate_hz
        finally:
            if coming is not None:
                coming.cancel()
