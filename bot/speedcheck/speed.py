"""Verdict of the last `ishowtts bench --check`, in a small file that the daemon reads and shows."""

import math
import time
from pathlib import Path

import msgspec

from bot.runtime.folders import state_folder, write_whole
from bot.state import SpeedState

_NAME = "speed.json"
_READ_S = 60.0


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Speed of F5-TTS at the last check, compared with its baseline."""

    measured_at: str
    """UTC, ISO 8601"""
    model: str
    device: str
    is_slower: bool
    ratios: dict[str, float]
    """Median time over the baseline's, by workload such as `3 s`."""
    baseline_at: str
    """When the baseline was measured; UTC, ISO 8601."""
    causes: list[str] = []
    """Sentences that may explain it, the likeliest first; empty if it is not slower."""

    @property
    def sentence(self) -> str:
        """Return the verdict for people."""
        worst = max(self.ratios.values(), default=1.0)
        if not self.is_slower:
            return f"as fast as on {self.baseline_at[:10]}"
        return (
            f"{worst - 1:.0%} slower than on {self.baseline_at[:10]}; likely: "
            f"{'; '.join(self.causes)}"
        )

    def save(self, folder: Path | None = None) -> None:
        """Write it into the state folder.

        Raises:
            OSError: it cannot be written.
        """
        content = msgspec.json.format(msgspec.json.encode(self), indent=1)
        folder = folder or state_folder()
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / _NAME, content + b"\n")


def load(folder: Path | None = None) -> Speed | None:
    """Return the last verdict; None if there is none, or the file cannot be read."""
    try:
        return msgspec.json.decode(((folder or state_folder()) / _NAME).read_bytes(), type=Speed)
    except (OSError, msgspec.DecodeError):
        return None


class Latest:
    """Reader of the last verdict that looks into the file at most once a minute."""

    def __init__(self) -> None:
        self._found: Speed | None = None
        self._read_at = -math.inf

    def __call__(self) -> SpeedState | None:
        """Return the verdict with its sentence; None if there is none."""
        if time.monotonic() - self._read_at >= _READ_S:
            self._found, self._read_at = load(), time.monotonic()
        if self._found is None:
            return None
        fields = {**msgspec.structs.asdict(self._found), "sentence": self._found.sentence}
        return msgspec.convert(fields, SpeedState)
