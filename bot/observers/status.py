"""`GET /api/status`: the state of the daemon and counts of outcomes, as JSON."""

from collections import Counter
from collections.abc import Callable

import msgspec
from aiohttp import web

from bot.outcomes import Dropped, Outcome, Rejected
from bot.runtime.clock import now
from bot.state import DaemonState


class Status:
    """Counter of outcomes, shown beside the state of the daemon at each request."""

    def __init__(self, state: Callable[[], DaemonState]) -> None:
        self._state = state
        self._started_at = now()
        self._counts: dict[str, Counter[str]] = {}
        self.routes = [web.get("/api/status", self._get)]

    def observe(self, outcome: Outcome) -> None:
        """Count the outcome, and its reason where it has one."""
        name = outcome.kind
        counts = self._counts.setdefault(outcome.channel, Counter())
        counts[name] += 1
        if isinstance(outcome, Rejected | Dropped):
            counts[f"{name}.{outcome.reason.value}"] += 1

    async def _get(self, _: web.Request) -> web.Response:
        body = {
            "uptime_s": round(now() - self._started_at, 1),
            **msgspec.to_builtins(self._state()),
            "outcomes": self._counts,
        }
        return web.Response(body=msgspec.json.encode(body), content_type="application/json")
