"""Sections `channels[].sources[]` and `twitch`: sources of chat, and the account at Twitch."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bot.config.sections.base import Count, Number, Section, matching
from bot.messages import Role

_TwitchLogin = Annotated[
    str,
    matching(r"#?[A-Za-z0-9_]{1,25}", "letters, digits and _, as in twitch.tv/NAME"),
]


class ConsoleSettings(Section):
    """Lines typed in the terminal."""

    type: Literal["console"]


class IngestSettings(Section):
    """Messages that other programs POST to `/api/chat`."""

    type: Literal["ingest"]
    roles: dict[Role, tuple[str, ...]] = {}
    """Names that have a role, for programs that send none, such as Social Stream Ninja for the
    streamer. Whoever takes such a name on any platform that is posted has the role too."""


class MqttSourceSettings(Section):
    """Chat and commands that others publish at the broker of section `mqtt`."""

    type: Literal["mqtt"]
    chat: bool = True
    """Whether chat is taken."""
    commands: bool = True
    """Whether commands are taken, from anybody whom the broker lets publish them."""


EmoteService = Literal["bttv", "ffz", "7tv"]
"""Service that adds emotes to Twitch: BetterTTV, FrankerFaceZ or 7TV."""


class TwitchIrcSettings(Section):
    """A Twitch channel, read anonymously."""

    type: Literal["twitch_irc"]
    channel: _TwitchLogin
    """Login name of the streamer, as in twitch.tv/NAME."""
    shared_chat: bool = True
    """Whether messages from the other channels of a shared chat are read."""
    emotes: tuple[EmoteService, ...] = ("bttv", "ffz", "7tv")
    """Services that are asked for the names of their emotes, which Twitch does not mark."""


TwitchEvent = Literal[
    "cheer", "sub", "resub", "gift", "raid", "follow", "redeem", "announcement",
    "watch_streak", "charity", "donation", "power_up",
]  # fmt: skip
"""Kind of event beside plain chat: a value of `bot.messages.EventKind`."""


class RewardSettings(Section):
    """A channel-point reward that the bot creates, since Twitch lets only its creator settle it."""

    title: Annotated[str, Field(min_length=1, max_length=45)] | None = None
    """Name of the reward, which is created if it is missing; null for no reward."""
    cost: Annotated[Count, Field(ge=1, le=1_000_000_000)] = 500
    """Price in channel points, when the reward is created."""
    fulfill: bool = True
    """Mark a redeem as done once it was spoken."""
    refund: bool = True
    """Give the points back if a redeem was not read, or not to its end."""


class TwitchEventsubSettings(Section):
    """A Twitch channel, read with the account that `ishowtts login twitch` logged in."""

    type: Literal["twitch_eventsub"]
    channel: _TwitchLogin
    """Login name of the streamer, as in twitch.tv/NAME."""
    events: tuple[TwitchEvent, ...] = (
        "cheer", "sub", "resub", "gift", "raid", "follow", "redeem", "announcement",
        "watch_streak", "charity", "donation", "power_up",
    )  # fmt: skip
    """Events that are taken; follow, redeem and celebrations (power_up) need the streamer's own
    log-in."""
    shared_chat: bool = True
    """Whether messages from the other channels of a shared chat are read."""
    reward: RewardSettings = RewardSettings()
    """Channel-point reward for messages that are spoken."""
    emotes: tuple[EmoteService, ...] = ("bttv", "ffz", "7tv")
    """Services that are asked for the names of their emotes, which Twitch does not mark."""
    blocked_terms: bool = True
    """Whether words that the channel blocks at Twitch are blocked here too; needs the streamer's
    own log-in."""
    anonymous: bool = True
    """Also read chat anonymously, so that nothing is lost while the account cannot read."""


class ReplaySettings(Section):
    """Recorded chat; the daemon speaks all of it and ends."""

    type: Literal["replay"]
    path: Path
    """JSON Lines, as `ishowtts run --record` writes them."""
    speed: Annotated[Number, Field(ge=0)] = 1.0
    """Factor of the recorded pace; 0 is as fast as speech can follow."""


SourceSettings = Annotated[
    ConsoleSettings
    | IngestSettings
    | MqttSourceSettings
    | TwitchIrcSettings
    | TwitchEventsubSettings
    | ReplaySettings,
    Field(discriminator="type"),
]


class TwitchSettings(Section):
    """The application that logs in at Twitch, and how the bot writes in chat."""

    client_id: (
        Annotated[str, matching(r"[a-z0-9]{10,50}", "lower-case letters and digits")] | None
    ) = None
    """Client id of your application at https://dev.twitch.tv/console/apps, of type Public."""
    replies: bool = True
    """Whether the bot answers commands in chat."""
    replies_per_30_s: Annotated[Count, Field(ge=1, le=100)] = 20
    """Most messages that the bot writes in 30 s: Twitch allows 20, and a moderator 100."""
