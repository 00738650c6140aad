"""Section `engine`: what speaks."""

from typing import Annotated, Literal

from pydantic import Field

from bot.config.base import Number, Section


class EngineSettings(Section):
    """The engine and how it speaks."""

    name: Literal["hibari", "tone"] = "hibari"
    """hibari is a light local voice for English; tone is a sine for tests."""
    speed: Annotated[Number, Field(ge=0.5, le=2.0)] = 1.0
    """Speaking rate; 1 is the voice's own."""
    stall_s: Annotated[Number, Field(gt=0)] = 20.0
    """Seconds without sound after which an utterance has failed and the next one's turn comes."""
