"""Loudness of speech: every piece is brought to one level, and its peaks are kept below full scale.

Two voices with equally loud references differ by up to 2 LU, two pieces of one voice by as much. So
the speech itself is measured, by ITU-R BS.1770-4 (K-weighting, blocks of 400 ms, two gates); the
filters are those of its annex 1 for 48 kHz, evaluated as a response over frequency. Peaks are true
peaks: of the signal at four times its rate.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bot.engine.f5.mel import SAMPLE_RATE_HZ
from bot.engine.f5.voice.resample import resample
from bot.messages import Samples

TARGET_LUFS = -20.0
"""Common loudness; leaves room for most peaks."""
PEAK = 10 ** (-1.5 / 20)
"""Limit on true peaks, half a decibel below the -1 dBFS that they may reach: four measurements a
sample miss a little, and the sound device may resample again."""
_MAX_CHANGE_DB = 15.0
"""Limit on the change of a piece; one further from the target is no speech and stays as it is."""
_OVERSAMPLING = 4
_TRUE_PEAK_ALLOWANCE = 0.7
"""Part of the limit below which samples have no true peak above it."""
_CHUNK = SAMPLE_RATE_HZ // 1000
"""Samples that share a gain: 1 ms."""
_ZERO_CROSSINGS = 32
"""Of the resampler for true peaks: hiss just below 12 kHz makes some that a shorter one misses."""
_MARGIN = 36
"""Samples on both sides of a chunk that its peak depends on: the resampler reaches over 33."""
_LOOK_CHUNKS = 4
"""Chunks over which the gain falls before a peak and rises behind it."""
_STEP = SAMPLE_RATE_HZ // 10
_STEPS_PER_BLOCK = 4
_SILENCE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_OFFSET_LUFS = -0.691
_FILTER_RATE_HZ = 48_000
_SHELF = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


def loudness_lufs(samples: Samples) -> float:
    """Return the integrated loudness of mono audio at 24 kHz, `[n]`; -inf for silence."""
    length = _fast_length(len(samples))
    spectrum = torch.fft.rfft(torch.from_numpy(samples), length)
    weighted = torch.fft.irfft(spectrum * _response(len(spectrum)), length)[: len(samples)]
    powers = _block_powers(weighted)
    powers = powers[powers > _power(_SILENCE_LUFS)]
    if not powers.size:
        return -np.inf
    gate = powers.mean() * 10 ** (_RELATIVE_GATE_LU / 10)
    return float(10 * np.log10(powers[powers > gate].mean()) + _OFFSET_LUFS)


def levelled(samples: Samples, gain: float = 1.0) -> Samples:
    """Return speech at 24 kHz, `[n]`, at the common loudness times `gain`, its peaks kept down."""
    if not samples.size:
        return samples
    change_db = TARGET_LUFS - loudness_lufs(samples)
    if abs(change_db) <= _MAX_CHANGE_DB:
        gain *= 10 ** (change_db / 20)
    return limited(samples * np.float32(gain))


def limited(samples: Samples, peak: float = PEAK) -> Samples:
    """Return the samples with no true peak above `peak`; what lies below it stays as it is.

    The gain looks ahead: it falls to what a peak allows before the peak is there, and never jumps.
    """
    needed = np.minimum(peak / np.maximum(_true_peaks(samples, above=peak), peak), 1.0)
    if needed.min(initial=1.0) == 1.0:
        return samples
    padded = np.pad(needed, 2 * _LOOK_CHUNKS, constant_values=1.0)
    lowest = _windows(padded, _LOOK_CHUNKS).min(axis=1)
    # A mean of the lowest gains around: nowhere more than the chunk and its neighbours allow.
    window = np.hanning(2 * _LOOK_CHUNKS + 1)  # one narrower on each side, since it ends in zeros
    gains = _windows(lowest, _LOOK_CHUNKS) @ (window / window.sum())
    return samples * _between(gains.astype(np.float32))[: len(samples)]


def _between(gains: Samples) -> Samples:
    """Return a gain for every sample: lines between those of the chunks' centres."""
    steps = np.diff(gains, append=gains[-1:])[:, None] * (
        np.arange(_CHUNK, dtype=np.float32) / _CHUNK
    )
    before = np.repeat(gains[:1], _CHUNK // 2)
    return np.concatenate([before, (gains[:, None] + steps).reshape(-1)])


def _true_peaks(samples: Samples, above: float) -> npt.NDArray[np.float64]:
    """Return the highest magnitude in each chunk; true peaks where they may be `above`."""
    chunks = -(-len(samples) // _CHUNK)
    padded = np.pad(samples, (_MARGIN, chunks * _CHUNK - len(samples) + _MARGIN))
    peaks = np.abs(padded[_MARGIN : _MARGIN + chunks * _CHUNK]).reshape(chunks, _CHUNK).max(axis=1)
    high = np.flatnonzero(peaks > above * _TRUE_PEAK_ALLOWANCE)
    if high.size:
        # Each with a margin, so that all of them can be resampled at once.
        width = _CHUNK + 2 * _MARGIN
        cut = np.lib.stride_tricks.sliding_window_view(padded, width)[high * _CHUNK].reshape(-1)
        rate_hz = SAMPLE_RATE_HZ * _OVERSAMPLING
        fine = resample(
            torch.from_numpy(cut), SAMPLE_RATE_HZ, rate_hz, zero_crossings=_ZERO_CROSSINGS
        ).numpy()
        inner = slice(_MARGIN * _OVERSAMPLING, (_MARGIN + _CHUNK) * _OVERSAMPLING)
        found = np.abs(fine.reshape(-1, width * _OVERSAMPLING)[:, inner]).max(axis=1)
        peaks[high] = np.maximum(peaks[high], found)
    return peaks.astype(np.float64)


def _windows(values: npt.NDArray[np.float64], reach: int) -> npt.NDArray[np.float64]:
    return np.lib.stride_tricks.sliding_window_view(values, 2 * reach + 1)


def _block_powers(weighted: Tensor) -> npt.NDArray[np.float64]:
    """Return the mean square of each 400 ms, every 100 ms; of the whole if it is shorter."""
    steps = len(weighted) // _STEP
    if steps < _STEPS_PER_BLOCK:
        return np.array([float(weighted.square().mean())])
    powers = weighted[: steps * _STEP].reshape(steps, _STEP).square().mean(dim=1).double().numpy()
    return np.lib.stride_tricks.sliding_window_view(powers, _STEPS_PER_BLOCK).mean(axis=1)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_LUFS) / 10))


@lru_cache(maxsize=64)
def _response(bins: int) -> Tensor:
    """Return the magnitude of the K-weighting at `bins` frequencies from 0 to 12 kHz."""
    z = np.exp(-2j * np.pi * np.linspace(0, SAMPLE_RATE_HZ / 2, bins) / _FILTER_RATE_HZ)
    response = np.ones(bins)
    for numerator, denominator in (_SHELF, _HIGH_PASS):
        response *= np.abs(np.polyval(numerator[::-1], z) / np.polyval(denominator[::-1], z))
    return torch.from_numpy(response.astype(np.float32))


def _fast_length(count: int) -> int:
    """Return a length of at least `count` with a fast transform; they are few."""
    step = 2 ** max((count - 1).bit_length() - 3, 0)
    return -(-count // step) * step
