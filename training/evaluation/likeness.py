"""Likeness of voices, by resemblyzer; its weights come with the package."""

import warnings

import numpy as np
import numpy.typing as npt
import soxr

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports what scipy and setuptools are about to drop
    from resemblyzer import VoiceEncoder, normalize_volume

_RATE_HZ = 16_000
_LEVEL_DBFS = -30.0


class Recognizer:
    """Describes voices."""

    def __init__(self) -> None:
        self._encoder = VoiceEncoder("cpu", verbose=False)

    def describe(self, samples: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float32]:
        """Return a vector of unit length, `[256]`, of mono `samples`, `[n]`."""
        wave = soxr.resample(samples.astype(np.float32), rate_hz, _RATE_HZ)
        wave = normalize_volume(wave, _LEVEL_DBFS)
        vector: npt.NDArray[np.float32] = self._encoder.embed_utterance(wave)
        return vector
