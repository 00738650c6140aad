"""Voices and sounds within a message are heard one after the other, and cut as one."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.config import loads
from bot.engine.timetable import Due
from bot.messages import AudioChunk, Chatter, Lane, Samples, Segment, SpeechRequest, Utterance
from bot.segments import introduced, synthesize
from tests.conftest import RATE_HZ as SINK_HZ
from tests.conftest import PulseServer
from tests.test_daemon import CONFIG, Viewer, audible_s, running

RATE_HZ = 24_000
BEEP_HZ, TONE_HZ = 1_000, 440
SOUND = AudioChunk(samples=np.full(100, 0.25, np.float32), sample_rate_hz=RATE_HZ)


class Engine:
    """Speaks one piece for each request, and tells what was asked."""

    name = "stand-in"
    languages = None
    silent_s = 0.0

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def rouse(self) -> None: ...

    async def synthesize(
        self, request: SpeechRequest, due: Due | None = None
    ) -> AsyncGenerator[AudioChunk, None]:
        del due
        self.asked.append((request.voice, request.text))
        yield AudioChunk(samples=np.full(10, 0.5, np.float32), sample_rate_hz=RATE_HZ)


def utterance(*segments: Segment, prefix: str = "") -> Utterance:
    return Utterance(
        id="m1",
        channel="main",
        chatter=Chatter(id="u1", name="ana"),
        prefix=prefix,
        body=" ".join(filter(None, (segment.text for segment in segments))),
        voice="heart",
        lane=Lane.REST,
        received_at=0.0,
        segments=segments,
    )


async def test_segments_are_asked_in_their_voices_and_order() -> None:
    engine = Engine()
    spoken = utterance(
        Segment(text="one"), Segment(sound="horn"), Segment(text="two", voice="bass"),
        Segment(sound="gone"),
    )  # fmt: skip
    request = SpeechRequest(id="m1", text=spoken.body, voice="heart", language="")
    sounds = {"horn": SOUND}.get
    pieces = [
        piece async for piece in synthesize(engine, request, Due(0.0), spoken.segments, sounds)
    ]

    assert engine.asked == [("heart", "one"), ("bass", "two")]
    levels = [float(piece.samples[0]) for piece in pieces]
    assert levels == [0.5, 0.0, 0.25, 0.0, 0.5]


@pytest.mark.parametrize(
    ("segments", "first"),
    [
        ((Segment(text="one"),), Segment(text="ana says: one")),
        ((Segment(text="one", voice="bass"),), Segment(text="ana says:")),
        ((Segment(sound="horn"),), Segment(text="ana says:")),
    ],
)
def test_the_introduction_is_in_the_voice_of_the_whole(
    segments: tuple[Segment, ...], first: Segment
) -> None:
    spoken = utterance(*segments, prefix="ana says: ")
    assert introduced(spoken, with_prefix=True)[0] == first
    assert introduced(spoken, with_prefix=False) == segments


def pitches(frames: Samples) -> list[int]:
    """Return the pitch of each stretch of sound, as one of those that there are."""
    found: list[int] = []
    block = SINK_HZ // 50
    for start in range(0, len(frames) - block, block):
        part = frames[start : start + block, 0]
        if np.abs(part).max() < 0.02:
            continue
        peak = float(np.fft.rfftfreq(block, 1 / SINK_HZ)[np.argmax(np.abs(np.fft.rfft(part)))])
        pitch = min((BEEP_HZ, TONE_HZ), key=lambda known: abs(known - peak))
        if found[-1:] != [pitch]:
            found.append(pitch)
    return found


@pytest.fixture
def config(tmp_path: Path) -> str:
    folder = tmp_path / "sounds"
    folder.mkdir()
    t = np.arange(RATE_HZ) / RATE_HZ
    soundfile.write(folder / "beep.wav", 0.5 * np.sin(2 * np.pi * BEEP_HZ * t), RATE_HZ)
    return f"{CONFIG}sounds: {{folder: {folder}}}\npolicy: {{name: {{say: false}}}}\n"


async def spoken_whole(viewer: Viewer, text: str) -> float:
    message = await viewer.post(text)
    return float((await viewer.until(message, "spoken"))["audio_s"])


@pytest.mark.parts
async def test_a_sound_is_heard_between_the_words(
    config: str, tmp_path: Path, pulse: PulseServer
) -> None:
    async with running(loads(config), tmp_path / "events.jsonl") as viewer:
        recording = pulse.record()
        audio_s = await spoken_whole(viewer, "hello (beep) there (nothing)")
        await asyncio.to_thread(recording.wait_for_silence)

        assert pitches(recording.frames()) == [TONE_HZ, BEEP_HZ, TONE_HZ]
        assert audible_s(recording) == pytest.approx(audio_s, abs=0.05)


@pytest.mark.parts
async def test_a_skip_ends_all_of_it(config: str, tmp_path: Path, pulse: PulseServer) -> None:
    async with running(loads(config), tmp_path / "events.jsonl") as viewer:
        recording = pulse.record()
        message = await viewer.post("one (beep) two (beep) " + "three " * 9)
        await asyncio.to_thread(recording.wait_for_sound)
        await viewer.order("!tts skip")
        await asyncio.to_thread(recording.wait_for_silence)

        assert (await viewer.until(message, "dropped"))["reason"] == "skipped"
        assert audible_s(recording) < 3
