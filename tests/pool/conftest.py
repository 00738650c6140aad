"""Pools of a real server and real workers."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine.guests.pool.engine import PoolEngine
from tests.pool.parts import SILENT_S, NatsServer, WorkerProcess

MakeWorker = Callable[..., WorkerProcess]
MakeEngine = Callable[..., PoolEngine]


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def make_worker(nats: NatsServer, tmp_path: Path) -> Iterator[MakeWorker]:
    made: list[WorkerProcess] = []
    numbers = itertools.count(1)

    def make(service_s: float = 0.0, url: str = "", **settings: Any) -> WorkerProcess:  # noqa: ANN401 - as in YAML
        folder = tmp_path / f"worker{next(numbers)}"
        environment = {"POOL_SERVICE_S": str(service_s)}
        pool = {"servers": [url or nats.url]}
        worker = WorkerProcess(folder, pool, environment=environment, **settings)
        made.append(worker)
        return worker

    yield make
    for worker in made:
        worker.end()


@pytest.fixture
async def make_engine(nats: NatsServer) -> AsyncIterator[MakeEngine]:
    """Return what makes the daemon's end, in this process."""
    made: list[PoolEngine] = []

    def make(**options: Any) -> PoolEngine:  # noqa: ANN401 - as in YAML
        engine = PoolEngine(
            **{"servers": [nats.url], "silent_s": SILENT_S, "voices": "", **options}
        )
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.close()
