"""State of the daemon, as `status`, the dashboard and the observers tell it."""

import msgspec


class EngineState(msgspec.Struct, frozen=True, kw_only=True):
    """State of one TTS engine."""

    is_ready: bool
    state: str
    """One clause for people."""
    restarts: int
    """How often its process was replaced."""
