"""Section `backlog`: limits of what waits to be spoken."""

from typing import Annotated

from pydantic import Field

from bot.config.sections.base import Count, Number, Section


class BacklogSettings(Section):
    """Limits of one channel's backlog."""

    max_pending: Annotated[Count, Field(ge=1, le=10_000)] = 50
    """Most utterances that wait, without the paid ones, which always find room; one more drops the
    newest of the least important lane, of the chatter with the most of them there."""
    max_per_chatter: Annotated[Count, Field(ge=1)] = 5
    """Most utterances of one chatter that wait; paid ones do not count."""
    max_age_s: Annotated[Number, Field(gt=0)] = 120.0
    """Seconds after which a waiting utterance is dropped; paid ones wait as long as it takes."""
    journal_max_age_s: Annotated[Number, Field(ge=0)] = 43_200.0
    """Seconds for which a paid message that a stop or crash left unspoken is kept; the next start
    speaks it. 0 keeps none."""
