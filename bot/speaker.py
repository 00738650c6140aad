"""Speaks what one channel's backlog hands out: asks the engine, feeds playback, tells outcomes."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import NamedTuple

import structlog

from bot.backlog import Backlog
from bot.clock import now
from bot.engine.narrator import Narrator
from bot.engine.nfe_policy import NfePolicy
from bot.errors import UtteranceError
from bot.lookahead import LookAhead
from bot.messages import AudioChunk, Lane, SpeechRequest, Utterance
from bot.outcomes import Dropped, DropReason, Failed, Outcome, Spoken, Started
from bot.playback.clip import Clip
from bot.playback.player import Playback, Player

log = structlog.get_logger(__name__)

_LET_GO_S = 0.3
_LOOK_AGAIN_S = 1.0
_TYPICAL_S = 4.0
_WEIGHT = 0.1
"""Of the latest utterance in the moving average of how long they last."""


class _Previous(NamedTuple):
    """Who was heard last, for the prefix."""

    chatter_id: str
    ended_at: float


class _Speech:
    """An utterance that is made, and then spoken."""

    def __init__(self, utterance: Utterance, text: str) -> None:
        self.utterance = utterance
        self.text = text
        self.clip = Clip()
        self.requested_at = now()
        self.first_chunk_at = 0.0
        self.engines: list[str] = []
        """Who spoke, in order."""
        self.nfe = 0
        self.synthesis_s = 0.0
        self.error = ""
        self.cut_reason: DropReason | None = None
        self.expiry: asyncio.TimerHandle | None = None
        self.rendering: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        """Make no more of it."""
        if self.rendering is not None:
            self.rendering.cancel()


class Speaker:
    """One channel's loop from backlog to ear; every utterance that it takes ends in one outcome."""

    def __init__(
        self,
        *,
        backlog: Backlog,
        engine: Narrator,
        player: Player,
        emit: Callable[[Outcome], None],
        max_age_s: float,
        stall_s: float,
        prefix_again_after_s: float,
        ahead_s: float = 0.0,
        effort: NfePolicy = NfePolicy(),  # noqa: B008 - immutable
    ) -> None:
        """Join the stages of one channel.

        Args:
            backlog: Hands out what to speak.
            engine: Speaks.
            player: Is heard.
            emit: Takes the outcomes.
            max_age_s: After that time since a message was received, an utterance that is not paid
                waits no longer for an output that is away.
            stall_s: An engine that gives no sound for so long has failed with that utterance.
            prefix_again_after_s: After so much silence the same chatter is introduced again.
            ahead_s: So many seconds of what waits are made while something is spoken.
            effort: How much work an utterance is worth.
        """
        self._backlog = backlog
        self._engine = engine
        self._player = player
        self._emit = emit
        self._max_age_s = max_age_s
        self._stall_s = stall_s
        self._prefix_again_after_s = prefix_again_after_s
        self._effort = effort
        self._typical_s = _TYPICAL_S
        self._previous: _Previous | None = None
        self._speech: _Speech | None = None
        self._renderings: set[asyncio.Task[None]] = set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._lookahead = LookAhead(
            backlog,
            ahead_s=ahead_s,
            begin=self._begin,
            text_after=self._text,
        )

    @property
    def current(self) -> Utterance | None:
        """What is being spoken."""
        return self._speech.utterance if self._speech else None

    @property
    def volume(self) -> float:
        """Gain of the channel, 0 to 1."""
        return self._player.volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._player.volume = value

    def cut(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> bool:
        """Fall silent at once if the utterance being spoken matches; tell whether it did."""
        speech = self._speech
        if speech is None or speech.cut_reason or not matches(speech.utterance):
            return False
        speech.cut_reason = reason
        speech.clip.finish()
        self._player.flush()
        return True

    async def run(self) -> None:
        """Speak until cancelled; what is under way then ends as dropped."""
        looking = asyncio.create_task(self._lookahead.run(lambda: self._speech), name="look ahead")
        try:
            while True:
                await self._backlog.wait_some()
                await self._wait_for_output()
                utterance = await self._backlog.take()
                self._is_idle.clear()
                try:
                    await self._speak(utterance)
                finally:
                    self._speech = None
                    self._is_idle.set()
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await self._let_go()

    async def _wait_for_output(self) -> None:
        if not self._player.is_available:
            log.warning("speech waits for an output", outputs=dict(self._player.states))
        await self._player.wait_available()

    async def drain(self) -> None:
        """Return when all that waits was spoken or dropped; a missing output holds up nothing."""
        self._player.give_up()
        self._backlog.resume()
        await self._backlog.wait_empty()
        await self._is_idle.wait()

    async def _speak(self, utterance: Utterance) -> None:
        text = self._text(utterance)
        speech = self._lookahead.take(utterance, text) or self._begin(utterance, text)
        self._speech = speech
        if utterance.lane is not Lane.PAID:
            age_s = now() - utterance.received_at
            self._look_for_expiry(speech, after_s=max(self._max_age_s - age_s, 0))
        dropped: DropReason | None = DropReason.SHUTDOWN
        try:
            playback = await self._player.play(speech.clip, lambda: self._report_start(speech))
            dropped = DropReason.NO_OUTPUT if playback is Playback.UNHEARD else None
        finally:
            if speech.expiry:
                speech.expiry.cancel()
            # Not awaited: an engine that is slow to let go must not hold up the next utterance.
            speech.cancel()
            self._finish(speech, speech.cut_reason or dropped)

    def _begin(self, utterance: Utterance, text: str, due_s: float = 0.0) -> _Speech:
        """Start to make an utterance that is needed in `due_s` seconds."""
        speech = _Speech(utterance, text)
        rendering = asyncio.create_task(self._render(speech, due_s), name=f"render {utterance.id}")
        speech.rendering = rendering
        self._renderings.add(rendering)
        rendering.add_done_callback(self._renderings.discard)
        return speech

    async def _let_go(self) -> None:
        """Wait for the engine to end what was cut, but not for one that hangs."""
        if self._renderings:
            _, hanging = await asyncio.wait(self._renderings, timeout=_LET_GO_S)
            for task in hanging:
                log.warning("the engine hangs", engine=self._engine.name, task=task.get_name())

    def _text(self, utterance: Utterance, before: Utterance | None = None) -> str:
        """Return what is said of `utterance`, after `before` or else after who was heard last."""
        previous = _Previous(before.chatter.id, now()) if before else self._previous
        goes_on = (
            previous is not None
            and previous.chatter_id == utterance.chatter.id
            and now() - previous.ended_at < self._prefix_again_after_s
        )
        return utterance.body if goes_on else utterance.prefix + utterance.body

    def _look_for_expiry(self, speech: _Speech, *, after_s: float) -> None:
        """Drop speech whose device is away, then, when it would be too old in the backlog too."""

        def look() -> None:
            if self._player.is_available:
                self._look_for_expiry(speech, after_s=_LOOK_AGAIN_S)
            else:
                self.cut(DropReason.EXPIRED, lambda _: True)

        speech.expiry = asyncio.get_running_loop().call_later(after_s, look)

    async def _render(self, speech: _Speech, due_s: float) -> None:
        """Fill the clip; its end comes before the engine is told to let go, which may take time."""
        request = SpeechRequest(
            id=speech.utterance.id,
            text=speech.text,
            voice=speech.utterance.voice,
            due_s=due_s,
            nfe=self._choose_nfe(speech.utterance),
        )
        try:
            async with aclosing(self._engine.synthesize(request)) as chunks:
                try:
                    await self._fill(speech, chunks, due_s)
                finally:
                    speech.clip.finish()
        except Exception:
            # Engines run other people's models: whatever one raises costs this utterance alone.
            log.exception("the engine raised", engine=self._engine.name, id=request.id)

    def _choose_nfe(self, utterance: Utterance) -> int:
        others = [other for other in self._backlog if other is not utterance]
        oldest_at = min(
            (other.received_at for other in others if other.lane is not Lane.PAID),
            default=math.inf,
        )
        return self._effort.choose(
            waiting=len(others),
            each_s=self._typical_s,
            expires_in_s=oldest_at + self._max_age_s - now(),
        )

    async def _fill(
        self, speech: _Speech, chunks: AsyncGenerator[AudioChunk, None], due_s: float
    ) -> None:
        asked_at = now()
        # What is made ahead waits behind what is needed sooner.
        patience_s = self._stall_s + due_s
        try:
            while True:
                async with asyncio.timeout(patience_s):
                    chunk = await anext(chunks, None)
                patience_s = self._stall_s
                if chunk is None:
                    return
                arrived_at = now()
                speech.first_chunk_at = speech.first_chunk_at or arrived_at
                speech.synthesis_s += arrived_at - asked_at
                name = chunk.engine or self._engine.name
                if speech.engines[-1:] != [name]:
                    speech.engines.append(name)
                speech.nfe = speech.nfe or chunk.nfe
                speech.clip.append(chunk)
                asked_at = now()
        except UtteranceError as error:
            speech.error = str(error)
        except TimeoutError:
            speech.error = f"{self._engine.name} gave no sound for {self._stall_s:g} s"
        except Exception as error:
            speech.error = f"{self._engine.name} raised {error!r}"
            raise

    def _report_start(self, speech: _Speech) -> None:
        if speech.cut_reason:
            return  # cut in the same moment: what starts is its fade into silence
        self._emit(
            Started.of(
                speech.utterance,
                engine=speech.engines[0],
                nfe=speech.nfe,
                text=speech.text,
                requested_at=speech.requested_at,
                first_chunk_at=speech.first_chunk_at,
            )
        )

    def _finish(self, speech: _Speech, dropped: DropReason | None) -> None:
        if dropped:
            self._emit(Dropped.of(speech.utterance, reason=dropped))
        elif speech.error:
            self._emit(Failed.of(speech.utterance, error=speech.error))
        else:
            self._typical_s += _WEIGHT * (speech.clip.duration_s - self._typical_s)
            self._previous = _Previous(speech.utterance.chatter.id, now())
            self._emit(
                Spoken.of(
                    speech.utterance,
                    engines=tuple(speech.engines),
                    audio_s=speech.clip.duration_s,
                    synthesis_s=speech.synthesis_s,
                )
            )
