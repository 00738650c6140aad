"""Section `policy.events`: announcements of cheers, subs, raids and other events."""

from typing import Annotated

from pydantic import Field

from bot.config.base import Count, Section, matching

EventTemplate = (
    Annotated[
        str,
        Field(max_length=200),
        matching(
            r"(?=\s*\S)([^{}]|\{\{|\}\}|\{(name|amount):?\}|\{amount:[^|{}]{1,30}\|[^|{}]{1,30}\})*",
            "text with {name}, {amount}, or {amount:viewer|viewers} for a number with its unit, and"
            " nothing else in braces",
        ),
    ]
    | None
)


class EventSettings(Section):
    """Announcement of each event, spoken before the text that came with it.

    `{name}` is the chatter's name, `{amount}` the number, and `{amount:viewer|viewers}` the number
    with its unit, for one and for more. null announces nothing: the text, if there is one, is read
    like other chat.
    """

    cheer: EventTemplate = "{name} cheers {amount:bit|bits}."
    """Bits."""
    donation: EventTemplate = "{name} sent a donation."
    """Money, from Social Stream Ninja and other programs that post chat."""
    sub: EventTemplate = "{name} just subscribed."
    """A first subscription."""
    resub: EventTemplate = "{name} has subscribed for {amount:month|months}."
    """A renewed subscription; `{amount}` is its months in all."""
    gift: EventTemplate = "{name} gives {amount:subscription|subscriptions} away."
    """Subscriptions for others, announced once however many."""
    raid: EventTemplate = "{name} raids with {amount:viewer|viewers}."
    """Arrival of another channel's viewers."""
    follow: EventTemplate = None
    """Off: bots follow by the thousand to be announced."""
    redeem: EventTemplate = None
    """Off: text that comes with a redeem is read like chat; a redeem without text is not read."""
    announcement: EventTemplate = None
    """Off: announcements of moderators are read like chat."""
    watch_streak: EventTemplate = "{name} has watched {amount:stream|streams} in a row."
    """Streams that a viewer has not missed; told by those who share it."""
    charity: EventTemplate = "{name} gives to charity."
    """A donation to the charity that the channel collects for."""
    power_up: EventTemplate = "{name} uses a power-up."
    """Bits for a giant emote, a message effect or a celebration, on Twitch."""
    minimum_bits: Annotated[Count, Field(ge=1)] = 1
    """Bits of the smallest cheer that is announced."""
    minimum_viewers: Annotated[Count, Field(ge=0)] = 1
    """Viewers of the smallest raid that is announced."""
