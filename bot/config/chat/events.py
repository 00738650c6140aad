"""Section `policy.events`: announcements of cheers, subs, raids and other events."""

from typing import Annotated

from pydantic import Field

from bot.config.chat.languages import Language
from bot.config.chat.tags import TagName
from bot.config.sections.base import Count, Number, Section, matching
from bot.messages import EventKind

_FIELD = r"\{\{|\}\}|\{(?:name|amount):?\}|\{amount:[^|{}\[\]]{1,30}\|[^|{}\[\]]{1,30}\}"
_PART = rf"[^{{}}\[\]]|{_FIELD}"
_INNER = rf"[^{{}}\[\]|]|{_FIELD}"
Told = Annotated[
    str,
    Field(max_length=200),
    matching(
        rf"(?=\s*\S)(?:{_PART}|\[(?:{_INNER})+(?:\|(?:{_INNER})*)?\])*",
        "text with {name}, {amount}, or {amount:viewer|viewers} for a number with its unit, and"
        " nothing else in braces; [with {amount}|without] for an event with and without one",
    ),
]


class WeightedTemplate(Section):
    """One of several templates of an event."""

    text: Told
    """The template."""
    weight: Annotated[Count, Field(ge=1, le=1_000)] = 1
    """How often it is chosen, beside the weights of the others."""


Templates = (
    Told | Annotated[tuple[Told | WeightedTemplate, ...], Field(min_length=1, max_length=50)]
)
"""One template, or several of which each message gets one."""
EventTemplate = Templates | None


class EventSettings(Section):
    """Announcement of each event, spoken before the text that came with it.

    `{name}` is the chatter's name. `{amount}` is the number, with the unit that came with it: "5.50
    euros", "300 Stars". `{amount:viewer|viewers}` is the number with these words for one and for
    more, unless it came with another unit. `[ with {amount}]` is left out of an event that has no
    amount; `[A|B]` is A with an amount and B without. Of a list each message gets one, chosen at
    random; an entry `{text: ..., weight: 3}` comes three times as often. null announces nothing:
    the text, if there is one, is read like other chat.
    """

    cheer: EventTemplate = "{name} cheers[ {amount:bit|bits}]."
    """Bits."""
    donation: EventTemplate = "{name} sends [{amount}|a donation]."
    """Money and what platforms have in its place: tips, Super Chats, hype chat, gifts."""
    charity: EventTemplate = "{name} gives[ {amount}] to charity."
    """Money for the charity that the channel collects for."""
    sub: EventTemplate = "{name} just subscribed."
    """A first subscription."""
    resub: EventTemplate = "{name} has subscribed[ for {amount:month|months}| again]."
    """A renewed subscription; `{amount}` is its months in all."""
    gift: EventTemplate = "{name} gives [{amount:subscription|subscriptions}|subscriptions] away."
    """Subscriptions for others, announced once however many."""
    raid: EventTemplate = "{name} raids[ with {amount:viewer|viewers}]."
    """Arrival of another channel's viewers."""
    follow: EventTemplate = None
    """Off: bots follow by the thousand to be announced."""
    redeem: EventTemplate = None
    """Off: text that comes with a redeem is read like chat; a redeem without text is not read."""
    power_up: EventTemplate = "{name} uses a power-up[ of {amount:bit|bits}]."
    """Message effects and giant emotes on Twitch."""
    purchase: EventTemplate = "{name} buys something in the shop."
    """Merchandise, from shops that Social Stream Ninja knows."""
    watch_streak: EventTemplate = (
        "{name} has watched[ {amount:stream|streams} in a row| many streams]."
    )
    """Streams that the chatter watched in a row, if the chatter shares it."""
    join: EventTemplate = None
    """Off: arrivals come by the hundred."""
    like: EventTemplate = None
    """Off, for the same reason."""
    share: EventTemplate = None
    """Off, for the same reason."""
    announcement: EventTemplate = None
    """Off: announcements of moderators are read like chat."""
    templates: dict[Language, dict[EventKind, Templates]] = {}
    """Announcements with messages in other languages, instead of those that come along for de, es,
    fr, ja and pt; of a language without any, those above."""
    minimum: dict[EventKind, Annotated[Number, Field(ge=0)]] = {}
    """Smallest amount of an event that is announced, by its kind, such as {cheer: 100, raid: 5};
    one without an amount always is."""
    sounds: dict[EventKind, TagName] = {}
    """Sound before the announcement, by the event's kind, such as {raid: airhorn}; from the folder
    of `sounds`."""
