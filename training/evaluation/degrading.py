"""Recordings as rooms, fans and cheap microphones make them, for the judge; all with a seed."""

import io
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

import av
import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from bot.messages import AudioChunk, Samples
from bot.voices.wav import encode

SAMPLE_RATE_HZ = 24_000
Degrade: TypeAlias = Callable[[Samples], bytes]
"""Mono samples at 24 kHz, `[n]`, to the contents of a file: WAV or MP3."""

_SEED = 1
_SURROUND_S = 0.5
"""Quiet before and behind the speech: nobody starts and stops a recorder that closely."""
_PEAK = 0.9
_REVERBERATION_S = 0.5
"""Time in which sound falls by 60 dB: that of a room with furniture."""
_GAP_S = 0.004
"""Time between the direct sound and the first that walls throw back."""
_DIRECT_DB = 3.0
"""Level of the direct sound above all that walls throw back, as at half a metre."""
_FAN_HZ = 300.0
"""Frequency above which a fan's noise falls by 6 dB an octave."""
_HUM_HZ, _HUM_DB = 120.0, -10.0
"""Tone of its motor, and its level beside the noise."""
_BAND_HZ = (300.0, 3400.0)
_CLIPPED = 0.35
"""Level at which the cheap microphone clips, as a share of the peak."""
_MP3_BITS = 24_000


def _wav(samples: Samples) -> bytes:
    """Return a WAV file, as loud as it can be."""
    peak = max(float(np.abs(samples).max()), 1e-9)
    scaled = (samples * (_PEAK / peak)).astype(np.float32)
    return encode(AudioChunk(samples=scaled, sample_rate_hz=SAMPLE_RATE_HZ))


def _surrounded(samples: Samples) -> Samples:
    return np.pad(samples, round(_SURROUND_S * SAMPLE_RATE_HZ))


def clean(samples: Samples) -> bytes:
    """Return the recording as it is."""
    return _wav(_surrounded(samples))


def room(samples: Samples) -> bytes:
    """Return the recording in a room: noise that dies away behind the direct sound."""
    random = np.random.default_rng(_SEED)
    count = round(_REVERBERATION_S * SAMPLE_RATE_HZ)
    fall = 10 ** (-3 * np.arange(count) / count)
    late = random.standard_normal(count) * fall
    late[: round(_GAP_S * SAMPLE_RATE_HZ)] = 0.0
    late *= 10 ** (-_DIRECT_DB / 20) / np.linalg.norm(late)
    late[0] = 1.0
    return _wav(fftconvolve(_surrounded(samples), late).astype(np.float32))


def fan(above_db: float) -> Degrade:
    """Return what puts a fan beside a recording: speech is `above_db` above its noise."""

    def degrade(samples: Samples) -> bytes:
        random = np.random.default_rng(_SEED)
        around = _surrounded(samples)
        noise = sosfilt(
            butter(1, _FAN_HZ, fs=SAMPLE_RATE_HZ, output="sos"),
            random.standard_normal(len(around)),
        )
        time_s = np.arange(len(around)) / SAMPLE_RATE_HZ
        noise /= np.sqrt(np.mean(noise**2))
        hum = np.sqrt(2) * np.sin(2 * np.pi * _HUM_HZ * time_s)
        noise += 10 ** (_HUM_DB / 20) * hum
        level = np.sqrt(np.mean(samples**2)) * 10 ** (-above_db / 20)
        noise *= level / np.sqrt(np.mean(noise**2))
        return _wav((around + noise).astype(np.float32))

    return degrade


def microphone(samples: Samples) -> bytes:
    """Return the recording by a cheap microphone: a narrow band, clipped, as a poor MP3."""
    band = butter(4, _BAND_HZ, "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    narrow = sosfilt(band, _surrounded(samples))
    bound = _CLIPPED * np.abs(narrow).max()
    clipped = np.clip(narrow, -bound, bound) * (_PEAK / bound)
    return _mp3((32767 * clipped).astype(np.int16))


def _mp3(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> bytes:
    content = io.BytesIO()
    with av.open(content, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE_HZ)
        stream.bit_rate = _MP3_BITS
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16p", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
        for part in (frame, None):
            container.mux(stream.encode(part))
    return content.getvalue()


DEGRADED: Mapping[str, Degrade] = {
    "clean": clean,
    "room": room,
    "fan, 25 dB": fan(25.0),
    "fan, 15 dB": fan(15.0),
    "microphone": microphone,
}
"""Kinds of recordings by name."""
