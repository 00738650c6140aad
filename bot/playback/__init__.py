"""Playback: one persistent output per device, and a player that feeds several at once.

Knows audio only, but for `routing`: what is said, by whom and why stays outside.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from bot.errors import TransientError
from bot.playback.clip import Clip
from bot.playback.gain import Gain


class OutputLostError(TransientError):
    """The resource went away in the middle of speech; the rest can be played when it is back."""

    def __init__(self, message: str, *, heard_s: float) -> None:
        super().__init__(message)
        self.heard_s = heard_s
        """Position up to which the clip was heard for certain, in seconds from its start."""


class Output(Protocol):
    """Place where speech is heard. `run` owns its resource and reopens it when it is lost.

    Several channels may share one output: their clips take turns.
    """

    name: str
    """For people: the device's or the file's name."""
    underflows: int
    """Number of times it ran dry, which is heard as a gap."""
    lost_s: float
    """Seconds of speech that came too late to be heard."""

    @property
    def is_available(self) -> bool:
        """Whether sound would be heard now."""

    @property
    def state(self) -> str:
        """One clause after `name` in `status`: `open at 48000 Hz`, `waiting: It disappeared...`.

        It names the remedy where there is one.
        """

    async def run(self) -> None:
        """Hold the resource until cancelled, opening it again as often as it disappears.

        Raises:
            StartError: it can never work like this; everything that may pass is retried inside.
        """

    async def wait_until_available(self) -> None:
        """Return as soon as `is_available` holds."""

    async def wait_until_settled(self) -> None:
        """Return when it is known whether the resource is there: after the first try to open it."""

    async def play(
        self, clip: Clip, *, gain: Gain, on_start: Callable[[], None], start_s: float = 0.0
    ) -> None:
        """Play `clip` from `start_s` on; return when its last sample was heard.

        Cancelling it is how speech is cut: the output falls silent with a short fade. `on_start`
        is called in the event loop when the first sample is handed to the resource.

        Raises:
            OutputLostError: the resource is away; it says where to go on.
        """


class BaseOutput:
    """Base of the outputs: whether each is there, and whose turn it is to play on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.underflows = 0
        """Number of times it ran dry."""
        self.lost_s = 0.0
        """Seconds of speech that came too late to be heard."""
        self._turn = asyncio.Lock()
        self._is_open = asyncio.Event()
        self._is_settled = asyncio.Event()

    @property
    def is_available(self) -> bool:
        """Whether sound would be heard now."""
        return self._is_open.is_set()

    async def wait_until_available(self) -> None:
        """Return as soon as `is_available` holds."""
        await self._is_open.wait()

    async def wait_until_settled(self) -> None:
        """Return when the first try to open it is over."""
        await self._is_settled.wait()
