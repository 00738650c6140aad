"""`GET /api/status`: the state of the daemon and counts of outcomes, as JSON."""

from collections import Counter
from collections.abc import Callable

from msgspec import structs

import bot
from bot.outcomes import Dropped, Outcome, Rejected
from bot.runtime.clock import now
from bot.runtime.endpoints import Caller, endpoint
from bot.state import DaemonState


class StatusAnswer(DaemonState, frozen=True, kw_only=True):
    """State of the daemon, and what became of messages."""

    version: str
    """That of the program as it was started; what is installed by now may be another one."""
    uptime_s: float
    outcomes: dict[str, dict[str, int]]
    """Counts of outcomes by channel and kind, and `KIND.REASON` where there is one."""


class Status:
    """Counter of outcomes, shown beside the state of the daemon at each request."""

    def __init__(self, state: Callable[[], DaemonState]) -> None:
        self._state = state
        self._version = bot.version()
        self._started_at = now()
        self._counts: dict[str, Counter[str]] = {}
        self.routes = [endpoint("GET", "/api/status", self._get, least=Caller.VIEWER)]

    def observe(self, outcome: Outcome) -> None:
        """Count the outcome, and its reason where it has one."""
        name = outcome.kind
        counts = self._counts.setdefault(outcome.channel, Counter())
        counts[name] += 1
        if isinstance(outcome, Rejected | Dropped):
            counts[f"{name}.{outcome.reason.value}"] += 1

    async def _get(self) -> StatusAnswer:
        """Get what each part is doing now, and counts of outcomes."""
        state = self._state()
        return StatusAnswer(
            version=self._version,
            uptime_s=round(now() - self._started_at, 1),
            outcomes={channel: dict(counts) for channel, counts in self._counts.items()},
            **structs.asdict(state),
        )
