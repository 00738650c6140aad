"""Speaks what one channel's backlog hands out: asks the engine, feeds playback, tells outcomes."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import NamedTuple

import structlog

from bot.backlog import Backlog
from bot.clock import now
from bot.engine import Engine
from bot.errors import UtteranceError
from bot.messages import Lane, SpeechRequest, Utterance
from bot.outcomes import Dropped, DropReason, Failed, Outcome, Spoken, Started
from bot.playback.clip import Clip
from bot.playback.player import Playback, Player

log = structlog.get_logger(__name__)


class _Previous(NamedTuple):
    """Who was heard last, for the prefix."""

    chatter_id: str
    ended_at: float


class _Speech:
    """The utterance under way."""

    def __init__(self, utterance: Utterance, text: str) -> None:
        self.utterance = utterance
        self.text = text
        self.clip = Clip()
        self.requested_at = now()
        self.first_chunk_at = 0.0
        self.synthesis_s = 0.0
        self.error = ""
        self.cut_reason: DropReason | None = None


class Speaker:
    """One channel's loop from backlog to ear; every utterance that it takes ends in one outcome."""

    def __init__(
        self,
        *,
        backlog: Backlog,
        engine: Engine,
        player: Player,
        emit: Callable[[Outcome], None],
        max_age_s: float,
        prefix_again_after_s: float,
    ) -> None:
        self._backlog = backlog
        self._engine = engine
        self._player = player
        self._emit = emit
        self._max_age_s = max_age_s
        self._prefix_again_after_s = prefix_again_after_s
        self._previous: _Previous | None = None
        self._speech: _Speech | None = None
        self._is_idle = asyncio.Event()
        self._is_idle.set()

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
        while True:
            await self._player.wait_available()
            utterance = await self._backlog.take()
            self._is_idle.clear()
            try:
                await self._speak(utterance)
            finally:
                self._speech = None
                self._is_idle.set()

    async def drain(self) -> None:
        """Return when all that waits was spoken or dropped; a missing output holds up nothing."""
        self._player.give_up()
        self._backlog.resume()
        await self._backlog.wait_empty()
        await self._is_idle.wait()

    async def _speak(self, utterance: Utterance) -> None:
        speech = self._speech = _Speech(utterance, self._text(utterance))
        stale = self._drop_when_stale(speech)
        rendering = asyncio.create_task(self._render(speech), name=f"render {utterance.id}")
        try:
            playback = await self._player.play(speech.clip, lambda: self._report_start(speech))
        except asyncio.CancelledError:
            self._finish(speech, DropReason.SHUTDOWN)
            raise
        finally:
            if stale:
                stale.cancel()
            rendering.cancel()
            await asyncio.gather(rendering, return_exceptions=True)
        if playback is Playback.UNHEARD:
            self._finish(speech, speech.cut_reason or DropReason.NO_OUTPUT)
        else:
            self._finish(speech, speech.cut_reason)

    def _text(self, utterance: Utterance) -> str:
        previous = self._previous
        goes_on = (
            previous is not None
            and previous.chatter_id == utterance.chatter.id
            and now() - previous.ended_at < self._prefix_again_after_s
        )
        return utterance.body if goes_on else utterance.prefix + utterance.body

    def _drop_when_stale(self, speech: _Speech) -> asyncio.TimerHandle | None:
        """Arrange that speech whose device is away does not wait longer than the backlog would."""
        if speech.utterance.lane is Lane.PAID:
            return None

        def drop() -> None:
            if not self._player.is_available:
                self.cut(DropReason.EXPIRED, lambda _: True)

        delay_s = max(speech.utterance.received_at + self._max_age_s - now(), 0)
        return asyncio.get_running_loop().call_later(delay_s, drop)

    async def _render(self, speech: _Speech) -> None:
        request = SpeechRequest(
            id=speech.utterance.id, text=speech.text, voice=speech.utterance.voice
        )
        asked_at = now()
        try:
            async with aclosing(self._engine.synthesize(request)) as chunks:
                async for chunk in chunks:
                    arrived_at = now()
                    speech.first_chunk_at = speech.first_chunk_at or arrived_at
                    speech.synthesis_s += arrived_at - asked_at
                    speech.clip.append(chunk)
                    asked_at = now()
        except UtteranceError as error:
            speech.error = str(error)
        except Exception as error:
            # Engines run other people's models: whatever one raises costs this utterance alone.
            log.exception("the engine raised", engine=self._engine.name, id=speech.utterance.id)
            speech.error = f"{self._engine.name} raised {error!r}"
        finally:
            speech.clip.finish()

    def _report_start(self, speech: _Speech) -> None:
        if speech.cut_reason:
            return  # cut in the same moment: what starts is its fade into silence
        self._emit(
            Started.of(
                speech.utterance,
                engine=self._engine.name,
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
            self._previous = _Previous(speech.utterance.chatter.id, now())
            self._emit(
                Spoken.of(
                    speech.utterance,
                    engine=self._engine.name,
                    audio_s=speech.clip.duration_s,
                    synthesis_s=speech.synthesis_s,
                )
            )
