"""Mixer: the continuous signal of one output, speech with fades and gain and silence in between.

The signal is pulled by an audio callback, which must neither wait nor fail. So a single producer
only puts actions into a deque, whose `append` and `popleft` are atomic, and everything else belongs
to the consumer alone.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from bot.messages import Samples
from bot.playback.protocol import Finished, Progress
from bot.playback.resample import Resampler

_PROGRESS_S = 0.02
"""Speech between two reports of progress."""

Report: TypeAlias = Progress | Finished


class _Segment:
    """Queued samples of one play; belongs to the consumer."""

    def __init__(self, play: int) -> None:
        self.play = play
        self.is_finished = False
        self.is_cut = False
        self.queued = 0
        """Frames that wait."""
        self.played = 0
        """Frames that were consumed."""
        self.reported = 0
        """`played` at the last report."""
        self._blocks: deque[Samples] = deque()

    def append(self, samples: Samples) -> None:
        self._blocks.append(samples)
        self.queued += len(samples)

    def take_into(self, out: Samples) -> None:
        """Fill `out`, which is not longer than what is queued."""
        filled = 0
        while filled < len(out):
            block = self._blocks[0]
            count = min(len(block), len(out) - filled)
            out[filled : filled + count] = block[:count]
            filled += count
            if count == len(block):
                self._blocks.popleft()
            else:
                self._blocks[0] = block[count:]
        self.queued -= filled
        self.played += filled

    def cut(self, frames: int) -> None:
        """Keep no more than the next `frames`, and report nothing more about this play."""
        kept = np.empty(min(frames, self.queued), np.float32)
        self.take_into(kept)
        self._blocks.clear()
        self.queued = 0
        self.append(kept)
        self.is_cut = self.is_finished = True


class Mixer:
    """Queue of plays that is read as blocks of samples. One thread produces, one consumes.

    Speech is faded in when it starts and out before it ends, whether its end was foreseen, the
    engine fell behind, or it was cut.
    """

    def __init__(
        self, sample_rate_hz: int, *, fade_s: float, report: Callable[[Report], None]
    ) -> None:
        """Make a silent signal; `report` is called by the consumer and must not wait."""
        self.sample_rate_hz = sample_rate_hz
        self._resampler = Resampler(sample_rate_hz)
        self._actions: deque[Callable[[], None]] = deque()
        self._fade = max(1, round(fade_s * sample_rate_hz))
        self._report = report
        self._progress = round(_PROGRESS_S * sample_rate_hz)
        self._segments: deque[_Segment] = deque()
        self._envelope = 0.0
        self._gain = self._gain_wanted = 0.0

    # The producer's side.

    def begin(self, play: int) -> None:
        """Start the play with number `play`; it follows what is still queued."""
        self._resampler.flush()
        self._actions.append(partial(self._begin, play))

    def append(self, samples: Samples, sample_rate_hz: int) -> None:
        """Add speech to the present play."""
        converted = self._resampler.convert(samples, sample_rate_hz)
        self._actions.append(partial(self._append, converted))

    def finish(self) -> None:
        """Mark the present play as complete."""
        self._actions.append(partial(self._append, self._resampler.flush()))
        self._actions.append(self._finish)

    def cut(self) -> None:
        """Fall silent after one fade; what was cut is reported no more."""
        self._actions.append(self._cut)

    def set_gain(self, gain: float) -> None:
        """Change the loudness, smoothly where something is heard."""
        self._actions.append(partial(self._set_gain, gain))

    # The consumer's side.

    @property
    def ready_frames(self) -> int:
        """Frames that can be read now without a gap for want of speech."""
        self._act()
        return sum(
            segment.queued if segment.is_finished else max(0, segment.queued - self._fade)
            for segment in self._segments
        )

    @property
    def is_silent(self) -> bool:
        """Whether nothing is queued."""
        self._act()
        return not self._segments

    def read_into(self, out: Samples) -> None:
        """Fill `out`, mono `[n]` within -1 to 1, with the next `n` frames of the signal."""
        self._act()
        if not self._segments:
            out.fill(0.0)  # most of a stream's life
            return
        filled = 0
        while self._segments and filled < len(out):
            segment = self._segments[0]
            frames = min(segment.queued, len(out) - filled)
            if frames:
                self._take(segment, out[filled : filled + frames])
                filled += frames
            self._retire()
            if not segment.is_finished and not segment.queued:
                break  # the engine is behind: silence until there is more
        spoken = out[:filled]
        self._apply_gain(spoken)
        np.clip(spoken, -1.0, 1.0, out=spoken)
        out[filled:] = 0.0

    def _retire(self) -> None:
        """Remove plays that were heard to their end."""
        while self._segments and not self._segments[0].queued:
            self._envelope = 0.0
            if not self._segments[0].is_finished:
                return
            segment = self._segments.popleft()
            if not segment.is_cut:
                self._report(Finished(segment.play))

    def _take(self, segment: _Segment, out: Samples) -> None:
        queued = segment.queued
        segment.take_into(out)
        if self._envelope < 1.0 or segment.queued < self._fade:
            step = np.arange(1, len(out) + 1, dtype=np.float32)
            rise = self._envelope + step / self._fade
            fall = (queued - step) / self._fade
            envelope = np.minimum(np.minimum(rise, fall), 1.0)
            out *= envelope
            self._envelope = float(envelope[-1])
        if segment.is_cut:
            return
        if segment.played - segment.reported >= self._progress:
            segment.reported = segment.played
            self._report(Progress(segment.play, segment.played / self.sample_rate_hz))

    def _apply_gain(self, out: Samples) -> None:
        if self._gain == self._gain_wanted:
            out *= np.float32(self._gain)
        elif len(out):
            out *= np.linspace(self._gain, self._gain_wanted, len(out), dtype=np.float32)
        self._gain = self._gain_wanted

    def _act(self) -> None:
        while self._actions:
            self._actions.popleft()()
        self._retire()

    def _begin(self, play: int) -> None:
        self._segments.append(_Segment(play))

    def _append(self, samples: Samples) -> None:
        if self._segments and not self._segments[-1].is_finished:
            self._segments[-1].append(samples)

    def _finish(self) -> None:
        if self._segments:
            self._segments[-1].is_finished = True

    def _cut(self) -> None:
        if not self._segments:
            return
        audible = self._segments[0]
        self._segments.clear()
        if self._envelope > 0.0 and audible.queued:
            audible.cut(self._fade)
            self._segments.append(audible)

    def _set_gain(self, gain: float) -> None:
        self._gain_wanted = gain
        if self._envelope == 0.0:
            self._gain = gain  # a jump cannot click where nothing is heard
