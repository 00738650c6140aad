"""A chain of three engines, each killed in turn: the next one speaks, and nothing is lost."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.config.sections.engine import EngineSettings
from bot.engine.process.supervisor import Supervisor
from bot.engine.process.watchdog import Limits
from bot.outcomes import FINAL, Spoken
from bot.wiring import engines
from tests.engine.channel import Channel
from tests.engine.guests import espeak_program, kokoro_files

pytestmark = pytest.mark.parts

CHAIN = ("f5", "kokoro", "espeak")


@pytest.fixture
def settings(tmp_path: Path) -> EngineSettings:
    espeak_program()
    kokoro = {**kokoro_files(tmp_path), "voice": "jf_alpha", "threads": 1}
    f5 = {"model": "bundled", "vocoder": "bundled", "nfe": 5, "cache": str(tmp_path / "cache")}
    return EngineSettings.model_validate(
        {"engines": CHAIN, "stall_s": 120, "patience_s": 120, "f5": f5, "kokoro": kokoro}
    )


def kill(supervisor: Supervisor) -> None:
    if supervisor.pid is not None:
        os.kill(supervisor.pid, signal.SIGKILL)


@pytest.mark.long
@pytest.mark.timeout(170)
async def test_the_next_one_speaks_whichever_is_killed(
    settings: EngineSettings, tmp_path: Path
) -> None:
    narrator = engines.create(settings)
    chain = narrator._engine.supervisors
    try:
        await narrator.warm_up()
        await asyncio.gather(*(supervisor.warm_up() for supervisor in chain))
        channel = Channel(narrator, tmp_path / "speech.wav", rate_hz=24_000)
        async with channel.open():
            for killed in range(len(CHAIN) + 1):
                for supervisor in chain[:killed]:
                    kill(supervisor)
                identity = f"{killed} killed"
                channel.say("Nobody waits for this.", identity)
                outcome = await channel.outcome(identity, *FINAL)
                assert isinstance(outcome, Spoken)
                # With all of them killed, whichever comes back first.
                expected = set(CHAIN[killed : killed + 1]) or set(CHAIN)
                assert set(outcome.engines) <= expected, identity
            for supervisor in chain:
                await supervisor.warm_up()
                channel.say("This one dies in the middle of it, I fear.", supervisor.name)
                kill(supervisor)
            await channel.drain()
        assert channel.without_one_end() == []
        assert {type(each) for each in channel.outcomes if isinstance(each, FINAL)} == {Spoken}
        assert all(supervisor.restarts for supervisor in chain)
    finally:
        await narrator.close()


def test_what_a_guest_waits_for_may_be_as_slow_as_it_says() -> None:
    settings = EngineSettings.model_validate({"openai": {"silent_s": 30}})
    assert engines._limits(settings, "openai").working_s > 30
    assert engines._limits(settings, "piper").working_s > 20
    assert engines._limits(settings, "hibari") == Limits()
