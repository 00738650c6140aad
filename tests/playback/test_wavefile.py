from __future__ import annotations

import asyncio
import resource
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError
from structlog.testing import capture_logs

from bot.config.sections.playback import WavefileSettings
from bot.errors import StartError
from bot.messages import Samples
from bot.playback.clip import Clip
from bot.playback.player import Playback
from bot.playback.wavefile import WavefileOutput, header

if TYPE_CHECKING:
    from tests.playback.conftest import MakeClip, Playing

RATE_HZ = 48_000


def wavefile(path: Path, pace: Literal["realtime", "fast"] = "fast") -> WavefileOutput:
    return WavefileOutput(WavefileSettings(type="wavefile", path=path, pace=pace), fade_s=0.005)


def content(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        assert file.getparams()[:3] == (1, 2, RATE_HZ)
        data = file.readframes(file.getnframes())
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32767)


def nothing() -> None:
    """Be told that speech started, and leave it at that."""


async def test_utterances_stand_one_after_the_other_with_a_gap(
    tmp_path: Path, playing: Playing, make_clip: MakeClip
) -> None:
    path = tmp_path / "out.wav"
    async with playing(wavefile(path)) as player:
        assert await player.play(make_clip(1.0), nothing) is Playback.HEARD
        first = content(path)  # the header is right while the file is still open
        assert await player.play(make_clip(0.5), nothing) is Playback.HEARD
    assert len(first) / RATE_HZ == pytest.approx(1.0, abs=0.001)
    assert np.max(first) == pytest.approx(0.5, abs=0.01)
    both = content(path)
    assert len(both) / RATE_HZ == pytest.approx(1.8, abs=0.001)
    assert not np.any(both[len(first) : len(first) + RATE_HZ // 4])


async def test_realtime_is_cut_where_the_ear_would_be(
    tmp_path: Path, playing: Playing, make_clip: MakeClip
) -> None:
    path = tmp_path / "out.wav"
    output = wavefile(path, "realtime")
    async with playing(output) as player:
        started = asyncio.Event()
        task = asyncio.create_task(player.play(make_clip(20.0), started.set))
        await started.wait()
        player.cut()
        assert await task is Playback.CUT
    speech = content(path)
    assert len(speech) / RATE_HZ < 5
    assert abs(speech[-1]) < 0.01
    assert output.state == "closed"


@pytest.mark.parametrize("pace", ["realtime", "fast"])
async def test_speech_that_arrives_in_pieces_is_whole(
    tmp_path: Path, playing: Playing, make_clip: MakeClip, pace: Literal["realtime", "fast"]
) -> None:
    path = tmp_path / "out.wav"
    clip = Clip()
    first, second = make_clip(1.0).chunks
    async with playing(wavefile(path, pace)) as player:
        started = asyncio.Event()
        clip.append(first)
        task = asyncio.create_task(player.play(clip, started.set))
        await started.wait()
        clip.append(second)
        clip.finish()
        assert await task is Playback.HEARD
    speech = content(path)
    assert len(speech) / RATE_HZ == pytest.approx(1.0, abs=0.021)
    assert np.max(np.abs(speech[RATE_HZ // 4 : -RATE_HZ // 4])) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("pace", ["realtime", "fast"])
async def test_a_clip_without_speech_writes_nothing(
    tmp_path: Path, playing: Playing, pace: Literal["realtime", "fast"]
) -> None:
    path = tmp_path / "out.wav"
    clip = Clip()
    clip.finish()
    async with playing(wavefile(path, pace)) as player:
        assert await player.play(clip, nothing) is Playback.HEARD
    assert len(content(path)) == 0


@pytest.mark.parametrize(
    ("frames", "kind"), [(2**31 - 37, "WAV"), (2**31 - 36, "RF64"), (3 * 2**31, "RF64")]
)
def test_what_is_longer_than_a_wav_file_is_read_to_its_end(
    tmp_path: Path, frames: int, kind: str
) -> None:
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        start = file.write(header(frames, RATE_HZ))
        file.seek(start + 2 * (frames - 1))  # the silence before takes no room on the disk
        file.write(np.int16(16384).tobytes())

    with soundfile.SoundFile(path) as found:
        assert (found.format, found.subtype, found.channels) == (kind, "PCM_16", 1)
        assert (found.samplerate, found.frames) == (RATE_HZ, frames)
        found.seek(frames - 2)
        assert found.read().tolist() == [0.0, 0.5]


async def test_volume_is_heard_in_the_file(
    tmp_path: Path, playing: Playing, make_clip: MakeClip
) -> None:
    path = tmp_path / "out.wav"
    async with playing(wavefile(path), volume=50) as player:
        await player.play(make_clip(0.5), nothing)
    assert np.max(content(path)) == pytest.approx(0.25, abs=0.01)


async def test_a_path_that_cannot_be_written_refuses_to_start(tmp_path: Path) -> None:
    output = wavefile(tmp_path / "missing" / "out.wav")
    with pytest.raises(StartError, match="cannot be written: No such file or directory"):
        await output.run()
    assert not output.is_available


def test_a_path_that_no_system_takes_is_refused_by_the_configuration() -> None:
    with pytest.raises(ValidationError, match="NUL"):
        wavefile(Path("out\0.wav"))


async def test_a_full_disk_is_told_once_and_ends_only_this_output(
    tmp_path: Path, playing: Playing, make_clip: MakeClip
) -> None:
    full, other = tmp_path / "full.wav", tmp_path / "other.wav"
    lost = wavefile(full)
    small = WavefileSettings(type="wavefile", path=other, pace="fast", sample_rate_hz=8_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with capture_logs() as logs:
        async with playing(lost, WavefileOutput(small, fade_s=0.005)) as player:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
            try:
                for duration_s in (0.5, 1.0, 1.0):
                    assert await player.play(make_clip(duration_s), nothing) is Playback.HEARD
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert lost.state.startswith("stopped: File too large. Free the disk")
    assert [entry["event"] for entry in logs] == ["sound file lost"]
    assert len(content(full)) / RATE_HZ == pytest.approx(0.5, abs=0.001)
    with wave.open(str(other)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(3.1, abs=0.001)


async def test_the_only_file_that_is_full_ends_the_play_when_given_up(
    tmp_path: Path, playing: Playing, make_clip: MakeClip
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with playing(wavefile(tmp_path / "full.wav")) as player:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        try:
            player.give_up()
            assert await player.play(make_clip(1.0), nothing) is Playback.UNHEARD
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
