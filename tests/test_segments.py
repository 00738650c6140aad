"""Voices and sounds within a message are heard one after the other, and cut as one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bot.config import loads
from bot.config.sections.engine import EngineSettings
from bot.engine.timetable import Due
from bot.messages import AudioChunk, Chatter, Lane, Samples, Segment, SpeechRequest, Utterance
from bot.segments import introduced, synthesize
from bot.wiring import engines
from tests.bench.daemon import ENDS
from tests.bench.daemon import Daemon as DaemonProcess
from tests.conftest import RATE_HZ as SINK_HZ
from tests.conftest import PulseServer, Recording
from tests.engine.guests import SpeechServer
from tests.test_daemon import CONFIG, audible_s, running

RATE_HZ = 24_000
BEEP_HZ, TONE_HZ, VOICE_HZ, OTHER_VOICE_HZ = 1_000, 440, 300, 600
BEEP_RATE_HZ = 44_100
"""Another rate than that of the voices."""
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
    known = (VOICE_HZ, TONE_HZ, OTHER_VOICE_HZ, BEEP_HZ)
    found: list[int] = []
    block = SINK_HZ // 50
    for start in range(0, len(frames) - block, block):
        part = frames[start : start + block, 0]
        if np.abs(part).max() < 0.02:
            continue
        peak = float(np.fft.rfftfreq(block, 1 / SINK_HZ)[np.argmax(np.abs(np.fft.rfft(part)))])
        pitch = min(known, key=lambda each: abs(each - peak))
        if found[-1:] != [pitch]:
            found.append(pitch)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    folder.mkdir()
    t = np.arange(BEEP_RATE_HZ) / BEEP_RATE_HZ
    soundfile.write(folder / "beep.wav", 0.5 * np.sin(2 * np.pi * BEEP_HZ * t), BEEP_RATE_HZ)
    return folder


@pytest.fixture
def config(folder: Path) -> str:
    return f"{CONFIG}sounds: {{folder: {folder}}}\npolicy: {{name: {{say: false}}}}\n"


@pytest.mark.parts
async def test_a_voice_a_sound_and_another_voice_are_heard_in_order(
    config: str, tmp_path: Path, pulse: PulseServer
) -> None:
    async with SpeechServer().running() as server:
        guest = {"url": server.url, "languages": ["en"], "voices": {"bass": "echo"}}
        speaking = engines.create(
            EngineSettings.model_validate({"engines": ["openai"], "openai": guest})
        )
        # The voices that chatters choose from are those of an engine that has several.
        settings = loads(config.replace("engines: [tone]", "engines: [f5]"))
        async with running(settings, tmp_path / "events.jsonl", speaking) as viewer:
            recording = pulse.record()
            message = await viewer.post("hello there (beep) [bass] good night (nothing)")
            outcome = await viewer.until(message, "spoken")
            await asyncio.to_thread(recording.wait_for_silence)

            assert pitches(recording.frames()) == [VOICE_HZ, BEEP_HZ, OTHER_VOICE_HZ]
            assert audible_s(recording) == pytest.approx(outcome["audio_s"], abs=0.05)
            text = (await viewer.until(message, "accepted"))["text"]
            assert text == "hello there good night nothing"
            ends = [o for o in viewer.outcomes(message) if o["outcome"] in ENDS]
            assert len(ends) == 1


@pytest.mark.parts
@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("!tts skip", "skipped"),
        ({"delete": "m1"}, "deleted"),
        ({"timeout": "viewer1"}, "timed_out"),
        ({"clear": True}, "cleared"),
    ],
)
async def test_all_of_it_ends_at_once(
    config: str, tmp_path: Path, pulse: PulseServer, end: str | dict[str, Any], reason: str
) -> None:
    async with running(loads(config), tmp_path / "events.jsonl") as viewer:
        recording = pulse.record()
        await viewer.post("one (beep) two (beep) " + "three " * 9, id="m1")
        await asyncio.to_thread(recording.wait_for, lambda: is_heard(recording, BEEP_HZ), "beep")
        await (viewer.order(end) if isinstance(end, str) else viewer.send(end))
        dropped = await viewer.until("m1", "dropped")
        ended_at = recording.length
        await asyncio.to_thread(recording.wait_for_silence)

        assert dropped["reason"] == reason
        assert not np.any(recording.frames(ended_at + SINK_HZ // 10))
        assert pitches(recording.frames()) == [TONE_HZ, BEEP_HZ]


def is_heard(recording: Recording, pitch_hz: int) -> bool:
    return pitch_hz in pitches(recording.frames())


def kill(daemon: DaemonProcess) -> None:
    """Kill it, and wait until all that it has started is gone too."""
    with daemon.process as process:
        process.kill()
        with suppress(EOFError):
            daemon.wait_for_log("nothing that it says")


@pytest.mark.parts
@pytest.mark.timeout(170)
def test_what_was_paid_is_spoken_whole_after_a_kill(
    folder: Path, tmp_path: Path, pulse: PulseServer
) -> None:
    def start(number: int) -> DaemonProcess:
        place = tmp_path / str(number)
        place.mkdir()
        return DaemonProcess(
            *(place, [{"type": "ingest"}], pulse),
            state=tmp_path / "state",
            engine={"engines": ["tone"]},
            sounds={"folder": str(folder)},
            policy={"name": {"say": False}, "events": {"cheer": None}},
        )

    first = start(1)
    try:
        recording = pulse.record()
        message = first.post("one two three (beep) four", cheer=100)
        recording.wait_for(lambda: is_heard(recording, TONE_HZ), "words")
    finally:
        kill(first)
    recording.wait_for_silence()
    recording = pulse.record()
    second = start(2)
    try:
        second.wait_until_idle()
        recording.wait_for_silence()
        ends = [(o["id"], o["outcome"]) for o in second.events() if o["outcome"] in ENDS]
    finally:
        kill(second)

    assert ends == [(message, "spoken")]
    assert pitches(recording.frames()) == [TONE_HZ, BEEP_HZ, TONE_HZ]
