"""One clock for every timestamp of the daemon."""

import time

_EPOCH_S = time.time() - time.monotonic()


def now() -> float:
    """Return Unix seconds that never run backwards within this process.

    Derived from the monotonic clock, so the difference of two stamps is a true latency even when
    NTP corrects the wall clock in between.
    """
    return _EPOCH_S + time.monotonic()
