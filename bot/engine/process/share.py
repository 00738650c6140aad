"""Share of the machine that an engine's process takes: its priority and its cores."""

import ctypes
import logging
import os
import sys
from collections.abc import Collection
from pathlib import Path

from bot.errors import StartError

log = logging.getLogger(__name__)

_NICENESS = 10
"""As `nice` adds by default: about a tenth of the weight of a usual process."""
_BELOW_NORMAL_PRIORITY_CLASS = 0x4000
_AUTOGROUP = Path("/proc/self/autogroup")
"""Priority of the session, see sched(7): where Linux groups by session, as on desktops, that of a
process counts among the processes of its session alone."""


def lower_priority() -> None:
    """Let programs of usual priority go first, from now on."""
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL_PRIORITY_CLASS)
        return
    os.nice(_NICENESS)
    if _AUTOGROUP.exists():
        try:
            _AUTOGROUP.write_text(f"{_NICENESS}\n", encoding="ascii")
        except OSError as error:
            log.warning("session keeps its priority", extra={"reason": str(error)})


def keep_to(cores: Collection[int]) -> None:
    """Run on these cores alone, from now on.

    Raises:
        StartError: this machine has none of them.
    """
    if not hasattr(os, "sched_setaffinity"):
        log.warning("engine.cores has no effect on this system", extra={"cores": str(cores)})
        return
    try:
        os.sched_setaffinity(0, cores)
    except OSError as error:
        raise StartError(
            f"The engine cannot run on the cores {', '.join(map(str, cores))}: {error.strerror}.",
            remedy=f"Set engine.cores to some of 0 to {(os.cpu_count() or 1) - 1}, or to null.",
        ) from error
