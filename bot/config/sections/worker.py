"""Section `worker`: `ishowtts worker`, which speaks for a pool; docs/deploy/pool.md."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from bot.config.sections.base import Count, Number, Section, matching


class WorkerSettings(Section):
    """What this machine does for the pool; `engine.pool` says where that is."""

    name: (
        Annotated[str, matching(r"[A-Za-z0-9_-]{1,30}", "letters, digits, - and _, at most 30")]
        | None
    ) = None
    """Name for people; null is that of the machine."""
    at_once: Annotated[Count, Field(ge=1, le=64)] = 4
    """Requests that the engine is given at a time; it speaks together what it can."""
    wait_s: Annotated[Number, Field(gt=0, le=60)] = 2.0
    """Longest that a request may wait here, in seconds; more are sent to other workers."""
    most: Annotated[Count, Field(ge=1, le=1000)] = 64
    """Requests that may wait."""
    most_each: Annotated[Count, Field(ge=1, le=1000)] = 16
    """Those of one streamer."""
    voices: Path = Path("cache/pool")
    """Folder for fetched voices; may be deleted while no worker runs."""
    host: str = "127.0.0.1"
    """Address for `GET /metrics` and `GET /healthz`."""
    port: Annotated[Count, Field(ge=0, le=65535)] = 7860
    """TCP port for them; 0 takes a free one."""
