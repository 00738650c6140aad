"""Section `archive`: speech that is kept after it was heard."""

from typing import Annotated, Literal

from pydantic import Field

from bot.config.sections.base import Count, Section


class ArchiveSettings(Section):
    """What was said, kept as sound with JSON beside it."""

    enabled: bool = False
    """Whether speech is kept."""
    format: Literal["flac", "opus"] = "flac"
    """flac keeps every sample; opus takes about a fifth of the room."""
    days: Annotated[Count, Field(ge=1, le=3650)] = 30
    """Days after which it is deleted."""
    megabytes: Annotated[Count, Field(ge=1, le=1_000_000)] = 1000
    """Megabytes above which the oldest is deleted."""
