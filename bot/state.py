"""State of the daemon: what each part is doing now, for those who show or judge it.

`GET /api/status` shows it as JSON under these names.
"""

from collections.abc import Mapping

import msgspec

from bot.messages import WordTime

NOTHING_READ = "nothing"
"""State of a source that has no chat to read now, and so brings none."""


class EngineState(msgspec.Struct, frozen=True, kw_only=True):
    """One engine."""

    is_ready: bool
    """Whether it would speak now."""
    state: str
    """One clause for people."""
    restarts: int
    """Number of times its process was replaced."""
    hardware: str = ""
    """Device and precision, such as "CPU, 8 bits"; empty if the engine does not tell."""
    expected_s: float | None = None
    """Seconds after which it would begin to speak a usual message; None while unknown."""
    aside: str = ""
    """Why another engine is asked first; empty if none is."""
    handovers: int = 0
    """Number of pieces that another engine spoke because this one was late."""
    is_idle: bool = False
    """Whether it ended for want of use, and will be warm again once somebody writes."""
    languages: tuple[str, ...] = ()
    """ISO 639 codes of what its voices speak; empty until it was warm, or if it does not tell."""
    voices: tuple[str, ...] = ()
    """Names of its own voices; empty for the same reasons."""
    licence: str = ""
    """Licence of what speaks, model or program."""


class SpeedState(msgspec.Struct, frozen=True, kw_only=True):
    """Speed of the engine beside its baseline, as the last check found it."""

    measured_at: str
    """UTC, ISO 8601"""
    model: str
    device: str
    is_slower: bool
    """Whether it is slower than its baseline by more than 10 %."""
    ratios: Mapping[str, float]
    """Median time over that of the baseline, by workload such as `3 s`."""
    baseline_at: str
    """UTC, ISO 8601"""
    causes: tuple[str, ...]
    """Likely ones, the likeliest first; empty if it is not slower."""
    sentence: str
    """All of it for people."""


class OutputState(msgspec.Struct, frozen=True, kw_only=True):
    """One output."""

    is_available: bool
    """Whether it would be heard now."""
    underflows: int
    """Number of times the device ran dry."""
    lost_s: float
    """Speech that came too late to be heard, in seconds."""


class ConnectionState(msgspec.Struct, frozen=True, kw_only=True):
    """Connection of a source whose other end may go away."""

    is_connected: bool
    reconnects: int
    """Attempts after the first one."""


class Speaking(msgspec.Struct, frozen=True, kw_only=True):
    """Message that is being spoken."""

    id: str
    """Id of the message."""
    chatter: str
    """Untrusted."""
    text: str = ""
    """Exactly what is spoken; untrusted."""
    started_at: float | None = None
    """When the first sample was handed to an output, Unix seconds; None before."""
    words: tuple[WordTime, ...] = ()
    """Words whose audio is there by now, in seconds after `started_at`."""


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """One channel."""

    is_on: bool
    """Whether chat is read."""
    is_panicking: bool
    """Whether everything is silent until a moderator releases it."""
    is_paused: bool
    """Whether what waits is held back."""
    holds: tuple[str, ...]
    """Why it is: pause, away, offline, talking, scene."""
    is_heard: bool
    """Whether at least one output is there."""
    volume: float
    """0 to 1 of full scale."""
    pending: int
    """Utterances in the backlog."""
    held: int
    """Utterances that wait for approval."""
    rung: int = 0
    """Rung of the ladder against overload, from 1; 0 while all can be spoken in time."""
    queue: Mapping[str, int]
    """The same by lane: paid, moderator, rest."""
    speaking: Speaking | None
    sources: Mapping[str, str]
    """One clause for people about each, by its name."""
    connections: Mapping[str, ConnectionState]
    """Connections by the name of their source; some sources have none."""
    outputs: Mapping[str, str]
    """One clause for people about each, by its name."""


class MqttState(msgspec.Struct, frozen=True, kw_only=True):
    """Connection to the MQTT broker."""

    is_connected: bool
    state: str
    """One clause for people."""
    reconnects: int
    """Attempts after the first one."""
    waiting: int
    """Messages that wait for the broker."""
    lost: int
    """Messages that were dropped because the broker was away."""
    refused: int
    """Messages from others that were not understood."""


class ObsState(msgspec.Struct, frozen=True, kw_only=True):
    """Connection to OBS."""

    is_connected: bool
    state: str
    """One clause for people."""
    scene: str
    """The program scene; empty while it is not known."""
    is_talking: bool
    """Whether the voice is held or softer because the streamer talks."""


class DaemonState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole daemon."""

    engine: str
    """Name of the engine that would speak now."""
    engines: Mapping[str, EngineState]
    speed: SpeedState | None
    """None if it was never checked."""
    outputs: Mapping[str, OutputState]
    channels: Mapping[str, ChannelState]
    mqtt: MqttState | None = None
    """None, and left out of JSON, where there is no broker."""
    obs: ObsState | None = None
    """None, and left out of JSON, where OBS is not watched."""
    lines_lost: Mapping[str, int] = {}
    """Lines that nobody took, of the log, of `--events` and of `--record`."""
