"""Supervisors of stand-in engines, in real processes."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.engine.process.supervisor import Supervisor
from bot.engine.process.watchdog import Limits

DEADLINE_S = 150
"""End of a test that hangs; no load delays one for so long."""
PATIENT = Limits(
    heartbeat_s=0.05,
    silent_s=DEADLINE_S,
    loading_s=DEADLINE_S,
    start_s=DEADLINE_S,
    working_s=DEADLINE_S,
    slow_s=DEADLINE_S,
    unknown_s=DEADLINE_S,
)
"""For engines that do not hang: no load makes them lost."""
QUICK = PATIENT._replace(silent_s=1.5, working_s=1.5, slow_s=1.5, unknown_s=1.5)
"""For engines that hang, which are noticed soon."""
HANGS = frozenset({"stop", "hang", "block", "cling"})
"""Faults that the watchdog alone notices."""
MakeSupervisor = Callable[..., Supervisor]


def limits_for(fault: str) -> Limits:
    """Return limits by which an engine with `fault` is lost, and by nothing else."""
    return QUICK if fault in HANGS else PATIENT


@pytest.fixture
async def make_supervisor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeSupervisor]:
    """Return what makes supervisors of engines of `stand_ins`, and closes them at the end."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    supervisors = []

    def make(
        name: str = "obedient",
        *,
        engine: str = "Obedient",
        command: tuple[str, ...] = (),
        limits: Limits = PATIENT,
        is_low: bool = False,
        cores: tuple[int, ...] = (),
        idle_s: float | None = None,
        **options: str | float,
    ) -> Supervisor:
        supervisor = Supervisor(
            name,
            lambda: options,
            engine=f"stand_ins:{engine}",
            command=command,
            limits=limits,
            is_low=is_low,
            cores=cores,
            idle_s=idle_s,
        )
        supervisors.append(supervisor)
        return supervisor

    yield make
    for supervisor in supervisors:
        await supervisor.close()
