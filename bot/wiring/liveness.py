"""What systemd and `/healthz` are told: the clocks that have to move, and one line of status."""

from collections.abc import Callable, Iterable, Iterator

from bot.engine.narrator import Narrator
from bot.observers.notify import Vital
from bot.playback import Clocked, Output
from bot.state import DaemonState

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


def status_line(state: DaemonState) -> str:
    """Return one line about a daemon; it quotes nobody in chat."""
    parts = [f"voice: {state.engine}"]
    for name, channel in state.channels.items():
        doing = ["speaking" if channel.speaking else "silent", f"{channel.pending} waiting"]
        doing += ["paused"] * channel.is_paused + ["off"] * (not channel.is_on)
        outputs = [f"{output} {clause}" for output, clause in channel.outputs.items()]
        parts.append(f"{name}: {', '.join(doing + outputs)}")
    return "; ".join(parts)


def _clock(output: Clocked) -> Callable[[], float]:
    return lambda: output.stalled_s
