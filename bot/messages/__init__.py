"""The vocabulary that the stages share: frozen messages with their units.

Data moves to the right only: `SourceItem` (sources) -> `Utterance` (policy, backlog) ->
`SpeechRequest` and `AudioChunk` (engine). What becomes of each message is told in `bot.outcomes`.
Every `*_at` field is a stamp of `bot.runtime.clock.now`; what leaves the daemon has Unix times.

The engine's child process imports this module too, so it stays importable on Python 3.10.
"""

from enum import Enum, IntEnum
from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from bot.runtime.cleaning import name_key

Samples: TypeAlias = npt.NDArray[np.float32]
"""Mono audio, `[n]`, full scale is -1 to 1."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """Base of every message: immutable, slotted, and tagged with its class name when encoded."""


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
    """Whom it is about: a name, `all`, or # and the id of a message; untrusted."""
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
    """What somebody is told; `bot.config.answers` has its words."""

    name: str
    """Which answer it is."""
    fields: dict[str, str] = {}
    """What stands in its braces; untrusted."""

    @classmethod
    def of(cls, name: str, /, **fields: object) -> "Answer":
        """Return the answer `name` with these fields as text."""
        return cls(name=name, fields={field: str(value) for field, value in fields.items()})


SourceItem: TypeAlias = ChatItem | BlockedTerms | Command
"""What a source delivers; a command only where the place that it came through is trusted."""


class SpeechRequest(Message, frozen=True, kw_only=True):
    """What an engine is asked to say."""

    id: str
    text: str
    """Exactly what is spoken; not empty."""
    voice: str
    language: str = ""
    """ISO 639 code of the text, for engines that speak several; empty for the voice's own."""
    nfe: int = 0
    """Number of function evaluations; 0 leaves it to the engine, and some engines have none."""
    due_s: float = 0.0
    """In how many seconds its sound is needed; 0 where somebody waits for it."""
    speed: float = 1.0
    """Factor on the speaking rate, besides those of engine and voice; some engines have none."""


class WordTime(msgspec.Struct, frozen=True, array_like=True):
    """When a word is heard; on the wire an array of its fields, in this order."""

    text: str
    """As it is written, with the punctuation at it; what is not said, such as a dash, too."""
    start_s: float
    """Seconds from the beginning of the audio that it belongs to, rounded to milliseconds."""
    end_s: float
    """The same; equal to `start_s` if the word is not said."""
    is_exact: bool = False
    """Whether the engine was given these times; else they are estimated."""
    phonemes: str = ""
    """One character a phoneme, as misaki writes them; empty if the engine does not tell."""
    phoneme_starts_s: tuple[float, ...] = ()
    """When each of them begins."""

    def moved(self, by_s: float, latest_s: float = float("inf")) -> "WordTime":
        """Return the word `by_s` seconds later, no part of it before 0 or after `latest_s`."""

        def move(time_s: float) -> float:
            return round(min(max(time_s + by_s, 0.0), latest_s), 3)

        return WordTime(
            self.text,
            move(self.start_s),
            move(self.end_s),
            self.is_exact,
            self.phonemes,
            tuple(map(move, self.phoneme_starts_s)),
        )


class AudioChunk(Message, frozen=True, kw_only=True):
    """A piece of speech from an engine."""

    samples: Samples
    """Mono float32, `[n]`, n at least 1."""
    sample_rate_hz: int
    engine: str = ""
    """Which engine it is from; empty where only one is asked."""
    nfe: int = 0
    """Number of function evaluations that it took; 0 from engines that have none."""
    words: tuple[WordTime, ...] = ()
    """When each word of the text is heard in it, in order."""

    @property
    def duration_s(self) -> float:
        """Return the length in seconds."""
        return len(self.samples) / self.sample_rate_hz
