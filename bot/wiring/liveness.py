"""What systemd and `/healthz` are told: the clocks that have to move, and one line of status."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.engine.narrator import Narrator
from bot.observers.notify import Vital
from bot.playback import Clocked, Output

_STALLS = 3
"""So many times `engine.stall_s` without a sound is more than one bad text."""


def vitals(engine: Narrator, outputs: Iterable[Output], *, stall_s: float) -> Iterator[Vital]:
    """Yield the clocks of a daemon; `stall_s` is what an engine may take for an utterance.

    Silence is no trouble, nor is an engine or an output that is away and being tried again.
    """
    yield Vital(lambda: engine.silent_s, "no engine speaks what waits", limit_s=_STALLS * stall_s)
    for output in outputs:
        if isinstance(output, Clocked):
            yield Vital(_clock(output), f"playback on {output.name} stands still")


def status_line(voice: str, channels: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one line about a daemon; it quotes nobody in chat.

    Args:
        voice: The engine that speaks.
        channels: Their states, as in `GET /api/status`.
    """
    parts = [f"voice: {voice}"]
    for name, channel in channels.items():
        doing = ["speaking" if channel["speaking"] else "silent", f"{channel['pending']} waiting"]
        doing += ["paused"] * channel["is_paused"] + ["off"] * (not channel["is_on"])
        outputs = [f"{output} {state}" for output, state in channel["outputs"].items()]
        parts.append(f"{name}: {', '.join(doing + outputs)}")
    return "; ".join(parts)


def _clock(output: Clocked) -> Callable[[], float]:
    return lambda: output.stalled_s
