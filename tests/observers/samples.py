"""Outcomes of messages, and the state of a daemon, without a daemon."""

from typing import Any

import msgspec

from bot.messages import ChatMessage, Chatter
from bot.state import DaemonState


def message(number: int = 1, *, name: str = "viewer1", received_at: float = 100.0) -> ChatMessage:
    return ChatMessage(
        id=f"m{number}",
        channel="main",
        source="test",
        chatter=Chatter(id="u1", name=name),
        text="hi",
        received_at=received_at,
    )


def state(**changes: Any) -> DaemonState:  # noqa: ANN401 - JSON
    """What `Daemon` shows of itself, with the channel's keys changed."""
    told = {
        "engine": "tone",
        "engines": {
            "f5": {"is_ready": False, "state": "away: it is warming up", "restarts": 2},
            "tone": {"is_ready": True, "state": "ready", "restarts": 0},
        },
        "speed": {
            "model": "bundled",
            "device": "cpu",
            "baseline_at": "2026-01-01T03:04:05+00:00",
            "measured_at": "2026-01-02T03:04:05+00:00",
            "is_slower": True,
            "ratios": {"3 s": 1.25},
            "causes": ["the clocks are not locked"],
            "sentence": "25% slower than on 2026-01-01; likely: the clocks are not locked",
        },
        "mqtt": {
            "is_connected": True,
            "state": "connected",
            "reconnects": 1,
            "waiting": 0,
            "lost": 0,
            "refused": 0,
        },
        "outputs": {"speakers": {"is_available": True, "underflows": 3, "lost_s": 0.25}},
        "channels": {
            "main": {
                "is_on": True,
                "is_panicking": False,
                "is_paused": False,
                "holds": (),
                "held": 0,
                "rung": 1,
                "is_heard": True,
                "volume": 0.8,
                "pending": 3,
                "queue": {"paid": 1, "moderator": 0, "rest": 2},
                "speaking": {"id": "m0", "chatter": "viewer0"},
                "sources": {"ingest": "open at /api/chat", "twitch_irc:a": "connected"},
                "connections": {"twitch_irc:a": {"is_connected": True, "reconnects": 4}},
                "outputs": {"speakers": "open at 48000 Hz"},
                **changes,
            }
        },
    }
    return msgspec.convert(told, DaemonState)
