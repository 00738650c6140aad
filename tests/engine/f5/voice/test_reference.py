"""Recording and transcript become a reference, or a sentence that says what to do."""

import io
import math
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
import torch

from bot.engine.f5.voice.reference import ReferenceCache, prepare
from bot.errors import StartError

RATE_HZ = 24_000
TRANSCRIPT = "Some call me nature, others call me mother nature."


def recording(
    seconds: float, level: float = 0.05, rate_hz: int = RATE_HZ, silence_s: float = 0.0
) -> bytes:
    rng = np.random.default_rng(0)
    speech = rng.standard_normal(round(seconds * rate_hz)) * level
    quiet = np.zeros(round(silence_s * rate_hz))
    samples = np.concatenate([quiet, speech, quiet]).clip(-1, 1)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes((samples * 32_767).astype("<i2").tobytes())
    return buffer.getvalue()


def floats(seconds: float, value: float, width: int) -> bytes:
    """Return a WAV file of floating-point samples, all of them `value`."""
    data = np.full(round(seconds * 24_000), value, f"<f{width}").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, 24_000, 24_000 * width, width, 8 * width)
    return b"".join([
        *(b"RIFF", struct.pack("<I", 28 + len(data)), b"WAVEfmt ", struct.pack("<I", 16), form),
        *(b"data", struct.pack("<I", len(data)), data),
    ])  # fmt: skip


def test_quiet_ends_are_cut_and_50_ms_of_silence_added() -> None:
    voice = prepare(recording(4.0, silence_s=1.0), TRANSCRIPT, "x")
    assert voice.samples == pytest.approx(4.05 * RATE_HZ, abs=0.02 * RATE_HZ)
    assert voice.mel.shape == (voice.samples // 256 + 1, 100)


def test_a_quiet_voice_is_raised_and_lowered_again() -> None:
    quiet, loud = (
        prepare(recording(4, 0.05), TRANSCRIPT, "x"),
        prepare(recording(4, 0.3), TRANSCRIPT, "x"),
    )
    assert quiet.output_gain == pytest.approx(0.05 / 0.1, rel=0.02)
    assert loud.output_gain == 1.0
    # exp(mel) is linear in the amplitude: one was raised to 0.1, the other stayed at 0.3
    ratio = quiet.mel[50].exp().mean() / loud.mel[50].exp().mean()
    assert float(ratio) == pytest.approx(0.1 / 0.3, rel=0.05)


def test_any_rate_gives_the_same_length() -> None:
    lengths = [prepare(recording(3, rate_hz=rate), TRANSCRIPT, "x").samples for rate in (
        8_000, 44_100, 48_000, 192_000,
    )]  # fmt: skip
    assert max(lengths) - min(lengths) <= 2 * 0.01 * RATE_HZ


@pytest.mark.parametrize(
    ("transcript", "prompt"),
    [
        ("Hello there", "Hello there.  "),
        ("Hello there.", "Hello there.  "),
        (" Hello there. \n", "Hello there.  "),
        ("你好。", "你好。"),
    ],
)
def test_the_prompt_ends_as_upstreams_does(transcript: str, prompt: str) -> None:
    assert prepare(recording(3), transcript, "x").prompt == prompt


@pytest.mark.parametrize(
    ("data", "transcript", "complaint"),
    [
        (recording(5, level=0.0), TRANSCRIPT, "is silent"),
        (recording(0.2), TRANSCRIPT, r"0\.2 s of speech"),
        (recording(300, rate_hz=8_000), TRANSCRIPT, r"300\.0 s of speech"),
        (recording(3)[:-1_000], TRANSCRIPT, "truncated"),
        (recording(3)[:24], TRANSCRIPT, "truncated"),
        (b"not audio", TRANSCRIPT, "no WAV"),
        (recording(3), " \n", "no transcript"),
        (recording(3, rate_hz=44_101), TRANSCRIPT, "odd rate of 44101 Hz"),
        (floats(3, 32_767.0, 4), TRANSCRIPT, r"is up to 3\.28e\+04 times as loud"),
        (floats(3, 1e200, 8), TRANSCRIPT, "not finite"),
        (floats(3, math.nan, 4), TRANSCRIPT, "not finite"),
        (recording(3), TRANSCRIPT * 20, "too short for a transcript"),
    ],
)
def test_what_cannot_be_a_reference_is_refused(
    data: bytes, transcript: str, complaint: str
) -> None:
    with pytest.raises(StartError, match=complaint) as caught:
        prepare(data, transcript, "voices/x/reference.wav")
    assert caught.value.remedy
    assert "voices/x/reference.wav" in caught.value.message


def test_a_voice_is_prepared_once_also_across_restarts(tmp_path: Path) -> None:
    data = recording(3)
    first = ReferenceCache(tmp_path).get(data, TRANSCRIPT, "x")
    [file] = tmp_path.iterdir()
    written_at = file.stat().st_mtime_ns
    cache = ReferenceCache(tmp_path)
    again = cache.get(data, TRANSCRIPT, "x")
    assert torch.equal(first.mel, again.mel)
    assert first[1:] == again[1:]
    recalled = cache.recall(first.digest)
    assert recalled is not None
    assert torch.equal(recalled.mel, first.mel)
    assert file.stat().st_mtime_ns == written_at
    assert cache.get(data, TRANSCRIPT + " More", "x").transcript != again.transcript


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 64])
def test_a_damaged_cache_is_made_again(content: bytes, tmp_path: Path) -> None:
    data = recording(3)
    first = ReferenceCache(tmp_path).get(data, TRANSCRIPT, "x")
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    assert torch.equal(ReferenceCache(tmp_path).get(data, TRANSCRIPT, "x").mel, first.mel)
    assert file.read_bytes() != content


def test_the_cache_is_bounded(tmp_path: Path) -> None:
    cache = ReferenceCache(tmp_path, capacity=2)
    for seconds in (1.5, 2.0, 2.5, 3.0):
        cache.get(recording(seconds), "Hi there.", "x")
    assert len(list(tmp_path.iterdir())) == 2
