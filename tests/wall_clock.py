"""A wall clock of child processes that can be set while they run, by libfaketime."""

from pathlib import Path


def libraries() -> list[Path]:
    """Return where the library is, if it is."""
    return sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


class WallClock:
    """Wall clock that is wrong by some seconds; the other clocks stay as they are.

    What runs by it must not call `time.sleep`, which the library breaks: the daemon does not.
    """

    def __init__(self, folder: Path, wrong_by_s: float = 0.0) -> None:
        """Keep the setting in `folder`."""
        self._file = folder / "wall-clock"
        self.set(wrong_by_s)
        self.environment = {
            "LD_PRELOAD": str(libraries()[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        """What a process needs to have it."""

    def set(self, wrong_by_s: float) -> None:
        """Set it, for all processes that have it."""
        self.wrong_by_s = wrong_by_s
        new = self._file.with_suffix(".new")
        new.write_text(f"{wrong_by_s:+f}\n", encoding="utf-8")
        new.replace(self._file)  # a process may be reading it
