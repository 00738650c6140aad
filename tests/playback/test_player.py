import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from bot.config.sections.playback import PlaybackSettings
from bot.playback import Output, OutputLostError
from bot.playback.clip import Clip
from bot.playback.gain import Gain
from bot.playback.player import Playback, Player


class Desk:
    """An output whose every step the test decides."""

    def __init__(self, name: str, *, is_available: bool = True) -> None:
        self.name = name
        self.events: list[str] = []
        self.gain: Gain | None = None
        self._available = asyncio.Event()
        self._settled = asyncio.Event()
        self.underflows = 0
        self.lost_s = 0.0
        self._end: asyncio.Future[None] | None = None
        self.is_playing = asyncio.Event()
        if is_available:
            self.appear()
        else:
            self._settled.set()

    @property
    def is_available(self) -> bool:
        return self._available.is_set()

    @property
    def state(self) -> str:
        return "here" if self.is_available else "away"

    def appear(self) -> None:
        self._available.set()
        self._settled.set()

    def lose(self, heard_s: float) -> None:
        self._available.clear()
        self.is_playing.clear()
        assert self._end is not None
        self._end.set_exception(OutputLostError("unplugged", heard_s=heard_s))

    def fail(self) -> None:
        assert self._end is not None
        self._end.set_exception(RuntimeError("a bug"))

    def finish(self) -> None:
        assert self._end is not None
        self._end.set_result(None)

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()

    async def wait_until_available(self) -> None:
        await self._available.wait()

    async def wait_until_settled(self) -> None:
        await self._settled.wait()

    async def play(
        self, _clip: Clip, *, gain: Gain, on_start: Callable[[], None], start_s: float = 0.0
    ) -> None:
        self.events.append(f"play from {start_s}")
        self.gain = gain
        self._end = asyncio.get_running_loop().create_future()
        on_start()
        self.is_playing.set()
        try:
            await self._end
        except asyncio.CancelledError:
            self.events.append("cut")
            raise


class Show:
    """A player at work on one clip."""

    def __init__(self, *outputs: Output) -> None:
        self.player = Player(outputs, PlaybackSettings(volume=80))
        self.starts = 0
        self.task = asyncio.create_task(self.player.play(Clip(), self._count))

    def _count(self) -> None:
        self.starts += 1

    async def result(self) -> Playback:
        return await self.task


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_it_is_over_when_all_have_played() -> None:
    one, two = Desk("one"), Desk("two")
    show = Show(one, two)
    await one.is_playing.wait()
    await two.is_playing.wait()
    one.finish()
    await settle()
    assert not show.task.done()
    two.finish()
    assert await show.result() is Playback.HEARD
    assert show.starts == 1


async def test_an_output_that_is_away_holds_up_nothing() -> None:
    here, away = Desk("here"), Desk("away", is_available=False)
    show = Show(here, away)
    await here.is_playing.wait()
    here.finish()
    assert await show.result() is Playback.HEARD
    assert away.events == []


async def test_an_output_that_goes_away_for_good_holds_up_nothing() -> None:
    here, lost = Desk("here"), Desk("lost")
    show = Show(here, lost)
    await here.is_playing.wait()
    await lost.is_playing.wait()
    here.finish()
    await settle()
    lost.lose(heard_s=0.5)
    assert await show.result() is Playback.HEARD


async def test_the_only_output_goes_on_where_it_was_cut() -> None:
    only = Desk("only")
    show = Show(only)
    await only.is_playing.wait()
    only.lose(heard_s=1.25)
    await settle()
    only.appear()
    await only.is_playing.wait()
    only.finish()
    assert await show.result() is Playback.HEARD
    assert only.events == ["play from 0.0", "play from 1.25"]
    assert show.starts == 1


async def test_with_no_output_there_it_waits_for_one() -> None:
    only = Desk("only", is_available=False)
    show = Show(only)
    await settle()
    assert not show.task.done()
    only.appear()
    await only.is_playing.wait()
    only.finish()
    assert await show.result() is Playback.HEARD


async def test_giving_up_ends_the_wait_now_and_later() -> None:
    only = Desk("only", is_available=False)
    show = Show(only)
    await settle()
    show.player.give_up()
    assert await show.result() is Playback.UNHEARD
    assert await show.player.play(Clip(), lambda: None) is Playback.UNHEARD
    await show.player.wait_available()


async def test_giving_up_waits_for_the_first_try_to_open() -> None:
    opening = Desk("opening", is_available=False)
    opening._settled.clear()
    show = Show(opening)
    show.player.give_up()
    await settle()
    assert not show.task.done()
    opening.appear()
    await opening.is_playing.wait()
    opening.finish()
    assert await show.result() is Playback.HEARD


async def test_without_outputs_nothing_is_heard() -> None:
    assert await Show().result() is Playback.UNHEARD


@pytest.mark.parametrize("is_available", [True, False])
async def test_flush_ends_it_at_once(*, is_available: bool) -> None:
    only = Desk("only", is_available=is_available)
    show = Show(only)
    await settle()
    show.player.cut()
    assert await show.result() is Playback.CUT
    assert only.events == (["play from 0.0", "cut"] if is_available else [])


async def test_flush_ends_only_its_own_speech_on_a_shared_output() -> None:
    shared = Desk("shared")
    show, other = Show(shared), Player([shared], PlaybackSettings())
    await shared.is_playing.wait()
    other.cut()
    await settle()
    assert not show.task.done()
    shared.finish()
    assert await show.result() is Playback.HEARD


async def test_cancelling_cuts() -> None:
    only = Desk("only")
    show = Show(only)
    await only.is_playing.wait()
    show.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await show.result()
    assert only.events == ["play from 0.0", "cut"]


async def test_an_output_that_fails_silences_no_other() -> None:
    broken, good = Desk("broken"), Desk("good")
    with capture_logs() as logs:
        show = Show(broken, good)
        await broken.is_playing.wait()
        await good.is_playing.wait()
        broken.fail()
        await settle()
        good.finish()
        assert await show.result() is Playback.HEARD
    assert [(entry["event"], entry["output"]) for entry in logs] == [("output failed", "broken")]


async def test_volume_reaches_the_outputs_and_stays_in_bounds() -> None:
    only = Desk("only")
    show = Show(only)
    await only.is_playing.wait()
    assert show.player.volume == 0.8
    heard: list[float] = []
    assert only.gain is not None
    with only.gain.watched(heard.append):
        show.player.volume = 0.3
        show.player.volume = 7.0
    show.player.volume = 0.1
    assert heard == [0.8, 0.3, 1.0]
    only.finish()
    await show.result()


async def test_states_and_availability() -> None:
    player = Player([Desk("one"), Desk("two", is_available=False)], PlaybackSettings())
    assert player.states == {"one": "here", "two": "away"}
    assert player.is_available
    await player.wait_available()
