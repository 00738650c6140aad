"""Abandonment of a computation that nobody waits for any more."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


class _AbandonedError(Exception):
    """Nobody waits for the result; so nobody sees this either."""


class Abandonment:
    """Ends what runs in a thread at its next `check` once its caller was cancelled."""

    def __init__(self) -> None:
        self._is_abandoned = threading.Event()
        """Of the computation under way; each has its own."""

    async def run(
        self, thread: Executor, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Return what `function` returns in `thread`, which has one computation at a time."""
        is_abandoned = threading.Event()

        def compute() -> _R:
            self._is_abandoned = is_abandoned
            return function(*args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(thread, compute)
        except asyncio.CancelledError:
            is_abandoned.set()
            raise

    def check(self) -> None:
        """Leave the computation if it was abandoned; called by it, between its steps."""
        if self._is_abandoned.is_set():
            raise _AbandonedError
