"""What policy makes of a message: something to be spoken, or why there is nothing."""

from enum import Enum, IntEnum

import msgspec

from bot.messages.base import Message
from bot.messages.chat import Chatter, EventKind, Picture


class RejectReason(str, Enum):
    """Why policy let nothing through."""

    OFF = "off"
    PANIC = "panic"
    MUTED = "muted"
    OPTED_OUT = "opted_out"
    DELETED = "deleted"
    ROLE = "role"
    NOT_FOLLOWING = "not_following"
    NEW_ACCOUNT = "new_account"
    FIRST_MESSAGE = "first_message"
    COOLDOWN = "cooldown"
    DAILY_LIMIT = "daily_limit"
    MODE = "mode"
    BOT = "bot"
    COMMAND = "command"
    NOT_PERMITTED = "not_permitted"
    LINK = "link"
    BLOCKED = "blocked"
    LANGUAGE = "language"
    DUPLICATE = "duplicate"
    OVERLOAD = "overload"
    EMPTY = "empty"
    MALFORMED = "malformed"


class Rejection(Message, frozen=True, kw_only=True):
    """The typed "no" of a policy filter."""

    reason: RejectReason
    detail: str = ""
    """For the streamer's log, never spoken; may quote the chatter."""
    mutes: bool = False
    """Whether the chatter is muted for it."""


class Lane(IntEnum):
    """Priority of an utterance; the lower number speaks first."""

    PAID = 0
    MODERATOR = 1
    REST = 2


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an utterance: text in a voice, or a sound."""

    text: str = ""
    """Checked text; empty for a sound."""
    voice: str = ""
    """Voice of the text; empty for the utterance's own."""
    sound: str = ""
    """Name of a sound; empty for text."""


class Utterance(Message, frozen=True, kw_only=True):
    """What may be spoken: the result of policy, the item of the backlog."""

    id: str
    """The id of the message that it was made from."""
    channel: str
    chatter: Chatter
    prefix: str
    """Introduction such as "viewer one says: "; left out when the same chatter goes on speaking."""
    body: str
    """The checked text."""
    voice: str
    language: str = ""
    """ISO 639 code of the text; empty where any voice may read it."""
    event: EventKind | None = None
    """What the message came with."""
    amount: float = 0
    unit: str = ""
    """How much of it, as in `Event`."""
    pictures: tuple[Picture, ...] = ()
    """Emotes of the message, for those who show it."""
    lane: Lane
    received_at: float
    """When the daemon had the message complete; age and latency count from here."""
    repeats: str = ""
    """Id of the message that is said once more, where a moderator asked for that."""
    copies: int = 0
    """Others who wrote about the same, for whom it is spoken too."""
    segments: tuple[Segment, ...] = ()
    """Voices and sounds that `body` is spoken in, one after the other; empty for one voice."""
