"""Recordings of any kind become the mel that upstream would make of them."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
import torch

from bot.engine.f5.mel import log_mel
from bot.engine.f5.voice.resample import resample
from bot.engine.upstream.importing import import_upstream
from bot.errors import StartError
from bot.voices.wav import parse

pytestmark = pytest.mark.parts

WAVE = np.random.default_rng(0).uniform(-0.9, 0.9, 4_001).astype(np.float32)


def wav(data: bytes, code: int, channels: int, rate_hz: int, bits: int) -> bytes:
    width = bits // 8 * channels
    form = struct.pack("<HHIIHH", code, channels, rate_hz, rate_hz * width, width, bits)
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2)
        for name, part in ((b"fmt ", form), (b"LIST", b"odd"), (b"data", data))
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def integers(bits: int) -> bytes:
    scaled = np.round(WAVE.astype(np.float64) * (2 ** (bits - 1) - 1)).astype("<i4")
    if bits == 8:
        return bytes((scaled + 128).astype(np.uint8))
    return bytes(scaled.view(np.uint8).reshape(-1, 4)[:, : bits // 8].tobytes())


@pytest.mark.parametrize(
    ("data", "code", "bits", "tolerance"),
    [
        (integers(8), 1, 8, 2e-2),
        (integers(16), 1, 16, 1e-4),
        (integers(24), 1, 24, 1e-6),
        (integers(32), 1, 32, 1e-6),
        (WAVE.astype("<f4").tobytes(), 3, 32, 0.0),
        (WAVE.astype("<f8").tobytes(), 3, 64, 0.0),
    ],
)
def test_sample_formats(data: bytes, code: int, bits: int, tolerance: float) -> None:
    sound = parse(wav(data, code, 1, 48_000, bits), "x.wav")
    assert sound.sample_rate_hz == 48_000
    assert np.abs(sound.samples - WAVE).max() <= tolerance


def test_channels_are_averaged() -> None:
    stereo = np.stack([WAVE, WAVE / 2], axis=1).astype("<f4")
    sound = parse(wav(stereo.tobytes(), 3, 2, 44_100, 32), "x.wav")
    np.testing.assert_allclose(sound.samples, WAVE * 0.75, atol=1e-7)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "no WAV"),
        (b"ID3\x04 not audio at all", "no WAV"),
        (wav(integers(16), 1, 1, 24_000, 16)[:-100], "truncated"),
        (wav(b"", 1, 1, 24_000, 16)[:40], "no samples"),
        (wav(integers(16), 85, 1, 24_000, 16), "unknown kind"),
        (wav(integers(16), 1, 0, 24_000, 16), "0 channels"),
        (wav(integers(16), 1, 1, 0, 16), "0 Hz"),
        (wav(integers(16), 1, 1, 24_000, 0), "unknown kind"),
    ],
)
def test_what_is_no_recording_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(StartError, match=complaint):
        parse(data, "x.wav")


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000, 192_000])
def test_resampling_and_mel_equal_torchaudio(
    rate_hz: int, error: Callable[[torch.Tensor, torch.Tensor], float]
) -> None:
    modules = import_upstream("f5_tts.model.modules")
    transforms = import_upstream("torchaudio.transforms")
    wave = torch.randn(rate_hz + 7, generator=torch.Generator().manual_seed(1))
    expected = transforms.Resample(rate_hz, 24_000)(wave)
    result = resample(wave, rate_hz, 24_000)
    assert result.shape == expected.shape
    assert error(result, expected) <= 1e-5
    mel = modules.MelSpec()(expected[None])[0].T
    assert log_mel(expected).shape == mel.shape
    assert error(log_mel(expected), mel) <= 1e-5


def test_a_file_written_by_the_standard_library_is_read() -> None:
    import wave

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(integers(16))
    assert np.abs(parse(buffer.getvalue(), "x.wav").samples - WAVE).max() < 1e-4
