"""What the daemon and the process of a sound device tell each other; see `bot.runtime.frames`."""

from typing import TypeAlias

import msgspec


class Open(msgspec.Struct, frozen=True, tag=True):
    """The first order: which device, and how it fades."""

    device: str
    """Name as in the configuration."""
    fade_s: float


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Speech with the number `play` follows."""

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
    """The loudness from now on."""

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
    """So much of the play went to the device."""

    play: int
    played_s: float


class Finished(msgspec.Struct, frozen=True, tag=True):
    """The last sample of the play went to the device."""

    play: int


class Underflow(msgspec.Struct, frozen=True, tag=True):
    """The device ran dry: something was heard as a gap."""


class Clock(msgspec.Struct, frozen=True, tag=True):
    """The device goes on taking sound, be it silence."""


Order: TypeAlias = Open | Begin | Speech | End | Cut | SetGain
"""From the daemon to the device."""
Report: TypeAlias = Opened | Unavailable | Progress | Finished | Underflow | Clock
"""From the device to the daemon."""

_encoder = msgspec.msgpack.Encoder()
_order_decoder: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_report_decoder: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def encode(message: Order | Report) -> bytes:
    """Return `message` as the body of a frame."""
    return _encoder.encode(message)


def order(body: bytes) -> Order:
    """Return the order that `body` holds."""
    return _order_decoder.decode(body)


def report(body: bytes) -> Report:
    """Return the report that `body` holds."""
    return _report_decoder.decode(body)
