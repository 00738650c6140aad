"""Clock of a stream: what is late is told once, and a slow clock or a new pace is no loss."""

import pytest

from bot.playback.frame_clock import FrameClock

RATE_HZ = 48_000
BLOCK = 480
BLOCK_S = BLOCK / RATE_HZ
SPARE_S = 0.02


class Stream:
    """A device that asks for a block every 10 ms."""

    def __init__(self, *, speed: float = 1.0) -> None:
        self.clock = FrameClock(RATE_HZ, SPARE_S)
        self._speed = speed
        self._due_s = 100.0

    def play(self, seconds: float, *, late_s: float = 0.0, behind_s: float = 0.0) -> float:
        """Return what was lost in `seconds`, in which the first blocks came `late_s` late.

        The device asks `behind_s` later from then on.
        """
        self._due_s += behind_s
        until_s, free_s, lost_s = self._due_s + seconds, self._due_s + late_s, 0.0
        while self._due_s < until_s:
            now_s = max(free_s, self._due_s)
            lost_s += self.clock.handed(BLOCK, now_s)
            self._due_s += BLOCK_S / self._speed
        return lost_s


@pytest.mark.parametrize("speed", [1.0, 1.0005, 0.9995])
def test_a_clock_that_is_off_a_little_loses_nothing(speed: float) -> None:
    assert Stream(speed=speed).play(600.0) == 0.0


def test_a_device_that_begins_late_loses_nothing() -> None:
    stream = Stream()
    stream.play(BLOCK_S)
    assert stream.play(3.0, behind_s=0.5) == 0.0


def test_what_comes_within_the_buffer_is_not_lost() -> None:
    stream = Stream()
    stream.play(3.0)
    assert stream.play(3.0, late_s=SPARE_S - 0.001) == 0.0


@pytest.mark.parametrize("late_s", [0.03, 0.3, 30.0])
def test_a_delay_is_told_once_with_what_it_cost(late_s: float) -> None:
    stream = Stream()
    stream.play(3.0)
    assert stream.play(60.0, late_s=late_s) == pytest.approx(late_s - SPARE_S)
    assert stream.play(3.0) == 0.0
    assert stream.play(3.0, late_s=0.05) == pytest.approx(0.05 - SPARE_S)


def test_a_device_that_stood_still_is_told_once() -> None:
    stream = Stream()
    stream.play(3.0)
    assert stream.play(10.0, behind_s=0.5) == pytest.approx(0.5 - SPARE_S)
    assert stream.play(3.0, late_s=0.05) == pytest.approx(0.05 - SPARE_S)
