"""Sections `channels[].sources[]` and `twitch`: sources of chat, and the account at Twitch."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bot.config.base import Count, Number, Section, matching

_TwitchLogin = Annotated[
    str,
    matching(r"#?[A-Za-z0-9_]{1,25}", "letters, digits and _, as in twitch.tv/NAME"),
]


class ConsoleSettings(Section):
    """Lines typed in the terminal."""

    type: Literal["console"]


class IngestSettings(Section):
    """Messages that other programs POST to /api/chat."""

    type: Literal["ingest"]


class MqttSourceSettings(Section):
    """Chat and orders that others publish at the broker of section `mqtt`."""

    type: Literal["mqtt"]
    chat: bool = True
    """Whether messages are taken."""
    commands: bool = True
    """Whether orders are obeyed, from whoever the broker lets publish them."""


EmoteService = Literal["bttv", "ffz", "7tv"]
"""Who adds emotes to Twitch: BetterTTV, FrankerFaceZ, 7TV."""


class TwitchIrcSettings(Section):
    """A Twitch channel, read anonymously."""

    type: Literal["twitch_irc"]
    channel: _TwitchLogin
    """Login name of the streamer, as in twitch.tv/NAME."""
    shared_chat: bool = True
    """Whether chat that comes from another channel of a shared chat is read."""
    emotes: tuple[EmoteService, ...] = ("bttv", "ffz", "7tv")
    """Who is asked for the names of the channel's further emotes, which Twitch does not mark."""


TwitchEvent = Literal["cheer", "sub", "resub", "gift", "raid", "follow", "redeem", "announcement"]
"""What comes beside plain chat: values of `bot.messages.EventKind`."""


class RewardSettings(Section):
    """A channel-point reward of our own; Twitch lets nobody else settle its redemptions."""

    title: Annotated[str, Field(min_length=1, max_length=45)] | None = None
    """Name of the reward, which is created where it is missing; null for none."""
    cost: Annotated[Count, Field(ge=1, le=1_000_000_000)] = 500
    """Channel points that it costs, when it is created."""
    fulfill: bool = True
    """Mark a redemption as done when it was spoken."""
    refund: bool = True
    """Give the points back when it was not read, or dropped before its end."""


class TwitchEventsubSettings(Section):
    """A Twitch channel, with the account that `ishowtts login twitch` logged in."""

    type: Literal["twitch_eventsub"]
    channel: _TwitchLogin
    """Login name of the streamer, as in twitch.tv/NAME."""
    events: tuple[TwitchEvent, ...] = (
        "cheer", "sub", "resub", "gift", "raid", "follow", "redeem", "announcement",
    )  # fmt: skip
    """What is heard beside plain chat; follows and redeems need the streamer's own log-in."""
    shared_chat: bool = True
    """Whether chat that comes from another channel of a shared chat is read."""
    reward: RewardSettings = RewardSettings()
    """Channel-point reward for messages that are spoken."""
    emotes: tuple[EmoteService, ...] = ("bttv", "ffz", "7tv")
    """Who is asked for the names of the channel's further emotes, which Twitch does not mark."""
    anonymous: bool = True
    """Also read chat without the account, so that nothing is lost while the account cannot."""


class ReplaySettings(Section):
    """Recorded chat; the daemon drains and ends after its last line."""

    type: Literal["replay"]
    path: Path
    """JSON Lines file."""
    speed: Annotated[Number, Field(ge=0)] = 1.0
    """Times as fast as recorded; 0 is as fast as speech can follow."""


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
