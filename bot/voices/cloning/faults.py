"""Faults that make a recording useless as a reference: the model copies all of them.

- Clipping: the share of speech that stands within 0.5 % of the highest value. A whole waveform
  touches its peak in a few samples; one that was cut off stands there.
- Noise: the level of speech above that of the pauses, as the voice activity detector tells them.
- Music, or a hum: as noise, but the pauses hold tones: narrow lines of the spectrum that stand ten
  times above what lies beside them and carry most of the power.
- A telephone's band: speech without what lies below 300 Hz and above 3,400. A model that misses the
  fundamental takes the voice for one an octave or more higher.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.errors import StartError
from bot.voices.cloning.activity import FRAME, FRAME_S, RATE_HZ, Activity
from bot.voices.cloning.recording import Recording

MAX_CLIPPED = 0.0005
"""Limit of clipped samples, as a share: half a millisecond in each second of speech."""
MIN_ABOVE_NOISE_DB = 14.0
MIN_ABOVE_TONES_DB = 28.0
"""Tones are heard, and copied, at a level at which noise is not."""
MIN_SPEECH_S = 2.0
"""Least speech, without the pauses: what a reference of 3 s holds."""
_GUARD_FRAMES = 3
"""Speech reaches beyond the frames in which it is certain."""
_LEAST_PAUSES_S = 0.4
_PAUSE_PERCENTILE = 25
"""The detector misses words, so the louder part of what it takes for pauses may be speech."""
_NO_PAUSE_PERCENTILE = 3
_WINDOW = 4 * FRAME
_LINE = 10.0
_BESIDE_BINS = 24
_TONAL = 0.5
_TONES_HZ = (80.0, 5000.0)
_BAND_HZ, _BASS_HZ, _TREBLE_HZ = (300.0, 3400.0), (70.0, 260.0), (4000.0, 7900.0)
_LEAST_BASS_DB, _LEAST_TREBLE_DB = -8.0, -21.0
"""Limits beside the telephone's band. A high voice has little bass, and a dull recording little
treble: what misses both came through a telephone. 18 clean voices have -6 dB of bass or more, and
two of them less than -19 dB of treble; in a telephone's band all have less of both.
"""


class Measures(NamedTuple):
    """Measures of a recording that decide whether it can be a reference."""

    speech_s: float
    clipped: float
    """Share of the samples of speech."""
    above_background_db: float
    """Level of speech above that of pauses."""
    tonal: float
    """Share of the power of pauses that lies in lines of the spectrum."""
    bass_db: float
    """Level of speech below the telephone's band, beside that inside it."""
    treble_db: float
    """The same above it."""


def measure(recording: Recording, activity: Activity) -> Measures:
    """Return the measures of a recording in which somebody speaks."""
    near_speech = _widened(activity.is_speech, _GUARD_FRAMES)
    is_pause = ~near_speech
    if is_pause.sum() * FRAME_S >= _LEAST_PAUSES_S:
        background_db = float(np.percentile(activity.levels_db[is_pause], _PAUSE_PERCENTILE))
    else:
        background_db = float(np.percentile(activity.levels_db, _NO_PAUSE_PERCENTILE))
        is_pause = activity.levels_db <= np.percentile(activity.levels_db, 20)
    levels = activity.levels_db[activity.is_speech]
    speech_db = 10 * np.log10(np.mean(10 ** (levels / 10))) if levels.size else -100.0
    bass_db, treble_db = _beside_band(activity.frames[activity.is_speech])
    return Measures(
        speech_s=activity.speech_s,
        clipped=_clipped(recording, activity),
        above_background_db=float(speech_db) - background_db,
        tonal=_tonal(activity.frames[is_pause].reshape(-1)),
        bass_db=bass_db,
        treble_db=treble_db,
    )


def refuse(measures: Measures, what: str) -> None:
    """Make sure that a recording can be a reference; `what` names it in errors.

    Raises:
        StartError: it cannot; the error says why.
    """
    again = "Record in a quiet room, close to the microphone"
    if measures.speech_s < MIN_SPEECH_S:
        else_ = "; what there is sounds like music" if measures.tonal > _TONAL else ""
        raise StartError(
            f"{what} holds {measures.speech_s:.1f} s of speech, {MIN_SPEECH_S:.0f} s are needed"
            f"{else_}.",
            remedy="Record one person who speaks for 5 to 30 s.",
        )
    if measures.clipped > MAX_CLIPPED:
        raise StartError(
            f"{what} is clipped: {measures.clipped:.2%} of the speech stands at the highest value,"
            f" {MAX_CLIPPED:.2%} would be bearable.",
            remedy="Lower the gain of the microphone, and record again.",
        )
    level_db = measures.above_background_db
    if measures.tonal > _TONAL and level_db < MIN_ABOVE_TONES_DB:
        raise StartError(
            f"{what} has music or a hum behind the voice: it is {level_db:.0f} dB fainter,"
            f" {MIN_ABOVE_TONES_DB:.0f} dB are needed, and {measures.tonal:.0%} of it are tones.",
            remedy=f"{again}, without music.",
        )
    if level_db < MIN_ABOVE_NOISE_DB:
        raise StartError(
            f"{what} is noisy: the background is {level_db:.0f} dB fainter than the voice,"
            f" {MIN_ABOVE_NOISE_DB:.0f} dB are needed.",
            remedy=f"{again}.",
        )
    if measures.bass_db < _LEAST_BASS_DB and measures.treble_db < _LEAST_TREBLE_DB:
        raise StartError(
            f"{what} sounds as through a telephone: below {_BAND_HZ[0]:.0f} Hz speech is"
            f" {-measures.bass_db:.0f} dB fainter, above {_BAND_HZ[1]:.0f} Hz"
            f" {-measures.treble_db:.0f} dB. The model would mistake its pitch.",
            remedy="Record with another microphone, not through a headset's Bluetooth or a call.",
        )


def _clipped(recording: Recording, activity: Activity) -> float:
    """Return the share of samples at the peak, where there is speech."""
    per_frame = FRAME * recording.sample_rate_hz / RATE_HZ
    frames = (np.arange(len(recording.clips)) / per_frame).astype(np.int64)
    is_speech = activity.is_speech[np.minimum(frames, len(activity.is_speech) - 1)]
    return float(recording.clips[is_speech].mean()) if is_speech.any() else 0.0


def _beside_band(frames: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return the levels of bass and treble in `frames`, `[n, 512]`, beside that of the band."""
    if not len(frames):
        return 0.0, 0.0
    powers = np.square(np.abs(np.fft.rfft(frames * np.hanning(FRAME)))).sum(axis=0)
    bins_hz = np.fft.rfftfreq(FRAME, 1 / RATE_HZ)
    band, bass, treble = (
        float(powers[(low <= bins_hz) & (bins_hz < high)].sum()) + 1e-12
        for low, high in (_BAND_HZ, _BASS_HZ, _TREBLE_HZ)
    )
    return 10 * float(np.log10(bass / band)), 10 * float(np.log10(treble / band))


def _tonal(samples: npt.NDArray[np.float32]) -> float:
    count = len(samples) // _WINDOW
    if not count:
        return 0.0
    windows = samples[: count * _WINDOW].reshape(count, _WINDOW) * np.hanning(_WINDOW)
    powers = np.square(np.abs(np.fft.rfft(windows)))
    low, high = (round(hz * _WINDOW / RATE_HZ) for hz in _TONES_HZ)
    beside = np.lib.stride_tricks.sliding_window_view(
        np.pad(powers, ((0, 0), (_BESIDE_BINS, _BESIDE_BINS)), mode="reflect"),
        2 * _BESIDE_BINS + 1,
        axis=1,
    )
    is_line = powers > _LINE * np.median(beside, axis=2)
    here = powers[:, low:high]
    total = float(here.sum())
    return float((here * is_line[:, low:high]).sum()) / total if total else 0.0


def _widened(mask: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    padded = np.pad(mask, by)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * by + 1)
    widened: npt.NDArray[np.bool_] = windows.max(axis=1)
    return widened
