"""Section `obs`: OBS Studio, by its obs-websocket."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from bot.config.sections.base import Count, Number, Section


class GateSettings(Section):
    """What the voice does while the streamer talks."""

    input: str = ""
    """Name of the microphone among OBS' sources, such as Mic/Aux; empty for no gate."""
    mode: Literal["hold", "duck"] = "hold"
    """hold: nothing new is said meanwhile; duck: it is said softly."""
    level_db: Annotated[Number, Field(ge=-60, le=0)] = -35.0
    """Peak of the microphone from which on the streamer talks, in decibels of full scale."""
    release_ms: Annotated[Count, Field(ge=0, le=10_000)] = 800
    """Quiet after which the streamer talks no more, in milliseconds."""
    longest_s: Annotated[Number, Field(gt=0, le=600)] = 20.0
    """Seconds after which what waits is said all the same; then there has to be quiet first."""
    duck_db: Annotated[Number, Field(ge=-60, le=0)] = -12.0
    """How much softer the voice is with duck, in decibels."""


class ObsSettings(Section):
    """OBS Studio."""

    enabled: bool = False
    """Whether the daemon connects to OBS: for the gate, the scenes and the end of the stream."""
    host: str = "127.0.0.1"
    """Where OBS runs."""
    port: Annotated[Count, Field(ge=1, le=65535)] = 4455
    """Port of its WebSocket server, which is turned on under Tools."""
    password: SecretStr | None = None
    """Its password; better in password_file, or in the variable ISHOWTTS_OBS_PASSWORD."""
    password_file: Path | None = None
    """File that holds the password, and nothing else."""
    gate: GateSettings = GateSettings()
    """What the voice does while the streamer talks."""
    hold_scenes: tuple[str, ...] = ()
    """Scenes during which nothing is said, such as BRB."""
