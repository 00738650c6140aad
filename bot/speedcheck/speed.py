"""Verdict of the last `ishowtts bench --check`, in a small file that the daemon reads and shows."""

import math
import time
from pathlib import Path

import msgspec

from bot.runtime.files.folders import read_bounded
from bot.runtime.files.state_folder import state_folder
from bot.speedcheck.results import MOST_BYTES, keep
from bot.state import SpeedState

_NAME = "speed.json"
_READ_S = 60.0


def save(found: SpeedState, folder: Path | None = None) -> None:
    """Write the verdict into the state folder.

    Raises:
        StartError: it cannot be written.
    """
    keep(found, (folder or state_folder()) / _NAME)


def load(folder: Path | None = None) -> SpeedState | None:
    """Return the last verdict; None if there is none, or the file cannot be read."""
    path = (folder or state_folder()) / _NAME
    try:
        return msgspec.json.decode(read_bounded(path, MOST_BYTES), type=SpeedState)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None


class Latest:
    """Reader of the last verdict that looks into the file at most once a minute."""

    def __init__(self) -> None:
        self._found: SpeedState | None = None
        self._read_at = -math.inf

    def __call__(self) -> SpeedState | None:
        """Return the verdict; None if there is none."""
        if time.monotonic() - self._read_at >= _READ_S:
            self._found, self._read_at = load(), time.monotonic()
        return self._found
