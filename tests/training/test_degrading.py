"""Bad recordings are as bad as they say, and otherwise what was recorded."""

import io

import numpy as np
import pytest
import soundfile

from bot.messages import Samples
from bot.voices.wav import parse

pytest.importorskip("av", reason="needs the packages of training/requirements.txt")
pytest.importorskip("scipy", reason="needs the packages of training/requirements.txt")
from training.evaluation.degrading import (
    SAMPLE_RATE_HZ,
    clean,
    fan,
    microphone,
    room,
)

pytestmark = pytest.mark.parts

AROUND = round(0.5 * SAMPLE_RATE_HZ)


def tone(pitch_hz: float) -> Samples:
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    return np.asarray(0.3 * np.sin(2 * np.pi * pitch_hz * time_s), np.float32)


def level_db(samples: Samples) -> float:
    return 10 * float(np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


def recorded(file: bytes) -> Samples:
    sound = parse(file, "it")
    assert sound.sample_rate_hz == SAMPLE_RATE_HZ
    return sound.samples


def test_a_clean_recording_has_quiet_around_it() -> None:
    samples = recorded(clean(tone(500)))
    assert len(samples) == 2 * AROUND + SAMPLE_RATE_HZ
    assert level_db(samples[:AROUND]) < -100 < level_db(samples[AROUND:-AROUND])


@pytest.mark.parametrize("above_db", [15.0, 25.0])
def test_a_fan_is_as_loud_as_it_says(above_db: float) -> None:
    samples = recorded(fan(above_db)(tone(500)))
    difference = level_db(samples[AROUND:-AROUND]) - level_db(samples[:AROUND])
    assert difference == pytest.approx(above_db, abs=0.7)
    assert np.array_equal(samples, recorded(fan(above_db)(tone(500))))


def test_a_room_sounds_on_and_dies_away() -> None:
    samples = recorded(room(tone(500)))
    end = AROUND + SAMPLE_RATE_HZ
    soon, late = (samples[end + at : end + at + 1200] for at in (0, 6000))
    assert level_db(samples[: AROUND - 1200]) < -90
    assert -30 < level_db(soon) - level_db(samples[AROUND:end]) < 0
    # 60 dB in half a second: 30 in a quarter of one.
    assert level_db(late) - level_db(soon) == pytest.approx(-30, abs=4)


def test_a_cheap_microphone_hears_a_narrow_band_and_clips() -> None:
    file = microphone(tone(100) + tone(1000))
    samples, rate_hz = soundfile.read(io.BytesIO(file), dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    middle = samples[AROUND + 2000 : AROUND + 2000 + SAMPLE_RATE_HZ // 2]
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) + 1e-9)
    rumble, heard, clipped = (spectrum[pitch_hz // 2] for pitch_hz in (100, 1000, 3000))
    assert rumble < heard - 20
    assert heard - 30 < clipped < heard - 5
    assert len(file) < 2 * SAMPLE_RATE_HZ * 2 / 8
