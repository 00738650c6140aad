"""Liveness of the daemon, for systemd and `/healthz`, and its line in `systemctl status`."""

from collections.abc import Iterable, Iterator
from functools import partial

from bot.engine.narrator import Narrator
from bot.observers import LivenessCheck
from bot.playback import Output
from bot.playback.device import DeviceOutput
from bot.state import DaemonState

_STALLS = 3
"""Limit of an engine, as a multiple of `engine.stall_s`: one bad text alone does not reach it."""


def liveness_checks(
    engine: Narrator, outputs: Iterable[Output], *, stall_s: float
) -> Iterator[LivenessCheck]:
    """Yield the checks of a daemon; `stall_s` is the longest that an engine may take for a piece.

    Silence is no failure, nor is an engine or an output that is away and being tried again.
    """
    limit_s = _STALLS * stall_s
    yield LivenessCheck(lambda: engine.silent_s, "no engine speaks what waits", limit_s)
    for output in outputs:
        if isinstance(output, DeviceOutput):
            yield LivenessCheck(
                partial(getattr, output, "stalled_s"), f"playback on {output.name} stands still"
            )


def status_line(state: DaemonState) -> str:
    """Return one line about a daemon; it quotes nobody in chat."""
    parts = [f"voice: {state.engine}"]
    for name, channel in state.channels.items():
        doing = ["speaking" if channel.speaking else "silent", f"{channel.pending} waiting"]
        doing += ["panic"] * channel.is_panicking
        doing += ["paused"] * channel.is_paused + ["off"] * (not channel.is_on)
        outputs = [f"{output} {clause}" for output, clause in channel.outputs.items()]
        parts.append(f"{name}: {', '.join(doing + outputs)}")
    return "; ".join(parts)
