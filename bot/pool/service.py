"""Worker of a pool as a service: its parts, its figures over HTTP, and the end by a signal."""

import platform
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiohttp import web

from bot.config import Settings
from bot.engine.guests.pool import wire
from bot.engine.guests.pool.connection import Connection
from bot.errors import StartError
from bot.observers.notify import Notify
from bot.pool.access import access
from bot.pool.figures import Figures
from bot.pool.load import Limits
from bot.pool.worker import Worker
from bot.runtime.concurrency.tasks import running
from bot.runtime.processes.signals import stop_signals
from bot.wiring import engines

log = structlog.get_logger(__name__)


def engine_of(settings: Settings) -> str:
    """Return the engine that a worker speaks with: the first that is no pool itself.

    Raises:
        StartError: there is none.
    """
    able = [name for name in settings.engine.engines if settings.engine.kind_of(name) != "pool"]
    if not able:
        raise StartError(
            "A worker needs an engine of its own.",
            remedy="Add f5 or another one to engine.engines.",
        )
    return able[0]


async def serve(settings: Settings, engine: str, on_ready: Callable[[str], None]) -> None:
    """Speak for the pool until a signal ends it; `on_ready` gets the worker's name.

    Raises:
        StartError: NATS refuses the user, the engine cannot run here, or the port is taken.
    """
    pool, chosen = settings.engine.pool, settings.worker
    name = chosen.name or re.sub(r"[^A-Za-z0-9_-]", "-", platform.node())[:30] or "worker"
    figures = Figures()
    folder = _made(chosen.voices)
    worker = Worker(
        Connection(access(pool), name=f"ishowtts worker {name}", inbox=wire.WORKERS_INBOX),
        engines.for_the_pool(settings.engine, engine, folder),
        root=pool.subject,
        name=name,
        voices=folder if engine in engines.CLONING else None,
        limits=Limits(chosen.at_once, chosen.wait_s, chosen.most, chosen.most_each),
        figures=figures,
    )
    systemd = Notify(lambda: "open" if figures.is_open else "away", ())

    def ready() -> None:
        systemd.ready()
        on_ready(worker.name)

    try:
        async with _page(figures, chosen.host, chosen.port):
            with stop_signals() as stopped:
                async with running({"systemd": systemd.run}):
                    await worker.run(stopped, ready)
                    systemd.stopping()
    finally:
        await worker.close()


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"The folder {folder} cannot be made: {error.strerror or error}.",
            remedy="Set worker.voices to a folder that can be written.",
        ) from error
    return folder


@asynccontextmanager
async def _page(figures: Figures, host: str, port: int) -> AsyncIterator[None]:
    """Serve the figures while the block runs.

    Raises:
        StartError: the address cannot be listened on.
    """
    app = web.Application()
    app.router.add_get("/metrics", figures.metrics)
    app.router.add_get("/healthz", figures.health)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise StartError(
                f"The worker cannot listen on {host}:{port}: {error.strerror or error}.",
                remedy="Change worker.host or worker.port.",
            ) from error
        log.info("figures are served", address=f"http://{host}:{runner.addresses[0][1]}/metrics")
        yield
    finally:
        await runner.cleanup()
