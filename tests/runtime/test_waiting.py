"""Waiting for the first end, for changes, and for what was cancelled."""

import asyncio

import pytest

from bot.runtime.concurrency import waiting
from bot.runtime.concurrency.waiting import Changes, cancel, first_to_end


async def test_a_task_that_loses_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "_AGAIN_S", 0.01)
    lost = 0

    async def careless() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost += 1
                if lost > 2:
                    raise

    task = asyncio.create_task(careless())
    await asyncio.sleep(0)
    await cancel(task)

    assert task.cancelled()
    assert lost == 3


async def test_the_first_that_ends_ends_all() -> None:
    forever = asyncio.Event()
    ended: list[str] = []

    async def wait() -> None:
        try:
            await forever.wait()
        finally:
            ended.append("waited")

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await first_to_end(wait(), fail())
    assert ended == ["waited"]


async def test_a_change_wakes_who_began_to_wait_before_it() -> None:
    changes = Changes()
    before = changes.wait()
    changes.tell()
    await before
    after = asyncio.ensure_future(changes.wait())
    await asyncio.sleep(0)

    assert not after.done()
    changes.tell()
    await after
