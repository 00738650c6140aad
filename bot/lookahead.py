"""Utterances being made: the one whose turn it is, and ahead of their turn those that wait."""

import asyncio
import math
from collections.abc import Callable
from typing import NamedTuple

import structlog

from bot.backlog import Backlog
from bot.engine.narrator import SpeechEngine
from bot.engine.nfe_policy import NfePolicy
from bot.messages import Lane, SpeechRequest, Utterance
from bot.overload import Relief
from bot.rendering import Rendering
from bot.runtime.clock import now
from bot.segments import Sounds

log = structlog.get_logger(__name__)

_LET_GO_S = 0.3
"""How long an engine may take to end what was cancelled, in seconds."""
_TYPICAL_S = 4.0
"""Length of an utterance that is assumed at the start, in seconds."""
_WEIGHT = 0.1
"""Share of the latest utterance in the moving average of their lengths."""


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
        relief: Callable[[], Relief] = Relief,
        sounds: Sounds = lambda _: None,
        introduced: Callable[[Utterance], bool | None] = lambda _: None,
        is_heard: Callable[[Utterance], bool] = lambda _: True,
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
            hold: Is told what is being made; returns what is called when it is.
            sounds: Returns the sounds within utterances.
            introduced: Tells whether the chatter was introduced where an utterance began in an
                earlier turn; None if it did not.
            is_heard: Tells whether an output is there for an utterance; what has none takes no room
                of those that are spoken before it.
            relief: Returns what makes speech shorter or quicker to make, by what waits.
        """
        self._relief = relief
        self._sounds = sounds
        self._introduced = introduced
        self._is_heard = is_heard
        self._hold = hold
        self._backlog = backlog
        self._engine = engine
        self._ahead_s = ahead_s
        self._stall_s = stall_s
        self.follow(max_age_s=max_age_s, prefix_again_after_s=prefix_again_after_s)
        self._nfe_policy = nfe_policy
        self._typical_s = _TYPICAL_S
        self._previous: _Spoken | None = None
        self._current: Rendering | None = None
        self._ahead: dict[str, Rendering] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, *, max_age_s: float, prefix_again_after_s: float) -> None:
        """Keep these times from now on; what is made already stays as it is."""
        self._max_age_s = max_age_s
        self._prefix_again_after_s = prefix_again_after_s

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
        rendering = self._ahead.pop(utterance.id, None)
        if rendering is not None:
            # What is made already stays as it is although the load changed, but not if others wrote
            # the same meanwhile, or if somebody came in between, so that the introduction differs.
            text = _text(rendering.said, is_new=self._is_new(utterance))
            if rendering.request.text != text or rendering.utterance.body != utterance.body:
                rendering.cancel()
                rendering = None
        if rendering is None:
            rendering = self._begin(utterance, is_new=self._is_new(utterance))
        self._current = rendering
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

    @property
    def is_making(self) -> bool:
        """Whether the engine is wanted for chat now."""
        return bool(self._tasks)

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
        previous = current.utterance if current else None
        for utterance in filter(self._is_heard, waiting):
            if room_s <= 0:
                return
            rendering = self._ahead.get(utterance.id)
            due_s = max(due_s, self._backlog.ready_in_s(utterance))
            if rendering is None:
                is_new = (
                    previous.chatter.id != utterance.chatter.id
                    if previous
                    else self._is_new(utterance)
                )
                rendering = self._begin(utterance, due_s, is_new=is_new)
                self._ahead[utterance.id] = rendering
            room_s -= rendering.audio_s
            due_s += rendering.audio_s
            previous = utterance

    def _begin(self, utterance: Utterance, due_s: float = 0.0, *, is_new: bool) -> Rendering:
        """Start to make an utterance that is needed in `due_s` seconds."""
        relief = self._relief().of(utterance)
        said = relief.said(utterance)
        request = SpeechRequest(
            id=utterance.id,
            text=_text(said, is_new=is_new),
            voice=utterance.voice,
            language=utterance.language,
            due_s=due_s,
            nfe=self._nfe_policy.least if relief.least_nfe else self._choose_nfe(utterance),
            speed=relief.speed,
        )
        rendering = Rendering(utterance, said, request)
        let_go = self._hold(utterance)
        rendering.task = asyncio.create_task(
            rendering.run(self._engine, stall_s=self._stall_s, sounds=self._sounds),
            name=f"render {utterance.id}",
        )
        self._tasks.add(rendering.task)
        rendering.task.add_done_callback(self._tasks.discard)
        rendering.task.add_done_callback(lambda _: let_go())
        return rendering

    def _is_new(self, utterance: Utterance) -> bool:
        """Tell whether its chatter is introduced: unless the same one was heard just before."""
        if (introduced := self._introduced(utterance)) is not None:
            return introduced
        previous = self._previous
        return (
            previous is None
            or previous.chatter_id != utterance.chatter.id
            or now() - previous.ended_at >= self._prefix_again_after_s
        )

    def _choose_nfe(self, utterance: Utterance) -> int:
        others = [o for o in self._backlog if o is not utterance and self._is_heard(o)]
        oldest_at = min(
            (other.received_at for other in others if other.lane is not Lane.PAID),
            default=math.inf,
        )
        return self._nfe_policy.choose(
            waiting=len(others),
            each_s=self._typical_s,
            expires_in_s=oldest_at + self._max_age_s - now(),
        )


def _text(said: Utterance, *, is_new: bool) -> str:
    """Return the text of `said`, with its introduction if the chatter is new."""
    return said.prefix + said.body if is_new else said.body
