"""Clocks: one for what happens in this run, and moments that the next run can compare."""

import time
from pathlib import Path
from typing import NamedTuple

_EPOCH_S = time.time() - time.monotonic()
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PLAUSIBLE_S = 1_735_689_600.0
"""2025-01-01, as Unix time: a clock before it has not been set since the machine started."""


def now() -> float:
    """Return Unix seconds that never run backwards within this process.

    Derived from the monotonic clock, so the difference of two stamps is a true latency even when
    NTP corrects the wall clock in between. The time that a machine sleeps does not count, and a
    clock that was wrong at the start stays so: stamps of two runs are compared as moments.
    """
    return _EPOCH_S + time.monotonic()


class Moment(NamedTuple):
    """A point in time that outlives the process, the machine's sleep and a wrong clock."""

    boot: str
    """The start of the machine that it belongs to; empty where the system names none."""
    boot_s: float
    """Seconds since then, with those that the machine slept."""
    unix_s: float
    """Unix time by the wall clock, which may be wrong."""

    @classmethod
    def now(cls) -> "Moment":
        """Return the present one."""
        return cls(_boot_id(), _since_boot_s(), time.time())

    def age_s(self, earlier: "Moment") -> float | None:
        """Return the seconds since `earlier`; None where no clock tells.

        Within one boot the wall clock does not matter. A later boot has nothing else, and it is
        not believed before it was set, nor when it runs backwards.
        """
        if self.boot and self.boot == earlier.boot and 0 <= earlier.boot_s <= self.boot_s:
            return self.boot_s - earlier.boot_s
        age_s = self.unix_s - earlier.unix_s
        return age_s if age_s >= 0 and earlier.unix_s > _PLAUSIBLE_S else None

    def jump_s(self, earlier: "Moment") -> float:
        """Return by how much the wall clock was set since `earlier`, of the same boot."""
        return (self.unix_s - earlier.unix_s) - (self.boot_s - earlier.boot_s)


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="utf-8").strip()
    except OSError:  # not Linux
        return ""


def _since_boot_s() -> float:
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(clock) if clock is not None else time.monotonic()
