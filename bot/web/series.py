"""Figures of the last hour, for a chart: time to first sound, and what waited."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from statistics import median
from typing import Final

import msgspec

from bot.observers.timings import Timings
from bot.outcomes import Outcome
from bot.runtime.endpoints import Caller, endpoint
from bot.web.channels import ChannelQuery, one_of

STEP_S: Final = 10.0
"""Time that one value stands for."""
KEPT: Final = 360
"""Values that are kept: an hour."""


class SeriesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Values of at most an hour, the oldest first; the last ones end now."""

    step_s: float
    """Time that each value stands for."""
    first_sound_s: list[float | None]
    """Median of the seconds from messages to their first sample; None where none began."""
    waiting: list[int]
    """Utterances in the backlog."""


class Series:
    """Observer that keeps the figures."""

    def __init__(self, waiting: Mapping[str, Callable[[], int]]) -> None:
        """Keep those of channels; `waiting` counts the utterances that wait in each."""
        self._waiting = waiting
        self._timings = Timings()
        self._new: dict[str, list[float]] = {name: [] for name in waiting}
        self._kept: dict[str, deque[tuple[float | None, int]]] = {
            name: deque(maxlen=KEPT) for name in waiting
        }
        self.routes = [endpoint("GET", "/api/series", self._get, least=Caller.MODERATOR)]

    def observe(self, outcome: Outcome) -> None:
        """Take note of when speech begins."""
        timing = self._timings.observe(outcome)
        if timing is not None and outcome.channel in self._new:
            self._new[outcome.channel].append(timing.ttfa_s)

    async def run(self) -> None:
        """Keep a value at each step until cancelled."""
        while True:
            await asyncio.sleep(STEP_S)
            self.step()

    def step(self) -> None:
        """Keep what came since the last step."""
        for name, new in self._new.items():
            self._kept[name].append((round(median(new), 3) if new else None, self._waiting[name]()))
            new.clear()

    async def _get(self, query: ChannelQuery) -> SeriesAnswer:
        """Get time to first sound and what waited, in the last hour."""
        name = one_of(self._kept, query.channel)
        kept = self._kept[name]
        return SeriesAnswer(
            step_s=STEP_S,
            first_sound_s=[first_s for first_s, _ in kept],
            waiting=[count for _, count in kept],
        )
