from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.config.sections.obs import GateSettings
from bot.obs.gate import Gate, level_of
from bot.obs.watch import Steering, Watch
from bot.runtime.concurrency.waiting import cancel
from tests.obs.standin import Obs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_DEADLINE_S = 30.0
LOUD, QUIET = 0.5, 0.001


def meter(level: float, name: str = "Mic/Aux") -> dict[str, Any]:
    return {"inputs": [{"inputName": name, "inputLevelsMul": [[0.0, level, level]]}]}


class Talk:
    """A gate, its clock, and what it told."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - raw configuration
        self.told: list[bool] = []
        self.now = 0.0
        chosen = GateSettings.model_validate({"input": "Mic/Aux", **settings})
        self.gate = Gate(chosen, self.told.append, lambda: self.now)

    def hear(self, level: float, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.now += 0.05
            self.gate.meter(meter(level))


def test_talking_opens_the_gate_and_quiet_closes_it_after_a_while() -> None:
    talk = Talk(release_ms=800)
    talk.hear(LOUD, 1.0)
    assert talk.told == [True]
    talk.hear(QUIET, 0.7)
    assert talk.told == [True]
    talk.hear(QUIET, 0.3)
    assert talk.told == [True, False]


def test_a_click_is_no_talking() -> None:
    talk = Talk()
    for _ in range(5):
        talk.hear(LOUD, 0.05)
        talk.hear(QUIET, 0.05)
    assert not talk.told


def test_pauses_between_words_hold_on() -> None:
    talk = Talk()
    for _ in range(10):
        talk.hear(LOUD, 0.3)
        talk.hear(QUIET, 0.5)
    assert talk.told == [True]


def test_who_talks_without_end_holds_for_so_long_only() -> None:
    talk = Talk(longest_s=5)
    talk.hear(LOUD, 60)
    assert talk.told == [True, False]
    talk.hear(QUIET, 2)
    talk.hear(LOUD, 1)
    assert talk.told == [True, False, True]


def test_a_microphone_that_is_metered_no_more_lets_the_voice_go() -> None:
    talk = Talk(release_ms=800)
    talk.hear(LOUD, 1.0)
    without: list[dict[str, Any]] = [{"inputs": []}, meter(LOUD, "Desktop Audio")]
    for data in without:
        talk.now += 0.5
        talk.gate.meter(data)
    assert talk.told == [True, False]


def test_another_input_says_nothing() -> None:
    talk = Talk()
    for _ in range(10):
        talk.gate.meter(meter(LOUD, "Desktop Audio"))
    assert not talk.told


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"inputs": None},
        {"inputs": [None, 1, {}]},
        {"inputs": [{"inputName": "Mic/Aux"}]},
        {"inputs": [{"inputName": "Mic/Aux", "inputLevelsMul": [[], ["x"], None, [1]]}]},
        {"inputs": [{"inputName": "Mic/Aux", "inputLevelsMul": [["a", "b", "c"]]}]},
    ],
)
def test_meters_of_any_form_do_no_harm(data: dict[str, Any]) -> None:
    level = level_of(data, "Mic/Aux")
    assert level is None or level <= 0


class Steered:
    """What was done to the voice."""

    def __init__(self) -> None:
        self.done: list[tuple[str, object]] = []

    @property
    def steering(self) -> Steering:
        return Steering(
            hold=lambda to: self.done.append(("hold", to)),
            duck=lambda to: self.done.append(("duck", round(to, 2))),
            hold_scene=lambda to: self.done.append(("scene", to)),
            live=lambda to: self.done.append(("live", to)),
        )

    async def wait(self, *done: tuple[str, object]) -> None:
        async with asyncio.timeout(_DEADLINE_S):
            while self.done != list(done):
                await asyncio.sleep(0.005)


@pytest.fixture
async def obs() -> AsyncIterator[Obs]:
    async with Obs(password="secret") as obs:
        yield obs


async def started(obs: Obs, **settings: Any) -> tuple[Steered, asyncio.Task[Any]]:  # noqa: ANN401
    steered = Steered()
    raw = {**obs.settings.model_dump(), "password": "secret", **settings}
    watch = Watch(type(obs.settings).model_validate(raw), steered.steering)
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(_DEADLINE_S):
        while not (watch.loop.is_connected and watch.scene):
            await asyncio.sleep(0.005)
    return steered, running


async def test_the_microphone_holds_the_voice(obs: Obs) -> None:
    steered, running = await started(obs, gate={"input": "Mic/Aux", "release_ms": 0})
    for level in (LOUD, LOUD, QUIET, QUIET):
        await obs.meter(level)
    await steered.wait(("hold", True), ("hold", False))
    await cancel(running)


async def test_the_microphone_makes_it_softer(obs: Obs) -> None:
    gate = {"input": "Mic/Aux", "mode": "duck", "duck_db": -20, "release_ms": 0}
    steered, running = await started(obs, gate=gate)
    for level in (LOUD, LOUD, QUIET, QUIET):
        await obs.meter(level)
    await steered.wait(("duck", 0.1), ("duck", 1.0))
    await cancel(running)


async def test_scenes_hold_the_voice(obs: Obs) -> None:
    steered, running = await started(obs, hold_scenes=["BRB"])
    await obs.tell("CurrentProgramSceneChanged", sceneName="BRB")
    await obs.tell("CurrentProgramSceneChanged", sceneName="Game")
    await steered.wait(("scene", True), ("scene", False))
    await cancel(running)


async def test_the_end_of_the_stream_is_told(obs: Obs) -> None:
    steered, running = await started(obs)
    for state in ("STARTING", "STARTED", "STOPPING", "STOPPED"):
        await obs.tell("StreamStateChanged", outputState=f"OBS_WEBSOCKET_OUTPUT_{state}")
    await steered.wait(("live", True), ("live", False))
    await cancel(running)


async def test_a_stream_that_runs_already_is_known(obs: Obs) -> None:
    obs.is_live = True
    steered, running = await started(obs)
    await steered.wait(("live", True))
    await cancel(running)


async def test_a_stream_that_ended_while_nobody_was_connected_is_known(obs: Obs) -> None:
    obs.is_live = True
    steered, running = await started(obs)
    await steered.wait(("live", True))
    obs.is_live = False
    await obs.sockets[-1].close()
    await steered.wait(("live", True), ("live", False))
    await cancel(running)


async def test_meters_are_asked_for_only_where_they_are_wanted(obs: Obs) -> None:
    _, running = await started(obs)
    assert not obs.subscriptions & (1 << 16)
    await cancel(running)


async def test_a_lost_connection_lets_the_voice_go_and_comes_back(obs: Obs) -> None:
    obs.scene = "BRB"
    steered, running = await started(obs, gate={"input": "Mic/Aux"}, hold_scenes=["BRB"])
    for _ in range(2):
        await obs.meter(LOUD)
    await steered.wait(("scene", True), ("hold", True))
    await obs.sockets[-1].close()
    await steered.wait(
        ("scene", True), ("hold", True), ("hold", False), ("scene", False), ("scene", True)
    )
    await cancel(running)
