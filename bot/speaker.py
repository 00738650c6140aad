"""The loop of one channel from backlog to outputs: takes an utterance, has it played, reports."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

import structlog

from bot.archive import Heard
from bot.backlog import Backlog
from bot.lookahead import Lookahead
from bot.messages import AudioChunk, Lane, Utterance, WordTime
from bot.outcomes import Continued, Dropped, DropReason, Failed, Outcome, Spoken, Started
from bot.playback import Output
from bot.playback.player import Playback, Player
from bot.rendering import Rendering
from bot.runtime.clock import now, unix
from bot.runtime.concurrency.waiting import cancel, first_to_end
from bot.state import Speaking

log = structlog.get_logger(__name__)

_LOOK_AGAIN_S = 1.0
"""How often it is looked whether an utterance is too old and its output still away."""
_NOTE_S = 0.25
"""How often it is noted how far a paid message was heard."""


class Sounding(NamedTuple):
    """Audio of an utterance that is being spoken."""

    id: str
    chunks: Sequence[AudioChunk]


class Progress(Protocol):
    """Note of what was heard, for the daemon that takes this one's place."""

    async def begin(self, utterance: Utterance, /, *, introduced: bool) -> float | None:
        """Return what was heard before, in seconds, once no other daemon may go on; None: none."""

    def heard(self, utterance: Utterance, /, heard_s: float) -> None:
        """Note that it was heard so far."""


class Speaker:
    """Speaks what waits in one backlog; every utterance that it takes ends in one outcome."""

    def __init__(
        self,
        *,
        backlog: Backlog,
        lookahead: Lookahead,
        player: Player,
        route: Callable[[Utterance], Sequence[Output]] | None = None,
        emit: Callable[[Outcome], None],
        max_age_s: float,
        begun: Callable[[Utterance], None] = lambda _: None,
        ended: Callable[[Heard], None] = lambda _: None,
        progress: Progress | None = None,
    ) -> None:
        """Join the stages of one channel.

        Args:
            backlog: Source of utterances.
            lookahead: Makes what they sound like.
            player: Outputs.
            route: Returns those that play an utterance; all of them by default.
            emit: Takes the outcomes.
            max_age_s: After that time since a message was received, an utterance that is not paid
                waits no longer for an output that is away.
            begun: Is told what begins to be heard.
            ended: Is told what was heard, when that has ended.
            progress: Is asked before a message is heard, and told how far it was.
        """
        self._backlog = backlog
        self._lookahead = lookahead
        self._player = player
        self._route = route
        self._emit = emit
        self._max_age_s = max_age_s
        self._begun = begun
        self._ended = ended
        self._progress = progress
        self._current: Rendering | None = None
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def follow(self, *, max_age_s: float, prefix_again_after_s: float) -> None:
        """Keep these times from now on."""
        self._max_age_s = max_age_s
        self._lookahead.follow(max_age_s=max_age_s, prefix_again_after_s=prefix_again_after_s)

    @property
    def current(self) -> Utterance | None:
        """The utterance being spoken."""
        return self._current.utterance if self._current else None

    @property
    def speaking(self) -> Speaking | None:
        """What is being spoken, as the state shows it."""
        if self._current is None:
            return None
        return Speaking(
            id=self._current.utterance.id,
            chatter=self._current.utterance.chatter.name,
            text=self._current.request.text,
            started_at=unix(started_at) if (started_at := self._current.started_at) else None,
            words=tuple(self._current.clip.words),
        )

    @property
    def sounding(self) -> Sounding | None:
        """Audio of what is being spoken, as far as it is there."""
        current = self._current
        return Sounding(current.utterance.id, current.clip.chunks) if current else None

    @property
    def is_making(self) -> bool:
        """Whether the engine makes speech of this channel now."""
        return self._lookahead.is_making

    @property
    def volume(self) -> float:
        """Gain of the channel, 0 to 1."""
        return self._player.volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._player.volume = value

    def cut(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> bool:
        """Fall silent at once if the utterance being spoken matches; tell whether it did."""
        current = self._current
        if current is None or current.cut_reason or not matches(current.utterance):
            return False
        current.cut_reason = reason
        self._player.cut()
        return True

    async def run(self) -> None:
        """Speak until cancelled; what is under way then ends as dropped."""
        making = asyncio.create_task(self._lookahead.run(), name="look ahead")
        try:
            while True:
                utterance = await self._next()
                self._is_idle.clear()
                try:
                    await self._speak(utterance)
                finally:
                    self._is_idle.set()
        finally:
            await cancel(making)
            await self._lookahead.close()

    async def drain(self) -> None:
        """Return when all that waits was spoken or dropped; a missing output holds up nothing."""
        self._player.give_up()
        self._backlog.resume()
        await self._backlog.wait_empty()
        await self._is_idle.wait()

    async def _next(self) -> Utterance:
        """Take the next one that would be heard: one whose outputs are away holds up no other."""
        while True:
            await self._backlog.wait_some()
            await self._wait_for_output()
            if (utterance := self._backlog.take_first(self._may_begin)) is not None:
                return utterance
            await first_to_end(self._backlog.wait_changed(), self._player.wait_another())

    def _may_begin(self, utterance: Utterance) -> bool:
        return self._player.has_given_up or self._is_heard(utterance)

    async def _wait_for_output(self) -> None:
        if not self._player.is_available:
            log.warning("speech waits for an output", outputs=dict(self._player.states))
        await self._player.wait_available()

    async def _speak(self, utterance: Utterance) -> None:
        self._current = rendering = self._lookahead.take(utterance)
        expiry = self._expire_without_output(utterance)
        dropped: DropReason | None = DropReason.SHUTDOWN
        noting: asyncio.Task[None] | None = None
        try:
            start_s = await self._begin(rendering)
            if start_s is not None:
                noting = asyncio.create_task(self._note(rendering, start_s), name="note")
            if not rendering.cut_reason:
                playback = await self._player.play(
                    rendering.clip,
                    lambda: self._report_start(rendering),
                    None if self._route is None else self._route(utterance),
                    start_s=start_s or 0.0,
                )
                dropped = DropReason.NO_OUTPUT if playback is Playback.UNHEARD else None
        finally:
            if noting is not None:
                noting.cancel()
            if expiry is not None:
                expiry.cancel()
            dropped = rendering.cut_reason or dropped
            self._current = None
            self._lookahead.finish(rendering, is_spoken=not (dropped or rendering.error))
            self._report_end(rendering, dropped)
            if rendering.started_at and rendering.clip.chunks:
                self._ended(_heard(rendering, dropped))

    async def _begin(self, rendering: Rendering) -> float | None:
        """Return where to begin, in seconds, once this daemon alone may; None: nothing is noted."""
        if self._progress is None:
            return None
        utterance = rendering.utterance
        introduced = rendering.request.text != rendering.said.body
        start_s = await self._progress.begin(utterance, introduced=introduced)
        if start_s:
            log.info("message goes on where it was cut", id=utterance.id, heard_s=start_s)
        return start_s

    async def _note(self, rendering: Rendering, heard_s: float) -> None:
        """Note how far it was heard until cancelled; it stands still while no output is there."""
        assert self._progress is not None
        at = now()
        while True:
            await asyncio.sleep(_NOTE_S)
            if rendering.started_at and self._player.is_available:
                heard_s += now() - max(at, rendering.started_at)
                heard_s = min(heard_s, rendering.clip.duration_s)
                self._progress.heard(rendering.utterance, heard_s)
            at = now()

    def _expire_without_output(self, utterance: Utterance) -> asyncio.Task[None] | None:
        """Start to drop an utterance whose output is away when it would expire in the backlog."""
        if utterance.lane is Lane.PAID:
            return None
        return asyncio.create_task(self._expire(utterance), name=f"expire {utterance.id}")

    async def _expire(self, utterance: Utterance) -> None:
        expires_at = utterance.received_at + self._max_age_s
        # Looked at now and then: a timer stands still while the machine sleeps.
        while True:
            left_s = expires_at - now()
            if left_s <= 0 and not self._is_heard(utterance):
                self.cut(DropReason.EXPIRED, lambda _: True)
                return
            await asyncio.sleep(min(left_s, _LOOK_AGAIN_S) if left_s > 0 else _LOOK_AGAIN_S)

    def _is_heard(self, utterance: Utterance) -> bool:
        if self._route is None:
            return self._player.is_available
        return any(output.is_available for output in self._route(utterance))

    def _report_start(self, rendering: Rendering) -> None:
        if rendering.cut_reason:
            return  # cut in the same moment: what starts is its fade into silence
        started = Started.of(
            rendering.utterance,
            engine=rendering.engines[0],
            nfe=rendering.nfe,
            text=rendering.request.text,
            requested_at=rendering.requested_at,
            first_chunk_at=rendering.first_piece_at,
            words=tuple(rendering.clip.words),
            voice=rendering.utterance.voice,
            event=rendering.utterance.event,
            amount=rendering.utterance.amount,
            unit=rendering.utterance.unit,
            pictures=rendering.utterance.pictures,
        )
        rendering.started_at = started.at
        self._begun(rendering.utterance)
        self._emit(started)
        rendering.clip.on_words = partial(self._report_words, rendering)

    def _report_words(self, rendering: Rendering, words: Sequence[WordTime]) -> None:
        if rendering is self._current and not rendering.cut_reason:
            self._emit(Continued.of(rendering.utterance, words=tuple(words)))

    def _report_end(self, rendering: Rendering, dropped: DropReason | None) -> None:
        utterance = rendering.utterance
        if dropped:
            self._emit(Dropped.of(utterance, reason=dropped))
        elif rendering.error:
            self._emit(Failed.of(utterance, error=rendering.error))
        else:
            self._emit(
                Spoken.of(
                    utterance,
                    engines=tuple(rendering.engines),
                    audio_s=rendering.clip.duration_s,
                    synthesis_s=rendering.synthesis_s,
                    words=tuple(rendering.clip.words),
                )
            )


def _heard(rendering: Rendering, dropped: DropReason | None) -> Heard:
    duration_s = rendering.clip.duration_s
    return Heard(
        rendering.utterance,
        text=rendering.request.text,
        chunks=tuple(rendering.clip.chunks),
        outcome=dropped or ("failed" if rendering.error else "spoken"),
        started_at=rendering.started_at,
        heard_s=min(duration_s, now() - rendering.started_at) if dropped else duration_s,
    )
