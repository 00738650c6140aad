"""Clocks: ages and stamps, work, the time for people, and moments that the next run can compare.

The wall clock is set while programs run, by hours where a machine has no clock battery. So nothing
is timed by it: a stamp is of `now`, and `unix` tells it to people when it leaves the daemon.
"""

import ctypes
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PLAUSIBLE_S = 1_735_689_600.0
"""2025-01-01, as Unix time: a clock before it has not been set since the machine started."""
_NOISE_DIGITS = 1
"""Decimals of a second to which it is looked whether the wall clock was set."""
_TIMEX_BYTES = 512
"""More than `struct timex` takes on any machine."""
_TIME_ERROR = 5


def _since_boot_s() -> float:
    if sys.platform == "win32":
        return time.monotonic()  # it goes on in sleep
    # macOS has no other clock that does.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


_simulated: Callable[[], float] | None = None
_AT_START_S = time.time() - time.monotonic(), time.time() - _since_boot_s()


def now() -> float:
    """Return seconds for stamps and ages: they never run backwards, and count a machine's sleep.

    Unix time by the wall clock of the start, whatever becomes of that: the difference of two stamps
    is a true age. `unix` has the time for people; stamps of two runs are compared as moments.
    """
    if _simulated is not None:
        return _simulated()
    return _AT_START_S[1] + _since_boot_s()


def awake() -> float:
    """Return seconds for work and its limits: as `now`, without those that the machine slept.

    Nothing has hung because a lid was closed.
    """
    if _simulated is not None:
        return _simulated()
    return _AT_START_S[0] + time.monotonic()


def unix(at: float) -> float:
    """Return the Unix time of a stamp of `now`, by the wall clock as it is at present."""
    if _simulated is not None:
        return at
    return at + round(time.time() - now(), _NOISE_DIGITS)


@contextmanager
def simulated(clock: Callable[[], float]) -> Iterator[None]:
    """Let all clocks be `clock` in this block: what is rehearsed has a time of its own."""
    global _simulated  # noqa: PLW0603 - time is one for the whole process
    _simulated = clock
    try:
        yield
    finally:
        _simulated = None


class Moment(NamedTuple):
    """A point in time that outlives the process, the machine's sleep and a wrong clock."""

    boot: str
    """The start of the machine that it belongs to; empty where the system names none."""
    boot_s: float
    """Seconds since then, with those that the machine slept."""
    unix_s: float
    """Unix time by the wall clock; 0 where that may be wrong."""

    @classmethod
    def now(cls) -> "Moment":
        """Return the present one."""
        return cls(_boot_id(), _since_boot_s(), time.time() if _is_set() else 0.0)

    def age_s(self, earlier: "Moment") -> float | None:
        """Return the seconds since `earlier`; None where no clock tells.

        Within one boot the wall clock does not matter. A later boot has nothing else, and it is
        believed where it was right both times and did not run backwards.
        """
        if self.boot and self.boot == earlier.boot and 0 <= earlier.boot_s <= self.boot_s:
            return self.boot_s - earlier.boot_s
        age_s = self.unix_s - earlier.unix_s
        return age_s if age_s >= 0 and earlier.is_set else None

    @property
    def is_set(self) -> bool:
        """Whether the wall clock was right, as far as the system knows."""
        return self.unix_s > _PLAUSIBLE_S

    def jump_s(self, earlier: "Moment") -> float:
        """Return by how much the wall clock was set since `earlier`, of the same boot."""
        return (self.unix_s - earlier.unix_s) - (self.boot_s - earlier.boot_s)


@cache
def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="utf-8").strip()
    except OSError:  # not Linux
        return ""


def _is_set() -> bool:
    """Tell whether the wall clock is right: Linux knows whether something keeps it so, such as NTP.

    It is asked for the state of its clock (adjtimex, which changes nothing here). Where it does not
    answer, and on a clock that was set by hand, nobody knows. Other systems are believed.
    """
    if sys.platform != "linux":
        return True
    return _libc().adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) not in {-1, _TIME_ERROR}


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
