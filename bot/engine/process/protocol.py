"""What the daemon and the process of an engine tell each other: docs/engine-protocol.md.

Each message is one frame, see `bot.runtime.frames`; its type stands in the field `type`.
"""

from typing import Any, Literal, TypeAlias

import msgspec

from bot.messages import AudioChunk, Message, SpeechRequest, decode_array

VERSION = 1
"""Grows with every change that an older other end would not understand."""

NO_REQUEST = 0
"""The number of no request, where it is not known which one of several broke the engine."""
Trouble = Literal["utterance", "memory", "fault"]
"""What an error means: this text cannot be spoken; memory ran out; the engine is broken."""
Level = Literal["debug", "info", "warning", "error"]


class Start(Message, frozen=True, kw_only=True):
    """The first order: which engine, and how it is made."""

    version: int
    """`VERSION` of the daemon."""
    engine: str
    """Name, or `module:Class`, as `bot.engine.create` takes it."""
    options: dict[str, Any]
    """Its keyword arguments."""


class Speak(Message, frozen=True, kw_only=True):
    """Speak; chunks of several requests may come mixed, those of each in order."""

    number: int
    """Chosen by the daemon, never used again in the life of the process."""
    request: SpeechRequest


class Cancel(Message, frozen=True, kw_only=True):
    """Nobody waits for this request any more."""

    number: int


class Ping(Message, frozen=True, kw_only=True):
    """Say that you are alive."""

    number: int


class Hello(Message, frozen=True, kw_only=True):
    """The first report: who answers, before anything heavy is loaded."""

    version: int
    python: str
    """Version of the interpreter."""


class Ready(Message, frozen=True, kw_only=True):
    """The engine is warm: it can be told to speak."""

    name: str


class Refused(Message, frozen=True, kw_only=True):
    """The engine cannot run here; the process ends."""

    message: str
    remedy: str = ""


class Chunk(Message, frozen=True, kw_only=True):
    """Speech of a request."""

    number: int
    audio: AudioChunk


class Done(Message, frozen=True, kw_only=True):
    """The request was spoken to its end."""

    number: int


class Failed(Message, frozen=True, kw_only=True):
    """The request ends here."""

    number: int
    trouble: Trouble
    message: str
    remedy: str = ""
    detail: str = ""
    """Traceback, where somebody made a mistake."""


class Pong(Message, frozen=True, kw_only=True):
    """The answer to a ping."""

    number: int
    speaking: int
    """Requests under way."""
    quiet_s: float
    """For how long the engine has worked and given neither speech nor an end, nor made a step;
    0 while idle."""
    step_s: float | None = None
    """What such a step took at the slowest lately; None where the engine tells of no steps."""


class Logged(Message, frozen=True, kw_only=True):
    """A line for the daemon's log."""

    level: Level
    event: str
    fields: dict[str, str | int | float | bool | None]


Order: TypeAlias = Start | Speak | Cancel | Ping
"""From the daemon to the engine."""
Report: TypeAlias = Hello | Ready | Refused | Chunk | Done | Failed | Pong | Logged
"""From the engine to the daemon."""

_order_decoder: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(
    Order, dec_hook=decode_array
)
_report_decoder: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(
    Report, dec_hook=decode_array
)


def order(body: bytes) -> Order:
    """Return the order that `body` holds.

    Raises:
        msgspec.MsgspecError: it holds none.
    """
    return _order_decoder.decode(body)


def report(body: bytes) -> Report:
    """Return the report that `body` holds.

    Raises:
        msgspec.MsgspecError: it holds none.
    """
    return _report_decoder.decode(body)
