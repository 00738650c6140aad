"""Tasks that live as long as the block that needs them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Returns a coroutine that runs until it is cancelled."""


@asynccontextmanager
async def running(
    work: Mapping[str, Work],
) -> AsyncIterator[None]:
    """Run `work`, by task name, while the block runs; cancel and await it at the end.

    Raises:
        ExceptionGroup: one of the tasks failed; the block was cancelled for it.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(start(), name=name) for name, start in work.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
