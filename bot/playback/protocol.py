"""Messages between the daemon and the process of a sound device, in `frames` of a pipe."""

from collections.abc import Callable
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

_MAX_RATE_HZ = 1_000_000
_MAX_WAIT_S = 3_600.0
"""Limits of what is believed: more is garbage."""


class Open(msgspec.Struct, frozen=True, tag=True):
    """The first request: which device, and how it fades."""

    device: str
    """Name as in the configuration."""
    fade_s: float
    needs_server: bool = False
    """Whether it is one of the sound server's, which is waited for."""


class Begin(msgspec.Struct, frozen=True, tag=True):
    """The speech of the play numbered `play` follows."""

    play: int


class Speech(msgspec.Struct, frozen=True, tag=True):
    """The next piece of the present play."""

    samples: bytes
    """Mono float32 in the machine's byte order: both ends are on one machine."""
    sample_rate_hz: int


class End(msgspec.Struct, frozen=True, tag=True):
    """The present play has no more speech."""


class Cut(msgspec.Struct, frozen=True, tag=True):
    """Fall silent now."""


class SetGain(msgspec.Struct, frozen=True, tag=True):
    """Loudness from now on."""

    gain: float


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The device takes sound."""

    device: str
    sample_rate_hz: Annotated[int, Meta(gt=0, le=_MAX_RATE_HZ)]
    latency_s: Annotated[float, Meta(ge=0, le=_MAX_WAIT_S)]
    """From the callback to the ear, as far as the sound system knows."""
    has_server: bool = False
    """Whether it is one of the sound server's."""


class Unavailable(msgspec.Struct, frozen=True, tag=True):
    """The device cannot be opened, or was lost."""

    message: str
    remedy: str = ""
    retry_s: Annotated[float, Meta(ge=0, le=_MAX_WAIT_S)] = 0.0
    """When the next try begins, in seconds; 0 where the process ends instead."""


class Progress(msgspec.Struct, frozen=True, tag=True):
    """Part of the play that went to the device."""

    play: int
    played_s: Annotated[float, Meta(ge=0, le=_MAX_WAIT_S)]


class Finished(msgspec.Struct, frozen=True, tag=True):
    """The last sample of the play went to the device."""

    play: int


class Underflow(msgspec.Struct, frozen=True, tag=True):
    """The device ran dry, which is heard as a gap where something is spoken."""

    times: Annotated[int, Meta(gt=0)] = 1
    lost_s: Annotated[float, Meta(ge=0, le=_MAX_WAIT_S)] = 0.0
    """Speech that came too late for the device, in seconds, as far as the clock tells."""


class Widened(msgspec.Struct, frozen=True, tag=True):
    """The buffer is larger now, because the device ran dry."""

    latency_s: Annotated[float, Meta(ge=0, le=_MAX_WAIT_S)]
    """From the callback to the ear, as far as the sound system knows."""


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """The device still takes sound, silence included."""


Request: TypeAlias = Open | Begin | Speech | End | Cut | SetGain
"""From the daemon to the process."""
Event: TypeAlias = Opened | Unavailable | Progress | Finished | Underflow | Widened | Heartbeat
"""From the process to the daemon."""

encode: Callable[[Request | Event], bytes] = msgspec.msgpack.encode
decode_request: Callable[[bytes], Request] = msgspec.msgpack.Decoder(Request).decode
decode_event: Callable[[bytes], Event] = msgspec.msgpack.Decoder(Event).decode
