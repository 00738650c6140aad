"""Clock of a stream: frames handed over against frames due, and so what came too late.

A device that runs dry is not always told of: sound servers and their plug-ins fill the gap with
silence, and drop what comes for it later.
"""

_WINDOW_S = 1.0
"""Longer than a busy machine keeps every block of a stream from being in time."""


class FrameClock:
    """Lateness of the blocks of one stream, against those of the last seconds that were in time.

    A block is in time at the moment at which the device asks for it; delays only make it later. So
    the earliest blocks of a window tell when the others were due, and a device's clock that is off
    by a few parts in ten thousand does no harm.
    """

    def __init__(self, sample_rate_hz: int, spare_s: float) -> None:
        """Begin with no frame handed over.

        A block may be `spare_s` seconds late before the device has nothing to play.
        """
        self._rate_hz = sample_rate_hz
        self._spare_s = spare_s
        self._handed = 0
        self._earliest_s = self._earliest_before_s = -float("inf")
        """Most seconds of sound handed over, less the clock, in this window and the last one."""
        self._window_ends_s = 0.0
        self._told_s = 0.0
        """What was told of the present delay already."""

    def handed(self, frames: int, now_s: float) -> float:
        """Count a block of `frames` that is handed over at `now_s`, a monotonic clock's time.

        Returns:
            Seconds of sound that came too late and were not told before. A delay is told once: the
            blocks that make up for it are late too, and come behind what was played without them.
        """
        lead_s = self._handed / self._rate_hz - now_s
        self._handed += frames
        if self._handed == frames:
            return 0.0  # the device asks for the first block before it begins to play
        if now_s >= self._window_ends_s:
            self._window_ends_s = now_s + _WINDOW_S
            self._earliest_before_s, self._earliest_s = self._earliest_s, lead_s
        self._earliest_s = max(self._earliest_s, lead_s)
        late_s = max(self._earliest_s, self._earliest_before_s) - lead_s
        missed_s = max(0.0, late_s - self._spare_s)
        lost_s = max(0.0, missed_s - self._told_s)
        self._told_s = max(self._told_s, missed_s) if missed_s else 0.0
        return lost_s
