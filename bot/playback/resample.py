"""Resampler: speech at any rate becomes a continuous signal at one rate."""

import numpy as np
import soxr

from bot.messages import Samples

_HEADROOM = 8.0
"""Limit of the samples that are filtered, as a multiple of full scale."""
_NOTHING: Samples = np.empty(0, np.float32)


class Resampler:
    """Converter of one utterance, piece by piece; the rate may differ from piece to piece.

    soxr keeps some milliseconds inside while it filters; `flush` brings them out.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._out_hz = sample_rate_hz
        self._in_hz = sample_rate_hz
        self._stream: soxr.ResampleStream | None = None

    def convert(self, samples: Samples, sample_rate_hz: int) -> Samples:
        """Return what is ready at the output's rate; values that are not finite become silence."""
        # One NaN, or a sum that overflows, would stay in the filter's memory for the rest of the
        # utterance.
        finite = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        np.clip(finite, -_HEADROOM, _HEADROOM, out=finite)
        before = self.flush() if sample_rate_hz != self._in_hz else _NOTHING
        if sample_rate_hz == self._out_hz:
            return np.concatenate([before, finite])
        if self._stream is None:
            self._in_hz = sample_rate_hz
            self._stream = soxr.ResampleStream(sample_rate_hz, self._out_hz, 1, dtype="float32")
        converted: Samples = self._stream.resample_chunk(finite)
        return np.concatenate([before, converted])

    def flush(self) -> Samples:
        """Return what is still inside, and be ready for the next utterance."""
        stream, self._stream, self._in_hz = self._stream, None, self._out_hz
        if stream is None:
            return _NOTHING
        rest: Samples = stream.resample_chunk(_NOTHING, last=True)
        return rest
