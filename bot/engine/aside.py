"""Engines that are set aside because they would be late; they are tried on what nobody hears."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog

from bot.engine.forecast import USUAL_LETTERS
from bot.engine.process.supervisor import Supervisor
from bot.runtime.clock import awake
from bot.runtime.concurrency.waiting import cancel

log = structlog.get_logger(__name__)

BACK_SHARE = 0.7
"""Share of `engine.patience_s` within which an engine must be expected to be asked again."""
_AGAIN_S = 2.0
"""Least time between two trials, in seconds."""
_REST = 3.0
"""Time between two trials, as a multiple of what the last one took: a game goes on meanwhile."""
_CONFIRM_S = 0.3
"""Time after a trial in time to the one that confirms it."""
_TRIAL = 2.0
"""Limit of one trial, as a multiple of `engine.patience_s`: what takes longer is late anyway."""
_INTEREST_S = 60.0
"""Seconds after which nobody seems to chat: nothing is tried then."""


class Demand(Protocol):
    """Whether speech is wanted."""

    @property
    def unwanted_s(self) -> float:
        """Seconds since speech was wanted; 0 while it is."""

    def wait_wanted(self) -> Coroutine[Any, Any, object]:
        """Return what waits, from this call on, until speech is wanted again."""


class Aside:
    """Engines that are not asked while another one would be in time."""

    def __init__(
        self, demand: Demand, *, patience_s: float, nfe_least: Callable[[Supervisor], int]
    ) -> None:
        """Take an engine back when it would be heard well within `patience_s`.

        Engines are tried while there is `demand`; `nfe_least` returns the least number of function
        evaluations of one.
        """
        self._demand = demand
        self._back_s = BACK_SHARE * patience_s
        self._trial_s = _TRIAL * patience_s
        self._nfe_least = nfe_least
        self._reasons: dict[Supervisor, str] = {}
        self._trials: dict[Supervisor, asyncio.Task[None]] = {}

    def __contains__(self, supervisor: Supervisor) -> bool:
        """Tell whether the engine is set aside."""
        return supervisor in self._reasons

    def reason(self, supervisor: Supervisor) -> str:
        """Return why the engine is set aside, empty if it is not."""
        return self._reasons.get(supervisor, "")

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
        is_in_time = supervisor.forecast.is_known and expected_s <= self._back_s
        if supervisor in self._reasons and is_in_time:
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
            while self._demand.unwanted_s > _INTEREST_S:
                await self._demand.wait_wanted()
            if not supervisor.is_ready or supervisor.forecast.is_asked:
                after_s = _AGAIN_S  # what it is asked for anyway tells as much, and waits for none
                continue
            begun_at = awake()
            is_whole = await self._try_once(supervisor)
            took_s = awake() - begun_at
            if is_whole:
                self.review(supervisor)
            is_quick = is_whole and took_s <= self._back_s
            after_s = _CONFIRM_S if is_quick else max(_AGAIN_S, _REST * took_s)

    async def _try_once(self, supervisor: Supervisor) -> bool:
        """Return whether the engine spoke, soon enough to tell how fast it is."""
        try:
            async with asyncio.timeout(self._trial_s):
                return await supervisor.try_out(self._nfe_least(supervisor))
        except TimeoutError:
            return False
        except Exception:  # whatever a trial breaks on, the next one may not
            log.exception("trial failed", engine=supervisor.name)
            return False
