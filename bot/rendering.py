"""Rendering: one utterance being made."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from bot import segments
from bot.engine.narrator import SpeechEngine
from bot.engine.timetable import LETTERS_PER_S, Due
from bot.errors import UtteranceError, raised
from bot.messages import AudioChunk, SpeechRequest, Utterance
from bot.outcomes import DropReason
from bot.playback.clip import Clip
from bot.runtime.clock import awake, now
from bot.segments import Sounds

log = structlog.get_logger(__name__)


class Rendering:
    """One utterance being made: what it sounds like grows in `clip`."""

    def __init__(self, utterance: Utterance, said: Utterance, request: SpeechRequest) -> None:
        """Be ready to make `request`, which says of `utterance` what is in `said`."""
        self.utterance = utterance
        self.said = said
        self.request = request
        self.segments = segments.introduced(said, with_prefix=request.text != said.body)
        self.due = Due(request.due_s)
        self.clip = Clip(utterance.id)
        self.requested_at = now()
        self.started_at = 0.0
        """When its first sample was handed to an output; 0 before."""
        self.first_piece_at = 0.0
        """When the engine's first audio was there; 0 before."""
        self.engines: list[str] = []
        """Engines that spoke, in order."""
        self.nfe = 0
        """Number of function evaluations of the first piece."""
        self.synthesis_s = 0.0
        self.error = ""
        """Why it could not be made, or not to its end."""
        self.cut_reason: DropReason | None = None
        """Why it was silenced, if it was."""
        self.task: asyncio.Task[None] | None = None

    @property
    def audio_s(self) -> float:
        """Length in seconds; an estimate until all of it is there."""
        if self.clip.is_complete:
            return self.clip.duration_s
        return max(len(self.request.text) / LETTERS_PER_S, self.clip.duration_s)

    @property
    def left_s(self) -> float:
        """Seconds until it has been heard, roughly."""
        played_s = now() - self.started_at if self.started_at else 0.0
        return max(self.audio_s - played_s, 0.0)

    def cancel(self) -> None:
        """Make no more of it."""
        if self.task is not None:
            self.task.cancel()

    async def run(self, engine: SpeechEngine, *, stall_s: float, sounds: Sounds) -> None:
        """Fill the clip, and finish it before the engine is told to let go, which may take time.

        Args:
            engine: Speaks.
            stall_s: An engine that gives no sound for so long has failed with this utterance.
            sounds: Returns the sounds within it.
        """
        speech = (
            segments.synthesize(engine, self.request, self.due, self.segments, sounds)
            if self.segments
            else engine.synthesize(self.request, self.due)
        )
        try:
            async with aclosing(speech) as pieces:
                try:
                    await self._fill(pieces, engine, stall_s)
                except UtteranceError as error:
                    self.error = str(error)
                except TimeoutError:
                    self.error = f"{engine.name} gave no sound for {stall_s:g} s"
                except Exception as error:
                    self.error = f"{engine.name} raised {raised(error)}"
                    raise
                finally:
                    self.clip.finish()
        except Exception:
            # Engines run other people's models: whatever one raises costs this utterance alone.
            log.exception("engine raised", engine=engine.name, id=self.request.id)

    async def _fill(
        self, pieces: AsyncGenerator[AudioChunk, None], engine: SpeechEngine, stall_s: float
    ) -> None:
        while True:
            asked_at = awake()
            piece = await self._next(pieces, engine, stall_s)
            if piece is None:
                return
            self.synthesis_s += awake() - asked_at
            self.first_piece_at = self.first_piece_at or now()
            self.nfe = self.nfe or piece.nfe
            speaker = piece.engine or engine.name
            if self.engines[-1:] != [speaker]:
                self.engines.append(speaker)
            self.clip.append(piece)

    async def _next(
        self, pieces: AsyncGenerator[AudioChunk, None], engine: SpeechEngine, stall_s: float
    ) -> AudioChunk | None:
        """Return the next piece, None behind the last one.

        Raises:
            TimeoutError: its turn has come, and the engine has given nothing for `stall_s`, neither
                of this nor of any other utterance: late is better than lost.
        """
        loop, asked_at = asyncio.get_running_loop(), awake()
        timer: asyncio.Handle

        def look() -> None:
            nonlocal timer
            waited_s = awake() - max(asked_at, self.due.at)
            left_s = stall_s - min(waited_s, engine.silent_s)
            if left_s > 0:
                timer = loop.call_later(left_s, look)
            else:
                limit.reschedule(loop.time())

        async with asyncio.timeout(None) as limit:
            timer = loop.call_soon(look)
            try:
                return await anext(pieces, None)
            finally:
                timer.cancel()
