"""Section `backlog`: what waits, and for how long."""

from typing import Annotated

from pydantic import Field

from bot.config.base import Count, Number, Section


class BacklogSettings(Section):
    """Bounds of one channel's backlog."""

    max_pending: Annotated[Count, Field(ge=1, le=10_000)] = 50
    """Utterances that may wait; the next one drops the newest of the least important lane."""
    max_per_chatter: Annotated[Count, Field(ge=1)] = 5
    """Utterances of one chatter that may wait; paid ones do not count."""
    max_age_s: Annotated[Number, Field(gt=0)] = 120.0
    """An utterance that waited longer is dropped; paid ones wait as long as it takes."""
    journal_max_age_s: Annotated[Number, Field(ge=0)] = 43_200.0
    """A paid message that the end of the daemon left unspoken is spoken after the next start unless
    it is older; 0 keeps none."""
