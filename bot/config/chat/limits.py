"""Sections `gates` and `limits`: who is read, and how often."""

from typing import Annotated

from pydantic import Field

from bot.config.chat.verbs import Rank
from bot.config.sections.base import Count, Number, Section


class GateSettings(Section):
    """What a chatter must show to be read; subscribers, regulars and what was paid for pass."""

    follow_minutes: Annotated[Number, Field(ge=0)] = 0.0
    """Least time for which the chatter has followed the channel; 0 asks for none."""
    account_days: Annotated[Number, Field(ge=0)] = 0.0
    """Least age of the chatter's account; 0 asks for none."""
    first_message: bool = True
    """Whether a chatter's first message in the channel ever is read."""
    unknown: bool = True
    """Whether a chatter is read of whom the platform does not tell what is asked here."""
    exempt: Rank = "subscriber"
    """Least role of those of whom nothing is asked."""


class LimitSettings(Section):
    """How often a chatter is read; what was paid for does not count."""

    cooldown_s: Annotated[Number, Field(ge=0)] = 0.0
    """Least seconds between two messages of one chatter; 0 sets no limit."""
    a_day: Annotated[Count, Field(ge=0)] = 0
    """Most messages of one chatter a day, by the machine's clock; 0 sets no limit. `!tts limit`
    changes it, for all or for one chatter."""
    exempt: Rank = "moderator"
    """Least role of those who have no limit, but for one of their own."""
