"""Listeners of a browser output: what each page is sent, and whether it keeps up.

A page gets binary messages with sound and text messages with JSON. Times on the wire are
milliseconds of the server's clock (`asyncio`'s), which pages estimate by `ping` and `pong`.
"""

import struct
from collections import deque
from typing import Annotated, Final, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta

from bot.messages import Samples
from bot.runtime.concurrency.mailbox import Mailbox

_MAX_WAITING: Final = 300
"""Messages that wait for one listener; with more it does not keep up."""
_SILENT_S: Final = 8.0
"""Time without a report after which a page is taken to be frozen, in seconds."""
_HEADER: Final = struct.Struct("<IIdd")
"""Header of a frame: number of the play, its first sample's place in the utterance in samples, when
that is heard, when it was sent."""
_FULL_SCALE = 32_767

Millis: TypeAlias = Annotated[float, Meta(ge=0, le=60_000)]


class Timeline(msgspec.Struct, frozen=True, tag="timeline"):
    """When the utterance is heard from a place on: at its start, and after each gap."""

    play: int
    id: str
    """Id of the message."""
    position_s: float
    at: float


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    """No more sound of the play follows."""

    play: int
    duration_s: float


class Cut(msgspec.Struct, frozen=True, tag="cut"):
    """Fall silent now."""

    play: int


class Volume(msgspec.Struct, frozen=True, tag="gain"):
    """Loudness from now on."""

    gain: float


class Setup(msgspec.Struct, frozen=True, tag="state"):
    """How the page is to play."""

    sample_rate_hz: int
    """0 where the channel has no browser output: there is a picture, and no sound."""
    is_muted: bool


class Report(msgspec.Struct, frozen=True, tag="report"):
    """State of a page, told by it every two seconds and when it changes."""

    is_running: bool
    """Whether sound would be heard."""
    wanted_ms: Millis = 0.0
    """How long before it is heard a frame needs to be sent."""
    late_ms: Millis = 0.0
    """By how much the present play is heard later than it should be."""


Event: TypeAlias = Timeline | Finish | Cut | Volume | Setup


class Listener(Mailbox[bytes | str]):
    """One page; what it is sent waits here until its socket has taken it."""

    def __init__(self, *, wants_sound: bool) -> None:
        super().__init__(_MAX_WAITING)
        self.wants_sound = wants_sound
        self.is_muted: bool | None = None
        """Whether it was told to be silent; None before it was told anything."""
        self.report = Report(is_running=False)
        self.reported_at = 0.0

    def plays(self, time_s: float) -> bool:
        """Tell whether sound that is sent to it would be heard."""
        is_fresh = time_s - self.reported_at < _SILENT_S
        return self.wants_sound and self.report.is_running and is_fresh and not self.is_behind

    def drop_sound(self) -> None:
        """Forget the frames that wait: they were cut."""
        self._waiting = deque(each for each in self._waiting if isinstance(each, str))


def frame(play: int, position: int, samples: Samples, *, at_s: float, sent_s: float) -> bytes:
    """Return a frame: a header, then the samples as mono PCM of 16 bits, little endian."""
    header = _HEADER.pack(play, position, at_s * 1000, sent_s * 1000)
    return header + np.rint(samples * _FULL_SCALE).astype("<i2").tobytes()


def encoded(event: Event) -> str:
    """Return `event` as JSON with a `type`."""
    return msgspec.json.encode(event).decode()
