"""Supervision of sources: the fault of one ends neither the others nor the daemon."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import StartError
from bot.runtime.concurrency.backoff import Backoff
from bot.sources import Deliver, Remote, Source

log = structlog.get_logger(__name__)


async def keep_reading(
    source: Source,
    deliver: Deliver,
    *,
    backoff: Backoff | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Run `source` until it ends; after a mistake in it again, if it can go on where it was.

    What passes is retried by the source itself, so what comes out of it was not foreseen. One that
    reads a file or a terminal would begin anew or read beside itself: it is over then.

    Raises:
        StartError: it can never work.
    """
    backoff = backoff or Backoff()
    while True:
        try:
            await source.run(deliver)
        except Exception as error:
            if (fatal := _start_error(error)) is not None:
                raise fatal from None
            log.exception("source failed", source=source.name)
            if not isinstance(source, Remote):
                return
            await sleep(backoff.next_s())
        else:
            return


def _start_error(error: Exception) -> StartError | None:
    """Return the StartError that `error` is, or that is among those it groups."""
    if isinstance(error, ExceptionGroup):
        return next(filter(None, map(_start_error, error.exceptions)), None)
    return error if isinstance(error, StartError) else None
