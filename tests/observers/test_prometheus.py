"""A real Prometheus at the daemon's figures: every query of the dashboard, and the alert rules."""

from __future__ import annotations

import asyncio
import shutil
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from bot.config.sections.server import ServerSettings
from bot.messages import RejectReason
from bot.observers.metrics import Metrics
from bot.outcomes import Dropped, DropReason, Failed, Rejected
from bot.server import Server
from tests.observers.samples import message, state
from tests.observers.test_metrics import DASHBOARD, GPU, MONITORING, expressions, life
from tests.programs import answering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import aiohttp

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="needs the Debian package prometheus"
    ),
]
_CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [{rules}]
scrape_configs:
  - job_name: ishowtts
    static_configs: [{{targets: ["{target}"]}}]
"""
_VARIABLES = {
    "$instance": ".*",
    "$channel": ".*",
    "$__rate_interval": "1m",
    "$__interval": "1m",
}
"""What Grafana puts in their place, with all daemons and channels chosen."""


class Prometheus:
    """Its API."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        async with self._http.get(path) as answer:
            told = await answer.json()
            assert told["status"] == "success", told
            return told["data"]

    async def query(self, expression: str) -> list[float]:
        """Return the values of all series of `expression`."""
        data = await self.get(f"/api/v1/query?{urlencode({'query': expression})}")
        return [float(series["value"][1]) for series in data["result"]]

    async def until(self, expression: str, value: float) -> None:
        """Return when `expression` is one series of this value."""
        async with asyncio.timeout(60):
            while await self.query(expression) != [value]:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def prometheus(folder: Path, target: str) -> AsyncIterator[Prometheus]:
    """Run Prometheus, which reads `target` five times a second."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    path = folder / "prometheus.yml"
    path.write_text(_CONFIG.format(rules=MONITORING / "alerts.yml", target=target))
    command = (
        "prometheus",
        f"--config.file={path}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    )
    async with answering(
        command, log=folder / "log", address=f"http://{address}", path="/-/ready"
    ) as http:
        yield Prometheus(http)


def filled(expression: str) -> str:
    for variable, text in _VARIABLES.items():
        expression = expression.replace(variable, text)
    return expression


async def test_the_dashboard_shows_what_happened(tmp_path: Path) -> None:
    metrics = Metrics(state, gpu=lambda: (GPU,))
    async with (
        Server(ServerSettings(port=0), metrics.routes) as server,
        prometheus(tmp_path, server.url.removeprefix("http://")) as here,
    ):
        await here.until('up{job="ishowtts"}', 1)
        await here.until('ishowtts_outcomes_total{outcome="spoken"}', 0)
        metrics.lagged(0.001)
        for outcome in (
            *life(1),
            Dropped.of(message(2), reason=DropReason.SKIPPED),
            Rejected.of(message(3), received_at=1.0, reason=RejectReason.LINK),
            Failed.of(message(4), error="the engine broke"),
        ):
            metrics.observe(outcome)
        await here.until('ishowtts_outcomes_total{outcome="failed"}', 1)

        queries = [filled(expression) for expression in expressions(DASHBOARD["panels"])]
        assert [query for query in queries if not await here.query(query)] == []
        for reason, counted in (("link", "rejected"), ("skipped", "dropped"), ("", "spoken")):
            series = f'ishowtts_outcomes_total{{outcome="{counted}",reason="{reason}"}}'
            assert (await here.query(f"increase({series}[1m])"))[0] >= 1  # the first one is seen
        (median,) = await here.query(
            "histogram_quantile(0.5, sum by (le) (rate(ishowtts_ttfa_seconds_bucket[1m])))"
        )
        assert 1.0 < median <= 2.5  # the bucket of 1.8 s

        for variable in DASHBOARD["templating"]["list"][1:]:
            series, label = variable["definition"][len("label_values(") : -1].split(", ")
            found = await here.get(f"/api/v1/label/{label}/values?{urlencode({'match[]': series})}")
            assert found, variable["name"]
        (group,) = (await here.get("/api/v1/rules"))["groups"]
        assert {rule["name"]: rule.get("lastError", "") for rule in group["rules"]} == {
            rule["name"]: "" for rule in group["rules"]
        }
