"""Messages between the daemon and the process of a sound device, framed by `bot.runtime.frames`."""

from typing import TypeAlias

import msgspec


class Open(msgspec.Struct, frozen=True, tag=True):
    """The first request: which device, and how it fades."""

    device: str
    """Name as in the configuration."""
    fade_s: float


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
    sample_rate_hz: int
    latency_s: float
    """From the callback to the ear, as far as the sound system knows."""


class Unavailable(msgspec.Struct, frozen=True, tag=True):
    """The device cannot be opened, or was lost."""

    message: str
    remedy: str = ""
    retry_s: float = 0.0
    """When the next try begins, in seconds; 0 where the process ends instead."""


class Progress(msgspec.Struct, frozen=True, tag=True):
    """Part of the play that went to the device."""

    play: int
    played_s: float


class Finished(msgspec.Struct, frozen=True, tag=True):
    """The last sample of the play went to the device."""

    play: int


class Underflow(msgspec.Struct, frozen=True, tag=True):
    """The device ran dry, which is heard as a gap."""


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """The device still takes sound, silence included."""


Request: TypeAlias = Open | Begin | Speech | End | Cut | SetGain
"""From the daemon to the process."""
Event: TypeAlias = Opened | Unavailable | Progress | Finished | Underflow | Heartbeat
"""From the process to the daemon."""

_encoder = msgspec.msgpack.Encoder()
_request_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_event_decoder: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)


def encode(message: Request | Event) -> bytes:
    """Return `message` as the body of a frame."""
    return _encoder.encode(message)


def decode_request(body: bytes) -> Request:
    """Return the request that `body` holds."""
    return _request_decoder.decode(body)


def decode_event(body: bytes) -> Event:
    """Return the event that `body` holds."""
    return _event_decoder.decode(body)
