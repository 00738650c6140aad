"""Output of this machine as it is listed and chosen, and what a stream on it calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bot.messages import Samples

MAX_CHANNELS = 2
"""Speech is the same on the first two channels of a device."""
DEFAULT = "default"
"""The device that the system would choose."""


@dataclass(frozen=True, slots=True)
class Device:
    """An output of this machine."""

    index: int
    """PortAudio's number; means nothing after PortAudio was initialised again."""
    name: str
    host_api: str
    """The system's interface for sound: PulseAudio, PipeWire, ALSA, WASAPI, Core Audio..."""
    channels: int
    sample_rate_hz: int
    """The rate that the device itself prefers."""
    latency_s: float
    """The least buffering that the device itself suggests."""
    is_default: bool
    is_default_host_api: bool
    description: str = ""
    """Name for people, where there is another one; several devices may share it."""
    is_sink: bool = False
    """Whether it is the sound server's."""

    @property
    def stream_channels(self) -> int:
        """Number of channels that speech is played on."""
        return min(self.channels, MAX_CHANNELS)


class Callbacks(NamedTuple):
    """What a stream calls; neither may wait."""

    fill: Callable[[Samples], None]
    """Fills mono samples `[n]`."""
    underflow: Callable[[], None]
    """Is told that the device ran dry."""
