"""How long an engine may be silent, by how fast it has been."""

from typing import NamedTuple

from bot.clock import now
from bot.engine.process import protocol
from bot.messages import SpeechRequest

_REFERENCE_LETTERS = 40
"""What every request costs, in letters of text: with its reference voice, for instance."""
_USUAL_NFE = 7


class Patience(NamedTuple):
    """How long an engine's process may be silent, in seconds."""

    heartbeat_s: float = 0.4
    """Between two pings."""
    silent_s: float = 2.0
    """A warm engine that does not answer for so long is dead."""
    loading_s: float = 60.0
    """The same while it loads: an import may hold the interpreter for seconds."""
    working_s: float = 2.2
    """An engine that gives nothing for so long never will, if it was always much faster."""
    slower: float = 5.0
    """So many times what its slowest so far would take for the same any may take."""
    quick_s: float = 0.25
    """An engine that tells of no steps and ever took longer may compute on a processor, which games
    share with it."""
    slow_s: float = 15.0
    """It may give nothing for so long."""
    start_s: float = 300.0
    """From the start of its process until it is warm, whatever it loads."""
    unknown_s: float = 20.0
    """What it may take before its first speech, when nobody knows how fast it is."""


class Pace:
    """What an engine takes for what it is asked, as seen from outside."""

    def __init__(self, patience: Patience) -> None:
        """Know nothing of it yet."""
        self.quiet_s = 0.0
        """How long it has been working and got on with nothing."""
        self._patience = patience
        self._costs: dict[int, int] = {}
        """What each request under way costs: letters times function evaluations."""
        self._lingering = 0
        """What was cancelled cost, while it may still be computed: nothing is cut in the middle."""
        self._step_s: float | None = None
        """What its steps may take, if it tells of them."""
        self._given_at = 0.0
        self._slowest_s = 0.0
        self._slowest_pace: float | None = None
        """Seconds for each unit of cost."""
        self._together = 1
        """How many requests it works on at the same time."""

    def ask(self, number: int, request: SpeechRequest) -> None:
        """Note that it is asked to speak."""
        if not self._costs:
            self._given_at = now()
        nfe = request.nfe or _USUAL_NFE
        self._costs[number] = (len(request.text) + _REFERENCE_LETTERS) * nfe

    def take(self, number: int) -> None:
        """Note that it gave something of this request, or its end."""
        given_at = now()
        if number in self._costs:  # else it was cancelled
            took_s = given_at - self._given_at
            self._slowest_s = max(self._slowest_s, took_s)
            pace = took_s / (self._costs[number] + self._lingering)
            self._slowest_pace = max(self._slowest_pace or 0.0, pace)
        self._given_at, self._lingering = given_at, 0

    def forget(self, number: int, *, is_over: bool) -> None:
        """Note that nobody waits for this request any more, before it `is_over` perhaps."""
        cost = self._costs.pop(number)
        if not is_over:
            self._lingering = max(self._lingering, cost)

    def hear(self, pong: protocol.Pong) -> None:
        """Note what it tells of itself."""
        self.quiet_s, self._step_s = pong.quiet_s, pong.step_s
        self._together = pong.speaking

    @property
    def limit_s(self) -> float:
        """How long it may get on with nothing."""
        patience = self._patience
        if self._step_s is not None:
            return max(patience.working_s, patience.slower * self._step_s)
        if self._slowest_pace is None:
            return patience.unknown_s
        cost = max(self._costs.values(), default=0) * max(self._together, 1)
        usual_s = self._slowest_pace * (cost + self._lingering)
        is_quick = self._slowest_s < patience.quick_s
        least_s = patience.working_s if is_quick else patience.slow_s
        return max(least_s, patience.slower * usual_s)
