"""Gate: whether the streamer talks, by the meter of the microphone."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from bot.config.sections.obs import GateSettings

_SURE = 2
"""Loud meters in a row before it counts: a click is none. OBS sends one every 50 ms."""
_SILENT_DB = -100.0


class Gate:
    """Decides from meters; `talks` is told each change."""

    def __init__(
        self, settings: GateSettings, talks: Callable[[bool], None], clock: Callable[[], float]
    ) -> None:
        """Decide as the settings say; `clock` gives seconds."""
        self._settings = settings
        self._talks = talks
        self._clock = clock
        self._is_talking = False
        self._loud = 0
        self._loud_at = -math.inf
        self._since = 0.0
        self._is_overdue = False

    @property
    def is_talking(self) -> bool:
        """Whether the voice is held or softer now."""
        return self._is_talking and not self._is_overdue

    def meter(self, data: Mapping[str, Any]) -> None:
        """Take the data of an event `InputVolumeMeters`."""
        level_db = level_of(data, self._settings.input)
        if level_db is None:  # OBS meters no source that is not active, as in another scene
            level_db = _SILENT_DB
        now, before = self._clock(), self.is_talking
        if level_db >= self._settings.level_db:
            self._loud += 1
            self._loud_at = now
        else:
            self._loud = 0
        if not self._is_talking and self._loud >= _SURE:
            self._is_talking, self._since = True, now
        elif self._is_talking and now - self._loud_at > self._settings.release_ms / 1000:
            self._is_talking = self._is_overdue = False
        if self._is_talking and now - self._since > self._settings.longest_s:
            self._is_overdue = True  # what waits has waited long enough
        if self.is_talking != before:
            self._talks(self.is_talking)

    def release(self) -> None:
        """Let the voice go on: nobody knows any more."""
        before, self._is_talking, self._is_overdue, self._loud = self.is_talking, False, False, 0
        if before:
            self._talks(False)  # noqa: FBT003 - its one parameter


def level_of(data: Mapping[str, Any], name: str) -> float | None:
    """Return the peak of the input `name` in decibels of full scale; None if it is not metered.

    `inputLevelsMul` holds magnitude, peak and input peak of each channel, as factors.
    """
    inputs = data.get("inputs")
    for one in inputs if isinstance(inputs, list) else ():
        if isinstance(one, dict) and one.get("inputName") == name:
            levels = one.get("inputLevelsMul")
            channels = (
                [c for c in levels if isinstance(c, list)] if isinstance(levels, list) else []
            )
            peaks = [c[1] for c in channels if len(c) > 1 and isinstance(c[1], int | float)]
            peak = max(peaks, default=0.0)
            return 20 * math.log10(peak) if peak > 0 else _SILENT_DB
    return None
