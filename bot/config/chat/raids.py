"""Section `raids`: one line that many chatters write becomes one that is spoken."""

from typing import Annotated

from pydantic import Field

from bot.config.sections.base import Count, Number, Section


class RaidSettings(Section):
    """Copies of one line by many chatters; paid messages and moderators' are never such."""

    chatters: Annotated[Count, Field(ge=0)] = 4
    """Chatters who write about the same line before it is spoken once for all; 0 for never."""
    window_s: Annotated[Number, Field(gt=0, le=600)] = 30.0
    """Seconds in which they write it, and for which it is not said again."""
    min_letters: Annotated[Count, Field(ge=1)] = 12
    """Least letters of such a line: "good game" may be written by many."""
    others: Annotated[str, Field(max_length=100)] = "... and {count} others"
    """What is added to the line; {count} is the number of further chatters."""
