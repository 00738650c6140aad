"""What the daemon is told to do, and what it answers."""

from enum import Enum
from typing import TypeAlias

import msgspec

from bot.messages.base import Message
from bot.messages.chat import BlockedTerms, ChatItem, Chatter


class Verb(str, Enum):
    """What the daemon can be told to do."""

    SKIP = "skip"
    CLEAR = "clear"
    PAUSE = "pause"
    RESUME = "resume"
    ON = "on"
    OFF = "off"
    MUTE = "mute"
    UNMUTE = "unmute"
    VOLUME = "volume"
    STATUS = "status"
    PANIC = "panic"
    RELEASE = "release"
    APPROVE = "approve"
    REJECT = "reject"
    WHO = "who"
    REPLAY = "replay"
    UNDO = "undo"
    SAY_AS = "say-as"
    LIMIT = "limit"
    REGULAR = "regular"
    UNREGULAR = "unregular"
    VOICE = "voice"
    NICK = "nick"
    OPT_OUT = "optout"
    OPT_IN = "optin"


class Order(Message, frozen=True, kw_only=True):
    """What a command says, its form checked."""

    verb: Verb
    name: str = ""
    """Whom it is about: a name, `all`, or # and the id of a message or command; untrusted."""
    value: str = ""
    """Number, voice, nickname or words, by verb; untrusted."""
    said: str = ""
    """What is said in place of `value`."""

    @property
    def argument(self) -> str:
        """What stands behind the verb, in one line."""
        said = f"= {self.said}".rstrip() if self.verb is Verb.SAY_AS else ""
        return " ".join(filter(None, (self.name, self.value, said)))


class Command(Message, frozen=True, kw_only=True):
    """An order to the daemon; it never waits behind speech."""

    id: str
    """The id of the message that it came in."""
    channel: str
    issuer: str
    """Who gave it: a chatter's name, or the interface that it came through."""
    order: Order
    chatter: Chatter | None = None
    """Who gave it, if that is a chatter."""


class Answer(Message, frozen=True, kw_only=True):
    """What somebody is told; `bot.config.chat.answers` has its words."""

    name: str
    """Which answer it is."""
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    """What stands in its braces; untrusted."""

    @classmethod
    def of(cls, name: str, /, **fields: object) -> "Answer":
        """Return the answer `name` with these fields as text."""
        return cls(name=name, fields={field: str(value) for field, value in fields.items()})


SourceItem: TypeAlias = ChatItem | BlockedTerms | Command
"""What a source delivers; a command only where the place that it came through is trusted."""
