"""Section `overload`: what is done while more waits than can be spoken in time."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bot.config.sections.base import Count, Number, Section


class RungSettings(Section):
    """One rung of the ladder: when it is reached, and what it does, besides those below it."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """What it does, for people: in events, the log, and chat if that is told."""
    speech_s: Annotated[Number, Field(ge=0)] = 0.0
    """Seconds of speech that wait, roughly, from which it is reached; 0 does not look at them."""
    waiting: Annotated[Count, Field(ge=0)] = 0
    """Utterances that wait, from which it is reached; 0 does not look at them."""
    oldest_s: Annotated[Number, Field(ge=0)] = 0.0
    """Seconds that the oldest has waited that is not paid, from which it is reached; 0 does not
    look at it."""
    without_names: bool = False
    """Whether chatters are not introduced."""
    max_words: Annotated[Count, Field(ge=0)] = 0
    """Most words of a message; 0 leaves them all."""
    speed: Annotated[Number, Field(ge=0.5, le=2)] = 1.0
    """Factor on the speaking rate."""
    least_nfe: bool = False
    """Whether engines take their least number of function evaluations."""
    takes: Literal["all", "moderators", "paid"] = "all"
    """Whose messages are taken in: everybody's, those of moderators and paid ones, or paid ones
    alone."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not (self.speech_s or self.waiting or self.oldest_s):
            raise ValueError("a rung needs one of speech_s, waiting and oldest_s")
        return self


class OverloadSettings(Section):
    """Ladder against overload: its rungs add up, and are left one by one."""

    rungs: Annotated[tuple[RungSettings, ...], Field(max_length=20)] = (
        RungSettings(name="speech is made with less effort", speech_s=30.0, least_nfe=True),
        RungSettings(name="names are left out", speech_s=60.0, without_names=True),
        RungSettings(name="speech is faster", speech_s=90.0, speed=1.15),
    )
    """Rungs, the lowest first. Paid messages are spoken whole, with their names, on each."""
    down_ratio: Annotated[Number, Field(gt=0, le=1)] = 0.6
    """Share of a rung's limits below which all must be before it is left."""
    least_s: Annotated[Number, Field(ge=0)] = 10.0
    """Least seconds on a rung before the one below it."""
    announce: bool = False
    """Whether chat is told when the first rung is reached, each higher one, and the end of all."""
