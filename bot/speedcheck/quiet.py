"""Quiet of the machine: what else took CPU time, and waiting until little does."""

import time
from pathlib import Path

from bot.speedcheck.conditions import Watch
from bot.speedcheck.report import say
from bot.speedcheck.results import Conditions

BUSY_SHARE = 0.1
"""Share of the CPU time of all cores above which times are not those of the machine alone."""
REMEDY = "A baseline needs a quiet machine: end other programs and measure again"
_LOOK_S = 1.0


def why_busy(conditions: Conditions | None) -> str:
    """Return what else the machine did, as half a sentence; nothing if that was little."""
    if conditions is None:
        return ""
    found = []
    if conditions.others_share > BUSY_SHARE:
        names = (f"{each.name} {each.cores:.1f} cores" for each in conditions.others)
        named = f" ({', '.join(names)})" if conditions.others else ""
        found.append(f"other programs took {conditions.others_share:.0%} of the CPU{named}")
    if conditions.stolen > BUSY_SHARE:
        found.append(
            f"the virtual machine's host took {conditions.stolen:.0%} of the CPU for others"
        )
    return " and ".join(found)


def wait_until_quiet(wait_s: float, root: Path = Path("/")) -> str:
    """Return nothing as soon as the machine is quiet, or after `wait_s` seconds why it is not."""
    until = time.monotonic() + wait_s
    is_told = False
    while True:
        watch = Watch(root=root)
        time.sleep(_LOOK_S)
        why = why_busy(watch.finish())
        if not why or time.monotonic() >= until:
            return why
        if not is_told:
            say(f"Waiting up to {wait_s:.0f} s for a quiet machine: {why}.")
            is_told = True
