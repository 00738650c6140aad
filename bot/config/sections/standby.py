"""Section `standby`: a second daemon that takes over; docs/deploy/standby.md."""

from typing import Annotated

from pydantic import Field

from bot.config.sections.base import Number, Section, matching


class StandbySettings(Section):
    """One of several daemons speaks; another one takes its place. NATS is that of `engine.pool`."""

    enabled: bool = False
    """Whether this daemon waits until no other one of its name speaks."""
    name: Annotated[
        str, matching(r"[A-Za-z0-9_-]{1,40}", "letters, digits, - and _, at most 40")
    ] = "main"
    """Name that the daemons share of which one speaks."""
    lease_s: Annotated[Number, Field(ge=3, le=60)] = 6.0
    """Seconds without a sign of life after which another one speaks."""
