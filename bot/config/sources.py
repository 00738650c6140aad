"""Sections `channels[].sources[]`: where chat comes from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bot.config.base import Number, Section, matching


class ConsoleSettings(Section):
    """Lines typed in the terminal."""

    type: Literal["console"]


class IngestSettings(Section):
    """Messages that other programs POST to /api/chat."""

    type: Literal["ingest"]


class TwitchIrcSettings(Section):
    """A Twitch channel, read anonymously."""

    type: Literal["twitch_irc"]
    channel: Annotated[
        str,
        matching(r"#?[A-Za-z0-9_]{1,25}", "letters, digits and _, as in twitch.tv/NAME"),
    ]
    """Login name of the streamer, as in twitch.tv/NAME."""
    url: Annotated[str, matching(r"wss?://\S+", "a WebSocket address, ws://... or wss://...")] = (
        "wss://irc-ws.chat.twitch.tv"
    )
    """The chat server; only tests need another one."""


class ReplaySettings(Section):
    """Recorded chat; the daemon drains and ends after its last line."""

    type: Literal["replay"]
    path: Path
    """JSON Lines file."""
    speed: Annotated[Number, Field(ge=0)] = 1.0
    """Times as fast as recorded; 0 is as fast as speech can follow."""


SourceSettings = Annotated[
    ConsoleSettings | IngestSettings | TwitchIrcSettings | ReplaySettings,
    Field(discriminator="type"),
]
