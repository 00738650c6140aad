"""Pages in browsers as an output: an overlay in OBS that plays what it is sent.

Each frame says when it is to be heard by the server's clock, so all pages are in step. Frames are
sent ahead of that time: what the network delays by less is not heard as a gap.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

import numpy as np
import structlog

from bot.config.sections.playback import BrowserSettings
from bot.playback import BaseOutput, OutputLostError
from bot.playback.clip import Clip
from bot.playback.gain import Gain
from bot.playback.listeners import (
    Cut,
    Event,
    Finish,
    Listener,
    Report,
    Setup,
    Timeline,
    Volume,
    encoded,
    frame,
)
from bot.playback.mixer import Mixer
from bot.runtime.concurrency.tasks import running

log = structlog.get_logger(__name__)

_BLOCK_S: Final = 0.1
"""Longest frame, in seconds: fewer and longer ones cost less, and a cut needs none to end."""
_LEAD_S: Final = 1.5
"""How far ahead of the ear frames are sent, in seconds."""
_LEAST_S, _MOST_S = 0.06, 0.4
"""Limits of the delay between sending a first frame and hearing it, in seconds."""
_LATEST_S: Final = 1.0
"""Longest wait for pages that are behind, at the end of an utterance, in seconds."""
_LOOK_S: Final = 1.0


class _Play:
    """A clip on its way to the pages."""

    def __init__(self, number: int, clip: Clip, start_s: float, rate_hz: int) -> None:
        self.number = number
        self.utterance = clip.utterance
        self.rate_hz = rate_hz
        self.start_s = start_s
        self.position = round(start_s * rate_hz)
        """Place of the next frame in the clip, in samples."""
        self.ends_at = 0.0
        """When what was sent will have been heard; 0 before the first frame."""
        self.is_dry = True
        """Whether what follows comes after a gap, or is the first."""
        self.is_fed = False
        """Whether the mixer has all of the clip."""
        self.timeline: Timeline | None = None
        self.sent: deque[tuple[float, bytes]] = deque()
        """When the frames are heard that are not over, with the frames."""
        self.wake = asyncio.Event()
        self.has_room = asyncio.Event()

    def heard_s(self, time_s: float) -> float:
        """Return the position that is heard at `time_s`."""
        sent_s = self.position / self.rate_hz
        ahead_s = max(self.ends_at - time_s, 0.0)
        return min(max(sent_s - ahead_s, self.start_s), sent_s)


class BrowserOutput(BaseOutput):
    """Output on every page that listens; it is there while one of them plays sound."""

    def __init__(self, settings: BrowserSettings, *, fade_s: float) -> None:
        super().__init__(settings.name)
        self.rate_hz = settings.sample_rate_hz
        self._plays_first_alone = settings.listeners == "first"
        self._fade_s = fade_s
        self._listeners: list[Listener] = []
        self._numbers = itertools.count(1)
        self._play: _Play | None = None
        self._gain = 0.0

    @property
    def state(self) -> str:
        """One clause for `status`."""
        count = len(self._playing)
        if not count:
            return "waiting: No page plays its sound. Open /overlay, in OBS as a browser source."
        return f"{count} {'page plays' if count == 1 else 'pages play'}"

    @property
    def delay_s(self) -> float:
        """Time between sending a first frame and hearing it, for the slowest of the pages."""
        wanted_ms = max((it.report.wanted_ms for it in self._playing), default=0.0)
        return min(max(wanted_ms / 1000, _LEAST_S), _MOST_S)

    async def run(self) -> None:
        """Watch the pages until cancelled."""
        self._is_settled.set()
        while True:
            self._look()
            await asyncio.sleep(_LOOK_S)

    def join(self, listener: Listener) -> None:
        """Send `listener` what is played from now on."""
        self._listeners.append(listener)
        listener.tell(encoded(Volume(self._gain)))
        if self._play is not None and self._play.timeline is not None:
            listener.tell(encoded(self._play.timeline))
        self._look()
        if listener.is_muted is None:
            self._mute(listener, is_muted=False)

    def leave(self, listener: Listener) -> None:
        """Send `listener` no more."""
        with suppress(ValueError):
            self._listeners.remove(listener)
        self._look()

    def report(self, listener: Listener, report: Report) -> None:
        """Take note of what `listener` says about itself."""
        did_play = listener.plays(_clock())
        listener.report, listener.reported_at = report, _clock()
        if listener.plays(_clock()) and not did_play and self._play is not None:
            soon = _clock() + self.delay_s
            for at_s, data in self._play.sent:
                if at_s >= soon:
                    listener.tell(data)
        self._look()

    async def play(
        self, clip: Clip, *, gain: Gain, on_start: Callable[[], None], start_s: float = 0.0
    ) -> None:
        """Play `clip` as `Output.play` says; clips of several channels take turns."""
        async with self._turn:
            if not self.is_available:
                raise OutputLostError(f"No page plays {self.name}.", heard_s=start_s)
            play = self._play = _Play(next(self._numbers), clip, start_s, self.rate_hz)
            mixer = Mixer(self.rate_hz, fade_s=self._fade_s, report=lambda _: None)
            mixer.begin(play.number)
            mixer.set_gain(1.0)  # the pages do that: what is sent ahead would be behind
            try:
                with gain.watched(self._set_gain):
                    async with running({"feed": partial(_feed, play, mixer, clip)}):
                        await self._send(play, mixer, on_start)
                    is_heard = await self._wait_heard(play)
            except BaseException:
                self._cut(play)
                raise
            finally:
                self._play = None
            if not is_heard:
                self._cut(play)  # of pages that went away, some may show a picture still
                raise OutputLostError(
                    f"The last page of {self.name} went away.", heard_s=play.heard_s(_clock())
                )

    async def _send(self, play: _Play, mixer: Mixer, on_start: Callable[[], None]) -> None:
        """Send the mixer's signal, never further ahead than it may be."""
        block, fade = round(_BLOCK_S * self.rate_hz), round(self._fade_s * self.rate_hz)
        is_first = True
        while self.is_available:
            play.wake.clear()
            ready = mixer.ready_frames
            if ready < 2 * block:
                play.has_room.set()
            ahead_s = play.ends_at - _clock()
            if ready and ahead_s >= _LEAD_S:
                await _wait(play, play.ends_at - _LEAD_S)
            elif ready:
                self._send_frame(play, mixer, min(ready, block))
                if is_first:
                    is_first = False
                    on_start()
                await asyncio.sleep(0)
            elif play.is_fed and mixer.is_silent:
                break
            elif play.is_dry:
                await _wait(play)
            elif ahead_s <= self.delay_s / 2:
                # The engine is behind: fade out with what was kept for that.
                if fade:
                    self._send_frame(play, mixer, fade)
                play.is_dry = True
                self.underflows += 1
            else:
                await _wait(play, play.ends_at - self.delay_s / 2)
        self._tell(Finish(play.number, play.position / self.rate_hz))

    def _send_frame(self, play: _Play, mixer: Mixer, frames: int) -> None:
        samples = np.empty(frames, np.float32)
        mixer.read_into(samples)
        time_s = _clock()
        if play.is_dry:
            play.is_dry = False
            play.ends_at = max(play.ends_at, time_s + self.delay_s)
            position_s = round(play.position / self.rate_hz, 6)
            play.timeline = Timeline(play.number, play.utterance, position_s, play.ends_at * 1000)
            self._tell(play.timeline)
        data = frame(play.number, play.position, samples, at_s=play.ends_at, sent_s=time_s)
        for listener in self._playing:
            listener.tell(data)
        while play.sent and play.sent[0][0] < time_s:
            play.sent.popleft()
        play.sent.append((play.ends_at, data))
        play.position += frames
        play.ends_at += frames / self.rate_hz

    async def _wait_heard(self, play: _Play) -> bool:
        """Return when every page has played the last sample; False when no page is left."""
        while self.is_available:
            late_ms = max((it.report.late_ms for it in self._playing), default=0.0)
            left_s = play.ends_at + min(late_ms / 1000, _LATEST_S) - _clock()
            if left_s <= 0:
                return True
            play.wake.clear()
            await _wait(play, _clock() + left_s)
        return False

    def _cut(self, play: _Play) -> None:
        for listener in self._listeners:
            listener.drop_sound()
        self._tell(Cut(play.number))

    def _set_gain(self, gain: float) -> None:
        self._gain = gain
        self._tell(Volume(gain))

    def _tell(self, event: Event) -> None:
        data = encoded(event)
        for listener in self._listeners:
            listener.tell(data)

    @property
    def _playing(self) -> list[Listener]:
        time_s = _clock()
        return [listener for listener in self._listeners if listener.plays(time_s)]

    def _look(self) -> None:
        """Take note of which pages there are."""
        playing = self._playing
        for place, listener in enumerate(playing):
            self._mute(listener, is_muted=self._plays_first_alone and place > 0)
        if bool(playing) == self.is_available:
            return
        if playing:
            self._is_open.set()
            log.info("page plays sound", output=self.name)
        else:
            self._is_open.clear()
            log.warning("no page plays sound", output=self.name)
        if self._play is not None:
            self._play.wake.set()

    def _mute(self, listener: Listener, *, is_muted: bool) -> None:
        if listener.is_muted is not is_muted:
            listener.is_muted = is_muted
            listener.tell(encoded(Setup(self.rate_hz, is_muted)))


async def _feed(play: _Play, mixer: Mixer, clip: Clip) -> None:
    """Give the mixer the clip, little by little: resampling all of it would hold the loop."""
    async for piece in clip.read(play.start_s):
        await play.has_room.wait()
        play.has_room.clear()
        mixer.append(piece.samples, piece.sample_rate_hz)
        play.wake.set()
    mixer.finish()
    play.is_fed = True
    play.wake.set()


async def _wait(play: _Play, until_s: float | None = None) -> None:
    """Return when `play` is woken, or it is `until_s`."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until_s):
            await play.wake.wait()


def _clock() -> float:
    return asyncio.get_running_loop().time()
