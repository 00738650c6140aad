"""Utterances being made: the one whose turn it is, and ahead of their turn those that wait."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import NamedTuple

import structlog

from bot import segments
from bot.backlog import Backlog
from bot.engine.narrator import SpeechEngine
from bot.engine.nfe_policy import NfePolicy
from bot.engine.timetable import LETTERS_PER_S, Due
from bot.errors import UtteranceError, raised
from bot.messages import AudioChunk, Lane, SpeechRequest, Utterance
from bot.outcomes import DropReason
from bot.playback.clip import Clip
from bot.runtime.clock import awake, now
from bot.segments import Sounds

log = structlog.get_logger(__name__)

_LET_GO_S = 0.3
"""How long an engine may take to end what was cancelled, in seconds."""
_TYPICAL_S = 4.0
"""Length of an utterance that is assumed at the start, in seconds."""
_WEIGHT = 0.1
"""Share of the latest utterance in the moving average of their lengths."""


class Rendering:
    """One utterance being made: what it sounds like grows in `clip`."""

    def __init__(self, utterance: Utterance, request: SpeechRequest) -> None:
        """Be ready to make `request`, which is made of `utterance`."""
        self.utterance = utterance
        self.request = request
        self.segments = segments.introduced(utterance, with_prefix=request.text != utterance.body)
        self.due = Due(request.due_s)
        self.clip = Clip()
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


class _Spoken(NamedTuple):
    """The utterance that was heard last."""

    chatter_id: str
    ended_at: float


class Lookahead:
    """Makes the utterances of one backlog: each when its turn comes, the next ones before.

    What was made ahead is dropped with the utterance that it was made for.
    """

    def __init__(
        self,
        backlog: Backlog,
        engine: SpeechEngine,
        *,
        stall_s: float,
        max_age_s: float,
        prefix_again_after_s: float,
        ahead_s: float = 0.0,
        nfe_policy: NfePolicy = NfePolicy(),  # noqa: B008 - immutable
        hold: Callable[[Utterance], Callable[[], None]] = lambda _: lambda: None,
        sounds: Sounds = lambda _: None,
    ) -> None:
        """Let `engine` speak what waits in `backlog`.

        Args:
            backlog: What waits.
            engine: Speaks.
            ahead_s: How many seconds of audio may be made before their turn; 0 makes none.
            stall_s: An engine that gives no sound for so long has failed with an utterance.
            max_age_s: How long an utterance may wait that is not paid.
            prefix_again_after_s: After so much silence the same chatter is introduced again.
            nfe_policy: Chooses the number of function evaluations.
            sounds: Returns the sounds within utterances.
            hold: Is told what is being made; returns what is called when it is.
        """
        self._hold = hold
        self._sounds = sounds
        self._backlog = backlog
        self._engine = engine
        self._ahead_s = ahead_s
        self._stall_s = stall_s
        self._max_age_s = max_age_s
        self._prefix_again_after_s = prefix_again_after_s
        self._nfe_policy = nfe_policy
        self._typical_s = _TYPICAL_S
        self._previous: _Spoken | None = None
        self._current: Rendering | None = None
        self._ahead: dict[str, Rendering] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Make ahead until cancelled."""
        try:
            while True:
                changed = asyncio.ensure_future(self._backlog.wait_changed())
                self._make_ahead()
                await changed
        finally:
            for rendering in self._ahead.values():
                rendering.cancel()
            self._ahead.clear()

    def take(self, utterance: Utterance) -> Rendering:
        """Return the rendering of the utterance whose turn it is: made ahead, or begun now."""
        text = self._text(utterance, self._previous)
        rendering = self._ahead.pop(utterance.id, None)
        if rendering is not None and rendering.request.text != text:
            rendering.cancel()  # somebody else came in between, so the introduction differs
            rendering = None
        self._current = rendering or self._begin(utterance, text)
        self._current.due.come()
        return self._current

    def finish(self, rendering: Rendering, *, is_spoken: bool) -> None:
        """Note that a turn is over; who was heard to the end needs no introduction at once."""
        # Not awaited: an engine that is slow to let go must not hold up the next utterance.
        rendering.cancel()
        self._current = None
        if is_spoken:
            self._typical_s += _WEIGHT * (rendering.clip.duration_s - self._typical_s)
            self._previous = _Spoken(rendering.utterance.chatter.id, now())

    async def close(self) -> None:
        """Wait for the engine to end what was cancelled, but not for one that hangs."""
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks, timeout=_LET_GO_S)
            for task in hanging:
                log.warning("engine hangs", engine=self._engine.name, task=task.get_name())

    def _make_ahead(self) -> None:
        waiting = list(self._backlog.upcoming())
        for identifier in self._ahead.keys() - {utterance.id for utterance in waiting}:
            self._ahead.pop(identifier).cancel()
        current = self._current
        # While nothing is spoken the first one is begun when its turn comes, unless that is later.
        waits = any(self._backlog.ready_in_s(utterance) for utterance in waiting)
        if self._backlog.is_paused or (current is None and not waits):
            return
        due_s = current.left_s if current else 0.0
        room_s = self._ahead_s
        previous = _Spoken(current.utterance.chatter.id, now()) if current else self._previous
        for utterance in waiting:
            if room_s <= 0:
                return
            rendering = self._ahead.get(utterance.id)
            due_s = max(due_s, self._backlog.ready_in_s(utterance))
            if rendering is None:
                text = self._text(utterance, previous)
                rendering = self._ahead[utterance.id] = self._begin(utterance, text, due_s)
            room_s -= rendering.audio_s
            due_s += rendering.audio_s
            previous = _Spoken(utterance.chatter.id, now())

    def _begin(self, utterance: Utterance, text: str, due_s: float = 0.0) -> Rendering:
        """Start to make an utterance that is needed in `due_s` seconds."""
        request = SpeechRequest(
            id=utterance.id,
            text=text,
            voice=utterance.voice,
            language=utterance.language,
            due_s=due_s,
            nfe=self._choose_nfe(utterance),
        )
        rendering = Rendering(utterance, request)
        let_go = self._hold(utterance)
        rendering.task = asyncio.create_task(
            rendering.run(self._engine, stall_s=self._stall_s, sounds=self._sounds),
            name=f"render {utterance.id}",
        )
        self._tasks.add(rendering.task)
        rendering.task.add_done_callback(self._tasks.discard)
        rendering.task.add_done_callback(lambda _: let_go())
        return rendering

    def _text(self, utterance: Utterance, previous: _Spoken | None) -> str:
        """Return what is said of `utterance`, introduced unless `previous` was the same chatter."""
        goes_on = (
            previous is not None
            and previous.chatter_id == utterance.chatter.id
            and now() - previous.ended_at < self._prefix_again_after_s
        )
        return utterance.body if goes_on else utterance.prefix + utterance.body

    def _choose_nfe(self, utterance: Utterance) -> int:
        others = [other for other in self._backlog if other is not utterance]
        oldest_at = min(
            (other.received_at for other in others if other.lane is not Lane.PAID),
            default=math.inf,
        )
        return self._nfe_policy.choose(
            waiting=len(others),
            each_s=self._typical_s,
            expires_in_s=oldest_at + self._max_age_s - now(),
        )
