"""The speaker goes on where a message was cut in an earlier turn, once it may."""

import asyncio

import pytest

from bot.messages import Utterance
from bot.outcomes import Dropped, DropReason, Spoken, Started
from tests.test_speaker import Stage


class ProgressStandIn:
    """Lets a message go on at a place, once it is told to."""

    def __init__(self, heard_s: float | None) -> None:
        self._heard_s = heard_s
        self.may_begin = asyncio.Event()
        self.may_begin.set()

    async def begin(self, utterance: Utterance, /, *, introduced: bool) -> float | None:
        del utterance, introduced
        await self.may_begin.wait()
        return self._heard_s

    def heard(self, utterance: Utterance, /, heard_s: float) -> None:
        raise AssertionError(f"a quarter of a second of {utterance.id} took no time: {heard_s}")


@pytest.mark.parametrize(("heard_s", "pieces"), [(None, 2), (0.0, 2), (0.01, 1), (60.0, 0)])
async def test_a_message_goes_on_where_it_was_cut(heard_s: float | None, pieces: int) -> None:
    stage = Stage(progress=ProgressStandIn(heard_s))
    stage.put("one")
    async with stage.speaking():
        await stage.until(lambda: bool(stage.final()))
    assert stage.output.pieces == pieces
    assert stage.final() == [("one", Spoken)]


async def test_nothing_is_heard_before_it_may_begin_and_a_cut_waits_for_no_sound() -> None:
    progress = ProgressStandIn(0.0)
    progress.may_begin.clear()
    stage = Stage(progress=progress)
    stage.put("one")
    stage.put("two", "b")
    async with stage.speaking():
        await stage.until(lambda: stage.engine.closed == ["a says: one"])
        assert not stage.output.pieces
        assert stage.speaker.cut(DropReason.SKIPPED, lambda _: True)
        progress.may_begin.set()
        await stage.until(lambda: len(stage.final()) == 2)
    assert stage.final() == [("one", Dropped), ("two", Spoken)]
    assert [o.id for o in stage.outcomes if isinstance(o, Started)] == ["two"]
