"""Levels against pyloudnorm, true peaks against soxr's best resampler."""

import numpy as np
import pyloudnorm
import pytest
import soxr

from bot.engine.f5.voice.loudness import TARGET_LUFS, levelled, limited, loudness_lufs
from bot.messages import Samples

RATE_HZ = 24_000


def speechlike(seconds: float, *, level: float = 0.05, spikes: int = 0, seed: int = 0) -> Samples:
    """Syllables of noise with pauses between them, and a few peaks far above the rest."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    noise = np.convolve(rng.standard_normal(count), np.ones(6) / 6, "same")
    envelope = np.maximum(np.sin(2 * np.pi * 3 * np.arange(count) / RATE_HZ), 0.0)
    samples = noise / noise.std() * level * envelope
    peaks = np.zeros(count)
    peaks[rng.integers(0, count, spikes)] = rng.choice([-1, 1], spikes) * 10 * level
    result: Samples = (samples + np.convolve(peaks, [0.5, 1, 0.5], "same")).astype(np.float32)
    return result


def true_peak_db(samples: Samples) -> float:
    fine = soxr.resample(samples.astype(np.float64), RATE_HZ, 4 * RATE_HZ, quality="VHQ")
    return float(20 * np.log10(np.abs(fine).max()))


@pytest.mark.parametrize("seconds", [0.8, 1.0, 3.3, 12.0])
@pytest.mark.parametrize("level", [0.01, 0.05, 0.3])
def test_the_meter_agrees_with_pyloudnorm(seconds: float, level: float) -> None:
    samples = speechlike(seconds, level=level)
    expected = pyloudnorm.Meter(RATE_HZ).integrated_loudness(samples.astype(np.float64))
    assert loudness_lufs(samples) == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize("level", [0.05, 0.1, 0.3])
def test_speech_comes_out_at_one_level_with_its_peaks_down(level: float) -> None:
    speech = levelled(speechlike(4.0, level=level, spikes=12))
    heard = pyloudnorm.Meter(RATE_HZ).integrated_loudness(speech.astype(np.float64))
    assert heard == pytest.approx(TARGET_LUFS, abs=0.75)
    assert true_peak_db(speech) <= -1.0
    assert speech.dtype == np.float32


def test_a_voices_own_gain_is_kept() -> None:
    samples = speechlike(3.0)
    difference = loudness_lufs(levelled(samples, 0.5)) - loudness_lufs(levelled(samples))
    assert difference == pytest.approx(-6.02, abs=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_no_true_peak_passes_the_limit(seed: int) -> None:
    loud = speechlike(2.0, level=0.6, spikes=200, seed=seed)
    assert true_peak_db(loud) > 0
    assert true_peak_db(limited(loud)) <= -1.0


@pytest.mark.parametrize("seed", range(5))
def test_no_true_peak_of_hiss_passes_the_limit(seed: int) -> None:
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(2 * RATE_HZ) * 0.45)
    hertz = np.fft.rfftfreq(2 * RATE_HZ, 1 / RATE_HZ)
    hiss = np.fft.irfft(spectrum * ((hertz > 7_000) & (hertz < 11_000))).astype(np.float32)
    assert true_peak_db(hiss) > 0
    assert true_peak_db(limited(hiss)) <= -1.0


def test_what_is_low_enough_is_left_as_it_is() -> None:
    samples = speechlike(2.0, level=0.05)
    assert limited(samples) is samples
    one_spike = samples.copy()
    one_spike[RATE_HZ] = 1.0
    changed = np.flatnonzero(limited(one_spike) != one_spike)
    assert RATE_HZ in changed
    assert np.abs(changed - RATE_HZ).max() <= 0.012 * RATE_HZ


@pytest.mark.parametrize("count", [0, 1, 7, 100, 9_599])
def test_the_shortest_pieces_are_levelled_too(count: int) -> None:
    samples = speechlike(1.0, level=0.3)[:count]
    result = levelled(samples)
    assert len(result) == count
    assert np.isfinite(result).all()


def test_silence_is_not_made_loud() -> None:
    faint = speechlike(2.0, level=1e-4)
    assert np.array_equal(levelled(faint), faint)
    silence = np.zeros(RATE_HZ, np.float32)
    assert np.array_equal(levelled(silence), silence)
