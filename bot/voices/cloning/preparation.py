"""Preparation of a recording: the samples of a reference, or the reason why not."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyloudnorm
import soxr

from bot.messages import AudioChunk, Samples
from bot.voices.cloning import excerpt as excerpts
from bot.voices.cloning.activity import listen
from bot.voices.cloning.excerpt import Excerpt
from bot.voices.cloning.faults import Measures, measure, refuse
from bot.voices.cloning.recording import read

TARGET_LUFS = -20.0
"""Loudness of every reference."""
_PEAK = 10 ** (-1 / 20)
_MAX_RATE_HZ = 48_000


_HEARD_PEAK = 0.5
"""Level at which a recording is judged: a quiet one is none the worse."""


class Prepared(NamedTuple):
    """A reference, and how it came about."""

    audio: AudioChunk
    excerpt: Excerpt
    measures: Measures
    loudness_lufs: float
    """Loudness before it was brought to the target."""


def prepare(path: Path, *, keep_whole: bool) -> Prepared:
    """Return the best part of the recording in `path`, or all that is said with `keep_whole`.

    Raises:
        StartError: it cannot be a reference; the error says what was measured.
    """
    what = f"The recording {path.name}"
    recording = read(path)
    activity = listen(_at_one_level(recording.samples), recording.sample_rate_hz)
    measures = measure(recording, activity)
    refuse(measures, what)
    if keep_whole:
        excerpt = excerpts.whole(activity, what)
    else:
        excerpt = excerpts.best(activity, recording, what)
    samples, rate_hz = excerpts.cut(recording, excerpt), recording.sample_rate_hz
    if rate_hz > _MAX_RATE_HZ:
        samples, rate_hz = soxr.resample(samples, rate_hz, _MAX_RATE_HZ), _MAX_RATE_HZ
    peak = max(float(np.abs(samples).max()), 1e-9)
    loudness = _loudness_lufs(samples / peak, rate_hz) + 20 * math.log10(peak)
    gain = min(10 ** ((TARGET_LUFS - loudness) / 20), _PEAK / peak)
    louder = np.ascontiguousarray(samples * np.float32(gain), dtype=np.float32)
    audio = AudioChunk(samples=louder, sample_rate_hz=rate_hz)
    return Prepared(audio, excerpt, measures, loudness)


def _loudness_lufs(samples: Samples, rate_hz: int) -> float:
    """Return the loudness of samples up to full scale: what is below -70 LUFS is silence."""
    return float(pyloudnorm.Meter(rate_hz).integrated_loudness(samples.astype(np.float64)))


def _at_one_level(samples: Samples) -> Samples:
    """Return the recording with its loud parts at a common level."""
    loud = float(np.percentile(np.abs(samples), 99.9)) if len(samples) else 0.0
    return samples * np.float32(_HEARD_PEAK / loud) if loud else samples
