"""Playback: one persistent output per device, and a player that feeds several at once.

Knows audio only: what is said, by whom and why stays outside.
"""

from collections.abc import Callable
from typing import Protocol

from bot.playback.clip import Clip


class Output(Protocol):
    """A place where speech is heard. `run` owns its resource and reopens it when it is lost."""

    name: str
    """For people: the device's or the file's name."""
    volume: float
    """Gain, 0 to 1; takes effect at once, also in the middle of speech."""

    @property
    def is_available(self) -> bool:
        """Whether sound would be heard now."""

    @property
    def state(self) -> str:
        """One clause for `status`: "open at 48000 Hz", "waiting for USB Headset"."""

    async def run(self) -> None:
        """Hold the resource until cancelled, opening it again as often as it disappears."""

    async def play(self, clip: Clip, on_start: Callable[[], None]) -> bool:
        """Play `clip` to its end; tell whether it was heard to its end.

        Waits while the resource is away, then goes on where the clip was cut. Returns False after
        `flush`, or when `give_up` was called while the resource was away. `on_start` is called in
        the event loop when the first sample is handed to the resource, once.
        """

    def flush(self) -> None:
        """Fall silent now, with a short fade; the `play` under way returns False."""

    def give_up(self) -> None:
        """Do not wait for a resource that is away: a `play` that waits returns False."""
