"""What comes from a chat: who wrote what, what happened, what was taken back."""

from enum import Enum
from typing import TypeAlias

import msgspec

from bot.messages.base import Message
from bot.runtime.text.cleaning import name_key


class Role(str, Enum):
    """What a chatter is in a channel; everybody is a viewer, so that is not a role."""

    BROADCASTER = "broadcaster"
    MODERATOR = "moderator"
    VIP = "vip"
    SUBSCRIBER = "subscriber"


RANKS = ("everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody")
"""Least roles that something can need, the lowest first; the configuration names them."""


class Chatter(Message, frozen=True, kw_only=True):
    """Somebody who writes in chat."""

    id: str
    """The platform's stable identifier; names change, this does not."""
    name: str
    """Display name, exactly as the platform gave it: untrusted text."""
    login: str = ""
    """Account name where it differs from the display name, as it may on Twitch."""
    roles: frozenset[Role] = frozenset()
    follows_since: float | None = None
    """When the chatter began to follow the channel, in Unix seconds; None where nobody tells."""
    exists_since: float | None = None
    """When the account was made, in Unix seconds; None where nobody tells."""

    def is_called(self, name: str) -> bool:
        """Tell whether somebody who types `name` means this chatter."""
        return name_key(name) in self.keys

    @property
    def keys(self) -> frozenset[str]:
        """Names of the chatter as they are compared."""
        return frozenset(map(name_key, filter(None, (self.name, self.login))))

    def has_rank(self, needed: str) -> bool:
        """Tell whether one of the chatter's roles is at least `needed`, one of `RANKS`."""
        least = RANKS.index(needed)
        return not least or any(RANKS.index(role.value) >= least for role in self.roles)


class EventKind(str, Enum):
    """What a message came with, apart from its text."""

    CHEER = "cheer"
    DONATION = "donation"
    CHARITY = "charity"
    SUB = "sub"
    RESUB = "resub"
    GIFT = "gift"
    RAID = "raid"
    FOLLOW = "follow"
    REDEEM = "redeem"
    POWER_UP = "power_up"
    PURCHASE = "purchase"
    WATCH_STREAK = "watch_streak"
    JOIN = "join"
    LIKE = "like"
    SHARE = "share"
    ANNOUNCEMENT = "announcement"


PAID_EVENTS = frozenset(
    {
        EventKind.CHARITY,
        EventKind.CHEER,
        EventKind.DONATION,
        EventKind.POWER_UP,
        EventKind.PURCHASE,
        EventKind.REDEEM,
    }
)
"""Events for which the chatter gave something and expects to be heard."""


class Event(Message, frozen=True, kw_only=True):
    """A happening on the platform that a message belongs to."""

    kind: EventKind
    amount: float = 0
    """Bits, money, months, gifts, viewers, streams or channel points, by kind; 0 if it has none or
    nobody tells."""
    unit: str = ""
    """What the amount counts, where the kind does not tell: a sign or an ISO 4217 code of money
    (`$`, `CA$`, `EUR`), or a platform's word (`Stars`)."""
    reward: str = ""
    """The platform's id of the reward that was redeemed; empty for none."""


class Picture(msgspec.Struct, frozen=True, array_like=True):
    """An emote as a picture; on the wire an array of its fields, in this order."""

    name: str
    """What stands for it in the text: untrusted."""
    address: str
    """Where the picture is, by https: untrusted."""


class ChatMessage(Message, frozen=True, kw_only=True):
    """One line of chat as its source delivered it: hostile input, nothing checked yet."""

    id: str
    """Unique within the daemon's run; the platform's own where there is one."""
    channel: str
    """Name of the configured channel that it belongs to, not of the platform's."""
    source: str
    """Name of the source that delivered it."""
    chatter: Chatter
    text: str
    emotes: tuple[tuple[int, int], ...] = ()
    """Where the platform put emotes: half-open ranges of code points of `text`."""
    pictures: tuple[Picture, ...] = ()
    """Emotes whose addresses the platform tells, each once."""
    event: Event | None = None
    reply_to: str | None = None
    """Display name of the chatter whose message this one answers."""
    is_first: bool = False
    """Whether the platform says that the chatter never wrote in the channel before."""
    received_at: float
    """When the daemon had it complete."""


class Purge(Message, frozen=True, kw_only=True):
    """The platform or a moderator took something back: what is pending of it must not be heard.

    Without message and chatter the whole channel was cleared.
    """

    channel: str
    message_id: str | None = None
    """The one message that was deleted."""
    chatter_id: str | None = None
    """The chatter who was timed out or banned."""


class BlockedTerms(Message, frozen=True, kw_only=True):
    """The words that the platform blocks in the channel, all of them."""

    channel: str
    terms: tuple[str, ...]
    """Words and phrases; `*` at an end stands for any letters."""


class StreamStatus(Message, frozen=True, kw_only=True):
    """The stream began or ended."""

    channel: str
    is_live: bool


ChatItem: TypeAlias = ChatMessage | Purge | StreamStatus
"""What comes from a chat, and can be recorded."""
