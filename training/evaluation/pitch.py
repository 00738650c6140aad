"""Pitch of a voice, by YIN (de Cheveigne and Kawahara 2002)."""

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.float32]

_RATE_HZ = 12_000
_WINDOW = 480
_HOP = 120
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 600.0
_THRESHOLD = 0.15
_VOICED = 0.25
"""Aperiodicity up to which a frame counts as voiced."""
_QUIET = 0.05
"""Level of silence, as a part of the loudest frame's."""


def mean_pitch_hz(samples: Samples, rate_hz: int) -> float:
    """Return the geometric mean of `pitches_hz`; nan without any."""
    voiced = pitches_hz(samples, rate_hz)
    return float(np.exp(np.log(voiced).mean())) if len(voiced) else float("nan")


def pitches_hz(samples: Samples, rate_hz: int) -> npt.NDArray[np.float64]:
    """Return the fundamental frequency of the voiced frames, one each 10 ms, `[frames]`.

    `samples` is mono, `[n]`.
    """
    wave = soxr.resample(samples.astype(np.float64), rate_hz, _RATE_HZ)
    longest = int(_RATE_HZ / _LOWEST_HZ) + 1
    reach = _WINDOW + longest
    if len(wave) < reach:
        return np.zeros(0)
    starts = np.arange(0, len(wave) - reach + 1, _HOP)
    frames = np.lib.stride_tricks.sliding_window_view(wave, reach)[starts]  # [T, reach]
    level = np.sqrt((frames**2).mean(axis=1))
    periods, aperiodicity = _periods(frames[level > _QUIET * level.max()], longest)
    pitches: npt.NDArray[np.float64] = _RATE_HZ / periods[aperiodicity < _VOICED]
    return pitches


def _periods(
    frames: npt.NDArray[np.float64], longest: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the period of each frame in samples, and how far it is from periodic, `[T]` each."""
    head = frames[:, :_WINDOW]
    difference = np.stack(
        [((head - frames[:, lag : lag + _WINDOW]) ** 2).sum(axis=1) for lag in range(longest + 1)],
        axis=1,
    )  # [T, lags]
    lags = np.arange(1, longest + 1)
    running = np.cumsum(difference[:, 1:], axis=1) / lags
    normal = np.ones_like(difference)
    normal[:, 1:] = difference[:, 1:] / np.maximum(running, 1e-12)
    shortest = int(_RATE_HZ / _HIGHEST_HZ)
    inner = normal[:, shortest:longest]
    is_dip = (inner <= normal[:, shortest - 1 : longest - 1]) & (inner <= normal[:, shortest + 1 :])
    is_first = is_dip & (inner < _THRESHOLD)
    # The first deep dip, or else the deepest of all.
    place = np.where(is_first.any(axis=1), is_first.argmax(axis=1), inner.argmin(axis=1)) + shortest
    rows = np.arange(len(frames))
    before, here, behind = (normal[rows, place + offset] for offset in (-1, 0, 1))
    curvature = before - 2 * here + behind
    # A parabola through the dip and its neighbours finds the part of a sample.
    shift = (before - behind) / np.maximum(2 * curvature, 1e-9)
    return place + np.clip(shift, -1, 1), here
