"""Watchdog of an engine's process: judges by its events whether it is alive and gets on."""

from typing import NamedTuple

from bot.engine.process import protocol
from bot.messages import SpeechRequest
from bot.runtime.clock import awake

_REFERENCE_LETTERS = 40
"""Cost of every request besides its text, in letters: its reference voice, for instance."""
_USUAL_NFE = 7


class Limits(NamedTuple):
    """Limits of an engine's process, in seconds unless stated otherwise."""

    heartbeat_s: float = 0.4
    """Time between two pings."""
    silent_s: float = 2.0
    """Limit without any event, of a warm engine."""
    loading_s: float = 60.0
    """Limit without any event while it loads: an import may hold the interpreter for seconds."""
    start_s: float = 300.0
    """Limit from the start of the process until the engine is warm."""
    working_s: float = 2.2
    """Least limit of one step or, without steps, of one answer."""
    slower: float = 5.0
    """Limit of a step or an answer, as a multiple of the slowest pace seen."""
    quick_s: float = 0.25
    """Answer that takes longer marks a slow engine: on a CPU, which games share with it."""
    slow_s: float = 15.0
    """Least limit of an answer of a slow engine that reports no steps."""
    unknown_s: float = 20.0
    """Limit of the first answer, while nobody knows how fast the engine is."""
    pause_s: float = 300.0
    """Limit of the pause before another try, after failures in a row."""


class Watchdog:
    """Judge of one process, from its start on."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._started_at = awake()
        self._is_warm = False
        self._was_heard = False
        self._heard_at = awake()
        self._missed = 0
        """Heartbeats without an event."""
        self._costs: dict[int, int] = {}
        """Cost of each request under way: letters times function evaluations."""
        self._lingering = 0
        """Cost of a cancelled request that may still be computed: nothing is cut in the middle."""
        self._answered_at = 0.0
        self._slowest_s = 0.0
        self._slowest_pace: float | None = None
        """Seconds for each unit of cost."""
        self._pong = protocol.Pong(number=0, speaking=0, quiet_s=0.0)

    def ask(self, number: int, request: SpeechRequest) -> None:
        """Note a request for speech."""
        if not self._costs:
            self._answered_at = awake()
        nfe = request.nfe or _USUAL_NFE
        self._costs[number] = (len(request.text) + _REFERENCE_LETTERS) * nfe

    def cancel(self, number: int) -> None:
        """Note that nobody waits for this request any more."""
        self._lingering = max(self._lingering, self._costs.pop(number, 0))

    def hear(self, event: protocol.Event) -> None:
        """Note an event."""
        self._was_heard = True
        self._heard_at = awake()
        if isinstance(event, protocol.Ready):
            self._is_warm = True
        elif isinstance(event, protocol.Pong):
            self._pong = event
        elif isinstance(event, protocol.Speech | protocol.Failed):
            self._learn(event.number)

    def _learn(self, number: int) -> None:
        answered_at = awake()
        cost = self._costs.pop(number, None)
        if cost is not None:  # else it was cancelled
            took_s = answered_at - self._answered_at
            self._slowest_s = max(self._slowest_s, took_s)
            pace = took_s / (cost + self._lingering)
            self._slowest_pace = max(self._slowest_pace or 0.0, pace)
        self._answered_at, self._lingering = answered_at, 0

    def judge(self) -> str:
        """Return what is wrong with the process, after another heartbeat; empty if nothing is."""
        limits = self._limits
        self._missed = 0 if self._was_heard else self._missed + 1
        self._was_heard = False
        silent_s = limits.silent_s if self._is_warm else limits.loading_s
        if self._missed * limits.heartbeat_s >= silent_s:
            return "engine process does not answer"
        if not self._is_warm and awake() - self._started_at > limits.start_s:
            return f"engine process is not warm after {limits.start_s:.0f} s"
        if self._pong.quiet_s > self._quiet_limit_s(limits.working_s, limits.slow_s):
            return f"engine process hangs: no progress for {self._pong.quiet_s:.1f} s"
        return ""

    def doubts(self, after_s: float) -> bool:
        """Tell whether a warm engine may hang, sooner than `judge` and less surely.

        For those who can ask somebody else meanwhile.
        """
        if not self._is_warm:
            return False
        is_silent = awake() - self._heard_at > after_s
        return is_silent or self._pong.quiet_s > self._quiet_limit_s(after_s, after_s)

    def _quiet_limit_s(self, working_s: float, slow_s: float) -> float:
        """Return how long the engine may work without an answer or a step.

        Args:
            working_s: Least limit of a step, or of an answer of a quick engine.
            slow_s: Least limit of an answer of a slow one.
        """
        limits = self._limits
        if self._pong.step_s is not None:
            return max(working_s, limits.slower * self._pong.step_s)
        if self._slowest_pace is None:
            return limits.unknown_s
        cost = max(self._costs.values(), default=0) * max(self._pong.speaking, 1)
        usual_s = self._slowest_pace * (cost + self._lingering)
        is_quick = self._slowest_s < limits.quick_s
        least_s = working_s if is_quick else slow_s
        return max(least_s, limits.slower * usual_s)
