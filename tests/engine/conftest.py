"""Hosts of stand-in engines, in real processes."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.engine.process.supervisor import Host
from bot.engine.process.watchdog import Patience

QUICK = Patience(
    heartbeat_s=0.05,
    silent_s=1.0,
    loading_s=10.0,
    start_s=10.0,
    working_s=0.5,
    quick_s=0.25,
    slow_s=0.5,
    slower=5.0,
    unknown_s=0.5,
)
"""For engines that answer within milliseconds; a busy machine gets a second."""
MakeHost = Callable[..., Host]


@pytest.fixture
async def make_host(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeHost]:
    """Return what makes hosts of engines of `stand_ins`, and closes them at the end."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    hosts = []

    def make(
        name: str = "obedient",
        *,
        engine: str = "Obedient",
        command: tuple[str, ...] = (),
        patience: Patience = QUICK,
        **options: str | float,
    ) -> Host:
        host = Host(
            name,
            lambda: options,
            engine=f"stand_ins:{engine}",
            command=command,
            patience=patience,
        )
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        await host.close()
