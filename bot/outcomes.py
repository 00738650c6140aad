"""Outcomes of messages, as observers see them."""

from enum import StrEnum
from typing import Self

import msgspec
from msgspec import structs

from bot.messages import (
    ChatMessage,
    EventKind,
    Lane,
    Message,
    Picture,
    RejectReason,
    Utterance,
    Verb,
    WordTime,
)
from bot.runtime.clock import now, unix


class DropReason(StrEnum):
    """Why an accepted utterance was not spoken to its end."""

    FULL = "backlog_full"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    CLEARED = "cleared"
    DELETED = "deleted"
    TIMED_OUT = "timed_out"
    MUTED = "muted"
    OPTED_OUT = "opted_out"
    REJECTED = "rejected"
    PANIC = "panic"
    OFF = "off"
    NO_OUTPUT = "no_output"
    SHUTDOWN = "shutdown"


PUT_OFF = frozenset({DropReason.SHUTDOWN, DropReason.NO_OUTPUT})
"""Reasons that the next start may not have: what was paid for is spoken then, not given back."""


class Outcome(Message, frozen=True, kw_only=True, tag=str.lower, tag_field="outcome"):
    """Something that happened to one message; observers see every one, in order.

    An accepted message ends in exactly one of `Spoken`, `Dropped` and `Failed`.
    """

    id: str
    """The id of the message."""
    channel: str
    chatter: str
    """Display name, untrusted."""
    at: float

    def encoded(self) -> bytes:
        """Return it as JSON for people and programs outside, with Unix times of the wall clock."""
        stamps = {
            name: unix(getattr(self, name))
            for name in self.__struct_fields__
            if name == "at" or name.endswith("_at")
        }
        return msgspec.json.encode(structs.replace(self, **stamps))

    @property
    def kind(self) -> str:
        """Name of the class as it stands in events, such as `spoken`."""
        return str(self.__struct_config__.tag)

    @classmethod
    def of(cls, subject: ChatMessage | Utterance, **fields: object) -> Self:
        """Return this outcome of `subject`, now; `fields` are those that the class adds."""
        return cls(
            id=subject.id,
            channel=subject.channel,
            chatter=subject.chatter.name,
            at=now(),
            **fields,
        )


class Accepted(Outcome, frozen=True, kw_only=True):
    """Policy made an utterance of the message."""

    received_at: float
    text: str
    """Prefix and body: the longest string that may be spoken, but for the number of others who
    wrote the same."""


class Rejected(Outcome, frozen=True, kw_only=True):
    """Policy let nothing through."""

    received_at: float
    reason: RejectReason
    detail: str = ""


class Applied(Outcome, frozen=True, kw_only=True, tag="obeyed"):
    """The message was a command and was applied; events and topics call it `obeyed`."""

    received_at: float
    verb: Verb
    argument: str = ""
    """What stood behind it."""
    answer: str = ""
    """What the issuer is told."""
    is_silent: bool = False
    """Whether the answer is kept out of chat."""
    undoes: str = ""
    """Id of the command that it took back."""


class Notice(Outcome, frozen=True, kw_only=True):
    """Something that everybody in chat is told; it is about no message, so `id` is empty."""

    text: str


class Overload(Outcome, frozen=True, kw_only=True):
    """The ladder against overload reached another rung; it is about no message, as `Notice`."""

    rung: int
    """From 1; 0 while all can be spoken in time."""
    name: str
    """What the rung does, as it is configured; empty for 0."""
    waiting: int
    """Utterances in the backlog."""
    speech_s: float
    """How long they would take, roughly."""


class Held(Outcome, frozen=True, kw_only=True):
    """The utterance waits for a moderator's approval."""

    text: str
    """Prefix and body."""
    waiting: int
    """Utterances that wait for approval, with this one."""


class Queued(Outcome, frozen=True, kw_only=True):
    """The utterance waits in the backlog."""

    lane: Lane
    pending: int
    """Utterances in the backlog, with this one."""


class Started(Outcome, frozen=True, kw_only=True):
    """The first sample was handed to an output at `at`."""

    engine: str
    """Which one speaks."""
    nfe: int = 0
    """Number of function evaluations of its first piece; 0 of engines that have none."""
    text: str
    """Exactly what is spoken, with or without the prefix."""
    requested_at: float
    """When the engine was asked."""
    first_chunk_at: float
    """When the engine's first audio was there."""
    words: tuple[WordTime, ...] = ()
    """Words whose audio is there by now, in seconds after `at`; `Continued` brings the others."""
    voice: str = ""
    event: EventKind | None = None
    """What the message came with."""
    amount: float = 0
    unit: str = ""
    """How much of it, as in `bot.messages.Event`."""
    pictures: tuple[Picture, ...] = ()
    """Emotes of the message."""


class Continued(Outcome, frozen=True, kw_only=True):
    """A further piece of the utterance was made while it is spoken."""

    words: tuple[WordTime, ...]
    """Its words, in seconds after the start of the utterance."""


class Spoken(Outcome, frozen=True, kw_only=True):
    """The last sample was heard."""

    engines: tuple[str, ...]
    """Which ones spoke: several where one took over from another in the middle."""
    audio_s: float
    synthesis_s: float
    """Time that the engine took for all chunks; RTF is this over `audio_s`."""
    words: tuple[WordTime, ...] = ()
    """All words that were spoken, in seconds after the start of the utterance."""


class Dropped(Outcome, frozen=True, kw_only=True):
    """The utterance was taken out before it was heard to its end."""

    reason: DropReason
    detail: str = ""


class Failed(Outcome, frozen=True, kw_only=True):
    """The engine or an output could not speak it."""

    error: str


OUTCOMES: tuple[type[Outcome], ...] = (
    Accepted, Rejected, Applied, Notice, Overload, Held, Queued, Started, Continued, Spoken,
    Dropped, Failed,
)  # fmt: skip
FINAL: tuple[type[Outcome], ...] = (Spoken, Dropped, Failed)
"""The outcomes that end an accepted message."""
