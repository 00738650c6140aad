"""What keeps the watchdog quiet, and what does not, with engines in real processes."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot.engine.fallback import FallbackEngine
from bot.engine.narrator import Narrator
from bot.messages import SpeechRequest
from bot.observers import LivenessCheck
from bot.wiring.liveness import liveness_checks

if TYPE_CHECKING:
    from tests.engine.conftest import MakeSupervisor

STALL_S = 0.1


def fails(check: LivenessCheck) -> bool:
    assert check.limit_s is not None
    return check.stalled_s() > check.limit_s


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


async def test_engines_that_never_answer_are_noticed_and_a_silent_chat_is_not(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisors = [make_supervisor("first"), make_supervisor("second")]
    narrator = Narrator(FallbackEngine(supervisors, stall_s=10))
    (check,) = liveness_checks(narrator, [], stall_s=STALL_S)
    try:
        await narrator.warm_up()
        assert not fails(check)

        request = SpeechRequest(id="m1", text="wait", voice="heart")
        waiting = asyncio.ensure_future(anext(narrator.synthesize(request)))
        await until(partial(fails, check))

        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async for _ in narrator.synthesize(SpeechRequest(id="m2", text="one", voice="heart")):
            assert not fails(check)
    finally:
        await narrator.close()
