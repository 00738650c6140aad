"""Engines that are set aside because they would be late; they are tried on what nobody hears."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from bot.engine.forecast import USUAL_LETTERS
from bot.engine.process.supervisor import Supervisor
from bot.runtime.clock import now
from bot.runtime.waiting import Changes, cancel

log = structlog.get_logger(__name__)

BACK_SHARE = 0.7
"""Share of `engine.patience_s` within which an engine must be expected to be asked again."""
_AGAIN_S = 2.0
_LATEST_AGAIN_S = 5.0
"""Limits of the time between two trials, in seconds."""
_REST = 3.0
"""Time between two trials, as a multiple of what the last one took: a game goes on meanwhile."""
_CONFIRM_S = 0.3
"""Time after a trial in time to the one that confirms it."""
_TRIAL_S = 10.0
"""Limit of one trial, in seconds."""
_INTEREST_S = 60.0
"""Seconds after which nobody seems to chat: nothing is tried then."""


class Aside:
    """Engines that are not asked while another one would be in time."""

    def __init__(self, *, patience_s: float, nfe_least: Callable[[Supervisor], int]) -> None:
        """Take an engine back when it would be heard well within `patience_s`.

        `nfe_least` returns the least number of function evaluations of an engine.
        """
        self._back_s = BACK_SHARE * patience_s
        self._nfe_least = nfe_least
        self._reasons: dict[Supervisor, str] = {}
        self._trials: dict[Supervisor, asyncio.Task[None]] = {}
        self._waiting = 0
        self._wanted_at = 0.0
        self._wanted = Changes()

    def __contains__(self, supervisor: Supervisor) -> bool:
        """Tell whether the engine is set aside."""
        return supervisor in self._reasons

    def reason(self, supervisor: Supervisor) -> str:
        """Return why the engine is set aside, empty if it is not."""
        return self._reasons.get(supervisor, "")

    @contextmanager
    def wanting(self) -> Iterator[None]:
        """Note that speech is wanted while the block runs."""
        self._waiting += 1
        self._wanted.tell()
        try:
            yield
        finally:
            self._waiting -= 1
            self._wanted_at = now()

    def put(self, supervisor: Supervisor, reason: str) -> None:
        """Set an engine aside, and try it until it would be in time."""
        if supervisor not in self._reasons:
            log.warning("engine set aside", engine=supervisor.name, reason=reason)
        self._reasons[supervisor] = reason
        trial = self._trials.get(supervisor)
        if trial is None or trial.done():  # one that was taken back a moment ago may still be tried
            self._trials[supervisor] = asyncio.create_task(
                self._try(supervisor), name=f"try {supervisor.name}"
            )

    def review(self, supervisor: Supervisor) -> None:
        """Take an engine back if it is expected in time."""
        expected_s = self._expected_s(supervisor)
        if supervisor in self._reasons and expected_s <= self._back_s:
            del self._reasons[supervisor]
            log.info(
                "engine is in time again", engine=supervisor.name, expected_s=round(expected_s, 2)
            )

    async def close(self) -> None:
        """End the trials."""
        await cancel(*self._trials.values())

    def _expected_s(self, supervisor: Supervisor) -> float:
        return supervisor.forecast.expect_s(USUAL_LETTERS, self._nfe_least(supervisor))

    async def _try(self, supervisor: Supervisor) -> None:
        after_s = _AGAIN_S
        while supervisor in self._reasons:
            await asyncio.sleep(after_s)
            while not self._waiting and now() - self._wanted_at > _INTEREST_S:
                await self._wanted.wait()
            if not supervisor.is_ready:
                after_s = _AGAIN_S
                continue
            begun_at = now()
            try:
                async with asyncio.timeout(_TRIAL_S):
                    is_whole = await supervisor.try_out(self._nfe_least(supervisor))
            except TimeoutError:
                is_whole = False
            took_s = now() - begun_at
            if is_whole:
                self.review(supervisor)
            after_s = min(max(_AGAIN_S, _REST * took_s), _LATEST_AGAIN_S)
            if is_whole and took_s <= self._back_s:
                after_s = _CONFIRM_S
