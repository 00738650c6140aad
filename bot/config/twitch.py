"""Section `twitch`: the log-in that sources of type twitch_eventsub use."""

from typing import Annotated

from pydantic import Field

from bot.config.base import Count, Section, matching


class TwitchSettings(Section):
    """The application that asks for the log-in, and what the bot writes in chat."""

    client_id: (
        Annotated[str, matching(r"[a-z0-9]{10,50}", "lower-case letters and digits")] | None
    ) = None
    """Client id of your application at https://dev.twitch.tv/console/apps, of type Public."""
    replies: bool = True
    """Whether the bot answers commands in chat."""
    replies_per_30_s: Annotated[Count, Field(ge=1, le=100)] = 20
    """Messages that the bot writes in 30 s at most: Twitch allows 20, and a moderator 100."""
