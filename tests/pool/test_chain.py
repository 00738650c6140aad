"""The pool in a chain: a cut network falls back to the machine's own voice, and back again."""

import asyncio
from pathlib import Path

import pytest

from bot.config.sections.engine import EngineSettings
from bot.outcomes import FINAL, Spoken
from bot.wiring import engines
from tests.conftest import wait_until
from tests.engine.channel import Channel
from tests.pool.conftest import MakeWorker
from tests.pool.parts import SILENT_S, NatsServer

pytestmark = pytest.mark.parts


async def test_a_cut_network_falls_back_to_the_own_voice(
    nats: NatsServer, make_worker: MakeWorker, tmp_path: Path
) -> None:
    worker = make_worker(service_s=0.2).wait_serving()
    settings = EngineSettings.model_validate(
        {
            "engines": ["pool", "tone"],
            "patience_s": 60,
            "stall_s": 120,
            "pool": {"servers": [nats.url], "silent_s": SILENT_S},
        }
    )
    narrator = engines.create(settings)
    pool, own = narrator._engine.supervisors
    try:
        await narrator.warm_up()
        await pool.warm_up()
        await own.warm_up()
        channel = Channel(narrator, tmp_path / "speech.wav", rate_hz=24_000)
        async with channel.open():
            channel.say("Spoken far away.", "before")
            before = await channel.outcome("before", *FINAL)
            channel.say("The network goes in the middle of this one.", "cut")
            await asyncio.to_thread(
                wait_until,
                lambda: any(step == "begin" and "cut" in name for step, name in worker.steps()),
                "speech that is lost",
            )
            nats.kill()
            cut = await channel.outcome("cut", *FINAL)
            nats.start()
            await pool.warm_up()
            channel.say("And far away again.", "after")
            after = await channel.outcome("after", *FINAL)
            await channel.drain()
        assert channel.without_one_end() == []
        outcomes = [before, cut, after]
        assert [type(each) for each in outcomes] == [Spoken] * 3
        assert [each.engines for each in outcomes if isinstance(each, Spoken)] == [
            ("pool",), ("tone",), ("pool",),
        ]  # fmt: skip
    finally:
        await narrator.close()
