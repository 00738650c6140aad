"""Section `policy.events`: how happenings are told that come with no text, or beside one."""

import re
import string
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.config.base import Count, Section

_FORMS = re.compile(r"[^|{}]{1,30}\|[^|{}]{1,30}")


def _template(value: str) -> str:
    msg = (
        "a template is text with {name}, {amount}, or {amount:viewer|viewers} for a number with its"
        " unit, and nothing else in braces"
    )
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        raise ValueError(msg) from None
    for _, field, spec, conversion in parts:
        is_plain = field in {None, "name", "amount"} and not spec
        if conversion or not (is_plain or (field == "amount" and _FORMS.fullmatch(spec or ""))):
            raise ValueError(msg)
    if not "".join(literal + (field or "") for literal, field, _, _ in parts).strip():
        raise ValueError(msg)
    return value


EventTemplate = Annotated[str, Field(max_length=200), AfterValidator(_template)] | None


class EventSettings(Section):
    """What is said of each event, before the text that it came with.

    `{name}` is the chatter's, `{amount}` the number, and `{amount:viewer|viewers}` the number with
    its unit, for one and for more. With null an event without text is not told, and its text, if it
    has one, is read like other chat.
    """

    cheer: EventTemplate = "{name} cheers {amount:bit|bits}."
    """Bits."""
    donation: EventTemplate = "{name} sent a donation."
    """Money, from Social Stream Ninja and programs that post chat."""
    sub: EventTemplate = "{name} just subscribed."
    """A first subscription."""
    resub: EventTemplate = "{name} has subscribed for {amount:month|months}."
    """A subscription that goes on, and the months in all."""
    gift: EventTemplate = "{name} gives {amount:subscription|subscriptions} away."
    """Subscriptions for others, told once however many."""
    raid: EventTemplate = "{name} raids with {amount:viewer|viewers}."
    """Another channel's viewers arrive."""
    follow: EventTemplate = None
    """Off: programs follow by the thousand to be heard."""
    redeem: EventTemplate = None
    """Off: what somebody pays points to say is read like chat, and other rewards are no speech."""
    announcement: EventTemplate = None
    """Off: what moderators announce is read like chat."""
    minimum_bits: Annotated[Count, Field(ge=1)] = 1
    """Bits of the smallest cheer that is told."""
    minimum_viewers: Annotated[Count, Field(ge=0)] = 1
    """Viewers of the smallest raid that is told."""
