"""Messages and subjects between daemons and workers; docs/deploy/pool.md tells of them for people.

The speech itself is a frame of the engines' protocol, `Speech` or `Failed`, in parts that fit into
a message of NATS.
"""

import re
from collections.abc import Iterator
from typing import Annotated, NamedTuple, TypeAlias

import msgspec

from bot.engine.process import protocol
from bot.errors import StartError, shown
from bot.messages import SpeechRequest
from bot.messages.base import Message
from bot.runtime.processes.packing import encode

VERSION = 1
"""Version of these messages: grows with every change that an older other end would not
understand."""
BEAT_S = 0.2
"""Time between two beats of a worker, in seconds."""
STATE = b"state"
"""What a streamer asks to have made, besides its store of voices."""
_PART_BYTES = 256 << 10
"""A quarter of what a server takes at most, as it is installed."""
_MOST_PARTS = 256
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""Names of streamers and workers: one token of a subject."""

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Least1: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1 << 40)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1e7)]
"""What no honest worker exceeds: neither infinite nor NaN."""


class Beat(Message, frozen=True, kw_only=True):
    """Sign of life of a worker, with what it can and how busy it is."""

    version: int
    worker: str
    """Its name, new at every start."""
    sent: Count
    """Number of this beat, from 1."""
    engine: str
    hardware: str
    longest_piece: Least1
    """This and the next three as in `bot.engine.process.protocol.Ready`."""
    nfe_choices: tuple[int, ...]
    languages: tuple[str, ...]
    voices: tuple[str, ...]
    licence: str
    at_once: Least1
    """Requests that its engine is given at a time."""
    under_way: Count
    """Requests that its engine has now."""
    waiting: Count
    """Requests that wait for the engine."""
    wait_s: Seconds
    """In how many seconds a request that comes now would begin."""
    usual_s: Seconds
    """Seconds that a usual message takes; 0 while unknown."""
    room: Count
    """Requests that it would take now, of usual length."""
    is_open: bool
    """Whether it takes requests; not while it drains, or its engine is away."""
    is_stuck: bool = False
    """Whether its engine seems to hang, with all that it has under way."""
    drops: Count = 0
    """How often its connection was lost: what it sent then may not have come."""
    clones: bool = False
    """Whether it speaks with the voices of streamers, and fetches what it lacks."""
    warm: tuple[str, ...] = ()
    """Voices that it used lately, as `voices.name_at_worker` has them."""


class Ask(Message, frozen=True, kw_only=True):
    """Request to a worker; `Taken` or `Busy` answers it at once."""

    version: int
    attempt: str
    """Chosen by the daemon, never used again; names the inbox of the answers."""
    request: SpeechRequest
    key: str = ""
    """Content of the voice, see `voices`; empty where `request.voice` is a name of the worker's."""
    deadline_s: float
    """Seconds after which nobody wants it any more."""
    priority: int = 0
    """Which of one streamer's requests comes first: the greater one."""


class Taken(Message, frozen=True, kw_only=True):
    """Answer: the worker will speak it."""

    expected_s: Seconds
    """In how many seconds, as far as it knows; 0 if it does not."""


class Busy(Message, frozen=True, kw_only=True):
    """Answer: the worker does not take it now."""

    wait_s: Seconds
    """In how many seconds it may."""


class Part(Message, frozen=True, kw_only=True):
    """Answer: part of the frame that ends the request."""

    index: int
    count: int
    body: bytes


class _Versioned(msgspec.Struct, frozen=True):
    """What a message of any version has."""

    version: int


Answer: TypeAlias = Taken | Busy | Part
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_asks: msgspec.msgpack.Decoder[Ask] = msgspec.msgpack.Decoder(Ask)
_beats: msgspec.msgpack.Decoder[Beat] = msgspec.msgpack.Decoder(Beat)
_versions: msgspec.msgpack.Decoder[_Versioned] = msgspec.msgpack.Decoder(_Versioned)


def decode_answer(body: bytes) -> Answer:
    """Return what a worker answers.

    Raises:
        msgspec.MsgspecError: it is no answer.
    """
    return _answers.decode(body)


def decode_ask(body: bytes) -> Ask:
    """Return what a daemon asks for; raises as `decode_answer`."""
    return _asks.decode(body)


def decode_beat(body: bytes) -> Beat:
    """Return a worker's beat; raises as `decode_answer`."""
    return _beats.decode(body)


def decode_version(body: bytes) -> int:
    """Return the version of a beat or request of any version; raises as `decode_answer`."""
    return _versions.decode(body).version


class Subjects(NamedTuple):
    """Subjects of one pool. The streamer's name stands in what it may publish: no other can."""

    root: str

    def beat(self, worker: str = "*") -> str:
        """Return where a worker publishes its beats."""
        return f"{self.root}.worker.{worker}"

    def ask(self, worker: str, streamer: str = "*") -> str:
        """Return where a streamer asks a worker."""
        return f"{self.root}.ask.{worker}.{streamer}"

    def store(self, streamer: str = "*") -> str:
        """Return where a streamer asks for a store of voices, which any worker makes."""
        return f"{self.root}.store.{streamer}"

    def cancel(self, worker: str, streamer: str = "*") -> str:
        """Return where a streamer takes a request back; the payload is the attempt."""
        return f"{self.root}.cancel.{worker}.{streamer}"


def bucket(root: str, streamer: str) -> str:
    """Return the name of the object store with the voices of a streamer."""
    return f"{root.replace('.', '_')}-voices-{streamer}"


WORKERS_INBOX = "_INBOX_worker"
"""First part of the subjects that JetStream's answers to workers come to."""


def inbox(streamer: str) -> str:
    """Return the first part of the subjects that answers to a streamer come to."""
    return f"_INBOX.{streamer}"


def checked_token(name: str, what: str) -> str:
    """Return `name`.

    Raises:
        StartError: it cannot stand in a subject; `what` says what it names.
    """
    if not TOKEN.fullmatch(name):
        raise StartError(
            f"The name {shown(name)} of {what} is none for the pool.",
            remedy="Use letters, digits, - and _, at most 40.",
        )
    return name


def in_parts(event: protocol.Speech | protocol.Failed) -> Iterator[bytes]:
    """Return the messages that carry `event`."""
    body = encode(event)
    count = -(-len(body) // _PART_BYTES)
    for index in range(count):
        piece = body[index * _PART_BYTES : (index + 1) * _PART_BYTES]
        yield encode(Part(index=index, count=count, body=piece))


class Joining:
    """Parts of one answer, joined as they come, in whatever order."""

    def __init__(self) -> None:
        self._parts: dict[int, bytes] = {}
        self._count = 0

    def add(self, part: Part) -> protocol.Speech | protocol.Failed | None:
        """Return the whole once it is there.

        Raises:
            ValueError: the parts make no answer, or are too many.
        """
        if not 0 <= part.index < part.count <= _MOST_PARTS:
            raise ValueError("an impossible part")
        if len(part.body) > _PART_BYTES or self._count not in {0, part.count}:
            raise ValueError("a part of another answer")
        self._count = part.count
        self._parts[part.index] = part.body
        if len(self._parts) < part.count:
            return None
        try:
            body = b"".join(self._parts[index] for index in range(part.count))
            event = protocol.decode_event(body)
        except (KeyError, msgspec.MsgspecError) as error:
            raise ValueError("parts of no answer") from error
        if not isinstance(event, protocol.Speech | protocol.Failed):
            raise ValueError("an answer that is none")  # noqa: TRY004 - of the data, not our types
        return event
