"""Topics of the broker, and the payloads of messages to it, each as one JSON object."""

import re

import msgspec

from bot import state
from bot.state import EngineState

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_MAX_LENGTH = 60
"""Characters of a level of a topic."""
ONLINE, OFFLINE = b"online", b"offline"
"""Payloads of the topic `availability`; the second one is the last will."""


def level(name: str) -> str:
    """Return `name` as one level of a topic: separators and wildcards become `_`."""
    return _UNSAFE.sub("_", name)[:_MAX_LENGTH] or "_"


class Topics:
    """The topics of one daemon; all of them start with `base`."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.availability = f"{base}/availability"
        """Whether the daemon is there."""
        self.state = f"{base}/state"
        """State of the whole daemon."""

    def of(self, channel: str, what: str) -> str:
        """Return the topic of a channel for `what`."""
        return f"{self._base}/{level(channel)}/{what}"


class SpeedState(msgspec.Struct, frozen=True, kw_only=True):
    """Result of the last `ishowtts bench --check`."""

    is_slower: bool
    """Whether it is slower than its baseline by more than 10 %."""
    sentence: str
    """For people, with the likely cause."""
    measured_at: str
    """UTC, ISO 8601"""


class DaemonState(msgspec.Struct, frozen=True, kw_only=True):
    """The whole daemon; topic `state`."""

    version: str
    started_at: float
    """Unix seconds."""
    engine: str
    """Name of the engine that would speak now."""
    engines: dict[str, EngineState]
    speed: SpeedState | None
    """None if it was never checked."""


class Speaking(msgspec.Struct, frozen=True, kw_only=True):
    """Message that is being spoken; its words come with the outcomes."""

    id: str
    chatter: str
    """Untrusted."""


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """One channel; topic `<channel>/state`."""

    is_on: bool
    """Whether chat is read."""
    is_panicking: bool
    """Whether everything is silent until a moderator releases it."""
    is_paused: bool
    is_heard: bool
    """Whether at least one output is there."""
    volume_percent: int
    pending: int
    """Utterances in the backlog."""
    held: int
    """Utterances that wait for approval."""
    rung: int
    """Rung of the ladder against overload; 0 while all can be spoken in time."""
    queue: dict[str, int]
    """The same by lane: paid, moderator, rest."""
    speaking: Speaking | None
    sources: dict[str, str]
    """One clause for people about each, by its name."""
    outputs: dict[str, str]


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Latency of a message that was spoken, in seconds; topic `<channel>/latency`."""

    id: str
    ttfa_s: float
    """Time to first audio: from the message to its first sample; the sum of the next four."""
    policy_s: float
    queue_s: float
    engine_s: float
    output_s: float
    audio_s: float
    """Length of the speech."""
    synthesis_s: float
    rtf: float
    """Real-time factor: synthesis over audio."""
    engines: tuple[str, ...]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Reason why a message to the daemon was refused; topic `<channel>/refused`."""

    topic: str
    reason: str
    """A sentence."""
    untold: int
    """Number of further messages that were refused since the last refusal was published."""


def daemon_state(now: state.DaemonState, *, version: str, started_at: float) -> DaemonState:
    """Return the payload for the state `now`."""
    return DaemonState(
        version=version,
        started_at=started_at,
        engine=now.engine,
        engines=dict(now.engines),
        speed=msgspec.convert(now.speed, SpeedState | None, from_attributes=True),
    )


def channel_state(now: state.ChannelState) -> ChannelState:
    """Return the payload for the state `now`."""
    fields = {**msgspec.structs.asdict(now), "volume_percent": round(now.volume * 100)}
    return msgspec.convert(fields, ChannelState, from_attributes=True)
