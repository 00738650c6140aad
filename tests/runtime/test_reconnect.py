"""The loop that connects again."""

import asyncio

import pytest

from bot.errors import StartError, TransientError
from bot.runtime.concurrency.backoff import Backoff
from bot.runtime.concurrency.reconnect import ReconnectLoop


class World:
    """Clock, sleeps and losses of a loop."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.slept: list[float] = []
        self.losses: list[tuple[str, float]] = []
        self.loop = ReconnectLoop(
            lambda reason, retry_s: self.losses.append((reason, retry_s)),
            steady_s=60,
            backoff=Backoff(draw=lambda: 0.0),
            sleep=self._sleep,
            monotonic=lambda: self.time_s,
        )

    async def _sleep(self, duration_s: float) -> None:
        assert not self.loop.is_connected
        self.slept.append(duration_s)

    async def run(self, *lives_s: float | Exception | None) -> None:
        """Run one connection each that is up for so many seconds, never up (None), or fails."""
        lives = iter(lives_s)

        async def connect() -> None:
            assert self.loop.state == "connecting"
            life = next(lives, asyncio.CancelledError())
            if isinstance(life, BaseException):
                raise life
            if life is not None:
                self.loop.connected()
                assert (self.loop.is_connected, self.loop.state) == (True, "connected")
                self.time_s += life
            raise TransientError("it is gone.", remedy="Wait.")

        with pytest.raises((asyncio.CancelledError, StartError)):
            await self.loop.run(connect)


async def test_waits_grow_until_a_connection_was_steady() -> None:
    world = World()
    assert world.loop.state == "not started"
    await world.run(None, 59.0, None, 60.0, None)

    assert world.slept == [1, 2, 4, 1, 2]
    assert world.loop.reconnects == 5
    assert world.losses[0] == ("it is gone. Wait.", 1.0)


async def test_the_state_tells_the_wait_and_its_reason() -> None:
    states: list[str] = []
    world = World()
    loop = ReconnectLoop(lambda *_: states.append(loop.state), sleep=world._sleep)

    async def connect() -> None:
        raise StartError("never.") if states else TransientError("it is gone.")

    with pytest.raises(StartError):
        await loop.run(connect)

    assert len(states) == 1
    assert states[0].startswith("reconnecting in ")
    assert states[0].endswith(" s after: it is gone.")


async def test_a_connection_that_returns_is_made_again_at_once() -> None:
    world = World()
    calls = 0

    async def connect() -> None:
        nonlocal calls
        calls += 1
        world.loop.connected()
        if calls == 3:
            raise StartError("enough.")

    with pytest.raises(StartError):
        await world.loop.run(connect)

    assert (calls, world.slept, world.loop.is_connected) == (3, [], False)


async def test_a_cause_that_is_gone_makes_waits_short_again() -> None:
    world = World()
    await world.run(None, None)
    world.loop.reset()
    await world.run(None)

    assert world.slept == [1, 2, 1]
