"""Protocol between the daemon and an engine's process: docs/engine-protocol.md.

Each message is one frame, see `bot.runtime.processes.frames`; its type stands in the field `type`.
"""

from typing import Any, Literal, TypeAlias

import msgspec

from bot.messages import AudioChunk, Message, SpeechRequest
from bot.runtime.processes.packing import decode_array

VERSION = 3
"""Version of the protocol: grows with every change that an older other end would not understand."""

NO_REQUEST = 0
"""Number in `Failed` where nobody knows which one of several requests broke the engine."""
Trouble = Literal["utterance", "memory", "fault"]
"""Kind of failure: this text cannot be spoken; memory ran out; the engine is broken."""
Level = Literal["debug", "info", "warning", "error"]


class Start(Message, frozen=True, kw_only=True):
    """First request: which engine, and how it is made."""

    version: int
    """`VERSION` of the daemon."""
    engine: str
    """Name, or `module:Class`, as `bot.engine.create` takes it."""
    options: dict[str, Any]
    """Its keyword arguments."""
    is_low: bool = False
    """Whether the process gives way to programs of usual priority."""
    cores: tuple[int, ...] = ()
    """Cores of the machine that it may use, from 0; empty is all."""


class Speak(Message, frozen=True, kw_only=True):
    """Request for speech; answered by one `Speech` or `Failed`, in any order."""

    number: int
    """Chosen by the daemon, never used again in the life of the process."""
    request: SpeechRequest


class Cancel(Message, frozen=True, kw_only=True):
    """Request to drop another one: nobody waits for it any more."""

    number: int


class Ping(Message, frozen=True, kw_only=True):
    """Request for a sign of life."""

    number: int


class Hello(Message, frozen=True, kw_only=True):
    """First event: who answers, before anything heavy is loaded."""

    version: int
    python: str
    """Version of the interpreter."""


class Ready(Message, frozen=True, kw_only=True):
    """Event: the engine is warm and takes requests for speech."""

    name: str
    longest_piece: int
    """Limit of the text of one request, as in `bot.engine.contract`."""
    hardware: str = ""
    """Device and precision, for people; empty where it makes no difference."""
    nfe_choices: tuple[int, ...] = ()
    """Numbers of function evaluations that it is prepared for, as in `bot.engine.contract`."""
    languages: tuple[str, ...] = ()
    """ISO 639 codes, as in `bot.engine.contract`."""
    voices: tuple[str, ...] = ()
    """Names of its own voices."""
    licence: str = ""
    """Licence of what speaks, for people."""
    at_once: int = 1
    """Limit of batches under way at a time, as in `bot.engine.contract`."""


class Refused(Message, frozen=True, kw_only=True):
    """Event: the engine cannot run here; the process ends."""

    message: str
    remedy: str = ""


class Speech(Message, frozen=True, kw_only=True):
    """Event: the speech of a request, whole, with the times of its words."""

    number: int
    audio: AudioChunk
    took_s: float = 0.0
    """Seconds of computation; of a batch, the share of this request."""


class Failed(Message, frozen=True, kw_only=True):
    """Event: the request ends without speech."""

    number: int
    trouble: Trouble
    message: str
    remedy: str = ""
    detail: str = ""
    """Traceback, where somebody made a mistake."""


class Pong(Message, frozen=True, kw_only=True):
    """Event: the answer to a ping."""

    number: int
    speaking: int
    """Requests under way."""
    quiet_s: float
    """Seconds for which the engine has worked without an answer or a step; 0 while idle."""
    step_s: float | None = None
    """Seconds that such a step took at the slowest lately; None if the engine reports no steps."""


class Logged(Message, frozen=True, kw_only=True):
    """Event: a line for the daemon's log."""

    level: Level
    event: str
    fields: dict[str, str | int | float | bool | None]


Request: TypeAlias = Start | Speak | Cancel | Ping
"""Message from the daemon to the engine."""
Event: TypeAlias = Hello | Ready | Refused | Speech | Failed | Pong | Logged
"""Message from the engine to the daemon."""

_request_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(
    Request, dec_hook=decode_array
)
_event_decoder: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(
    Event, dec_hook=decode_array
)


def decode_request(body: bytes) -> Request:
    """Return the request in the body of a frame.

    Raises:
        msgspec.MsgspecError: it holds none.
    """
    return _request_decoder.decode(body)


def decode_event(body: bytes) -> Event:
    """Return the event in the body of a frame.

    Raises:
        msgspec.MsgspecError: it holds none.
    """
    return _event_decoder.decode(body)
