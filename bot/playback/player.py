"""Player: one clip on several outputs at once."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

import structlog

from bot.config.sections.playback import PlaybackSettings
from bot.playback import Output, OutputLostError
from bot.playback.clip import Clip
from bot.playback.gain import Gain
from bot.runtime.concurrency.tasks import running
from bot.runtime.concurrency.waiting import cancel, first_to_end

log = structlog.get_logger(__name__)


class Playback(Enum):
    """End of a clip."""

    HEARD = "heard"
    """At least one output played it to its end."""
    CUT = "cut"
    """`Player.cut` ended it."""
    UNHEARD = "unheard"
    """There was no output to play it."""


class _Playout:
    """One clip on all outputs, each at its own pace."""

    def __init__(
        self, clip: Clip, gain: Gain, on_start: Callable[[], None], start_s: float
    ) -> None:
        self._clip = clip
        self._start_s = start_s
        self._gain = gain
        self._on_start: Callable[[], None] | None = on_start
        self.is_cut = False
        self.is_heard = False
        self.is_away: dict[Output, bool] = {}
        """Outputs that have not ended yet; whether each waits for its resource."""
        self.changed = asyncio.Event()

    async def play_on(self, output: Output) -> None:
        """Play to the end on one output, and go on there as often as its resource is lost."""
        position_s = self._start_s
        try:
            while True:
                await output.wait_until_settled()
                if not output.is_available:
                    self.is_away[output] = True
                    self.changed.set()
                    await output.wait_until_available()
                    self.is_away[output] = False
                try:
                    await output.play(
                        self._clip, gain=self._gain, on_start=self._start, start_s=position_s
                    )
                except OutputLostError as lost:
                    position_s = lost.heard_s
                else:
                    self.is_heard = True
                    return
        except Exception:
            # An output that fails must not silence the others.
            log.exception("output failed", output=output.name)
        finally:
            self.is_away.pop(output, None)
            self.changed.set()

    def _start(self) -> None:
        tell, self._on_start = self._on_start, None
        if tell is not None:
            tell()


class Player:
    """The outputs of one channel; a clip is heard on all of them at once."""

    def __init__(self, outputs: Iterable[Output], settings: PlaybackSettings) -> None:
        self._outputs = tuple(outputs)
        self._volume, self._duck = settings.volume / 100, 1.0
        self._gain = Gain(self._volume)
        self._playouts: set[_Playout] = set()
        self._has_given_up = asyncio.Event()

    @property
    def outputs(self) -> Sequence[Output]:
        """Where it plays."""
        return self._outputs

    @property
    def volume(self) -> float:
        """Gain, 0 to 1; takes effect at once, also in the middle of speech."""
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._volume = min(max(value, 0.0), 1.0)
        self._gain.value = self._volume * self._duck

    def duck(self, factor: float) -> None:
        """Play at `factor`, 0 to 1, of the volume from now on."""
        self._duck = min(max(factor, 0.0), 1.0)
        self._gain.value = self._volume * self._duck

    @property
    def is_available(self) -> bool:
        """Whether at least one output would be heard now."""
        return any(output.is_available for output in self._outputs)

    @property
    def states(self) -> Mapping[str, str]:
        """One clause for each output, by its name."""
        return {output.name: output.state for output in self._outputs}

    @property
    def has_given_up(self) -> bool:
        """Whether it waits for no output that is missing."""
        return self._has_given_up.is_set()

    def wait_another(self) -> Coroutine[Any, Any, None]:
        """Return what waits until an output is there that is missing now, or `give_up` is called.

        It counts from this call on, also where a task awaits it later.
        """
        missing = [output for output in self._outputs if not output.is_available]
        waits = [output.wait_until_available() for output in missing]
        return first_to_end(*waits, self._has_given_up.wait())

    async def wait_available(self) -> None:
        """Return when at least one output would be heard, or `give_up` was called."""
        waits = [output.wait_until_available() for output in self._outputs]
        await first_to_end(*waits, self._wait_in_vain())

    async def play(
        self,
        clip: Clip,
        on_start: Callable[[], None],
        on: Sequence[Output] | None = None,
        *,
        start_s: float = 0.0,
    ) -> Playback:
        """Play `clip` from `start_s` on; return when all available outputs have played it.

        It is heard on every output, or `on` some.

        `on_start` is called when the first output starts. With no output available it waits for
        one, until `give_up`. Cancelling it falls silent, as `cut` does.
        """
        playout = _Playout(clip, self._gain, on_start, start_s)
        outputs = self._outputs if on is None else on
        playout.is_away.update(dict.fromkeys(outputs, False))
        tasks = [asyncio.ensure_future(playout.play_on(output)) for output in outputs]
        self._playouts.add(playout)
        try:
            while not self._is_over(playout):
                playout.changed.clear()
                await playout.changed.wait()
        finally:
            self._playouts.remove(playout)
            await cancel(*tasks)
        if playout.is_cut:
            return Playback.CUT
        return Playback.HEARD if playout.is_heard else Playback.UNHEARD

    def cut(self) -> None:
        """Fall silent now, with a short fade."""
        for playout in self._playouts:
            playout.is_cut = True
            playout.changed.set()

    def give_up(self) -> None:
        """Stop waiting for missing outputs: what none of them can play is unheard."""
        self._has_given_up.set()
        for playout in self._playouts:
            playout.changed.set()

    async def _wait_in_vain(self) -> None:
        await self._has_given_up.wait()
        for output in self._outputs:
            await output.wait_until_settled()

    def _is_over(self, playout: _Playout) -> bool:
        if playout.is_cut or not playout.is_away:
            return True
        may_leave = playout.is_heard or self._has_given_up.is_set()
        return may_leave and all(playout.is_away.values())


async def play_alone(
    output: Output, settings: PlaybackSettings, fill: Callable[[Clip], Coroutine[Any, Any, None]]
) -> Playback:
    """Run `output` only to play the clip that `fill` fills and finishes; return how it ended."""
    player, clip = Player([output], settings), Clip()
    player.give_up()
    async with running({f"output {output.name}": output.run}):
        filling = asyncio.create_task(fill(clip))
        playback = await player.play(clip, lambda: None)
        await filling
    return playback
