"""Engines beside a game: their share of the machine, and their sleep."""

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.engine.fallback import FallbackEngine
from bot.engine.narrator import Narrator
from bot.engine.process.supervisor import Supervisor
from bot.errors import StartError
from bot.messages import SpeechRequest
from tests.engine.conftest import DEADLINE_S

if TYPE_CHECKING:
    from tests.engine.conftest import MakeSupervisor

pytestmark = pytest.mark.parts
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="cores are kept to on Linux alone")


async def wait_idle(supervisor: Supervisor) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while supervisor.state.state != "idle" or supervisor.pid is not None:
            await asyncio.sleep(0.005)


async def spoken(narrator: Narrator, text: str) -> float:
    request = SpeechRequest(id="m1", text=text, voice="heart")
    async with asyncio.timeout(DEADLINE_S):
        return sum([chunk.duration_s async for chunk in narrator.synthesize(request)])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has classes instead")
async def test_a_process_of_low_priority_is_nice(make_supervisor: "MakeSupervisor") -> None:
    usual, low = make_supervisor(), make_supervisor(is_low=True)
    await asyncio.gather(usual.warm_up(), low.warm_up())
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert usual.pid is not None
    assert low.pid is not None

    assert os.getpriority(os.PRIO_PROCESS, usual.pid) == own
    assert os.getpriority(os.PRIO_PROCESS, low.pid) == min(own + 10, 19)


@on_linux
async def test_a_process_keeps_to_its_cores(make_supervisor: "MakeSupervisor") -> None:
    core = max(os.sched_getaffinity(0))
    supervisor = make_supervisor(cores=(core,))
    await supervisor.warm_up()
    assert supervisor.pid is not None

    assert os.sched_getaffinity(supervisor.pid) == {core}


@on_linux
async def test_cores_that_are_not_there_are_told(make_supervisor: "MakeSupervisor") -> None:
    with pytest.raises(StartError, match="cannot run on the cores 1000") as caught:
        await make_supervisor(cores=(1000,)).warm_up()
    assert "engine.cores" in caught.value.remedy


async def test_an_engine_that_nobody_uses_ends_and_wakes_again(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor(idle_s=0.05)
    with capture_logs() as logs:
        await supervisor.warm_up()
        await wait_idle(supervisor)
        asleep = supervisor.state
        supervisor.rouse()
        async with asyncio.timeout(DEADLINE_S):
            while not supervisor.is_ready:
                await supervisor.wait_changed()

    assert (asleep.is_ready, asleep.is_idle, asleep.restarts) == (False, True, 0)
    events = [entry["event"] for entry in logs]
    assert [e for e in events if e.startswith("engine")][:2] == ["engine is idle", "engine wakes"]


async def warm_narrator(supervisor: Supervisor) -> Narrator:
    narrator = Narrator(FallbackEngine([supervisor], stall_s=DEADLINE_S))
    await narrator.warm_up()
    return narrator


async def test_speech_that_is_wanted_while_an_engine_is_idle_is_spoken(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor(idle_s=0.05)
    narrator = await warm_narrator(supervisor)
    for _ in range(3):
        await wait_idle(supervisor)
        assert await spoken(narrator, "one two three") > 0

    assert supervisor.restarts == 0


async def test_an_engine_that_speaks_for_longer_than_the_limit_is_not_idle(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor(idle_s=0.1)
    narrator = await warm_narrator(supervisor)

    assert await spoken(narrator, "one long_nap two") > 0
    assert supervisor.restarts == 0
