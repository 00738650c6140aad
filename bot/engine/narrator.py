"""Speaks whole utterances: in pieces, made ahead of what is heard and joined without a seam."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from bot.clock import now
from bot.engine.fallback import Chain
from bot.engine.joining import joined
from bot.engine.pieces import Lengths, Pauses, Piece, split
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest

_LETTERS_PER_S = 15.0
"""Roughly, to know how much audio the pieces under way will be."""


class Narrator:
    """Follows `Engine`, over a chain of engines."""

    def __init__(
        self,
        chain: Chain,
        *,
        pauses: Pauses = Pauses(),  # noqa: B008 - immutable
        ahead_s: float = 10.0,
        lengths: Lengths = Lengths(),  # noqa: B008 - immutable
    ) -> None:
        """Let `chain` speak.

        Args:
            chain: Speaks the pieces.
            pauses: Silence between them.
            ahead_s: How much of one utterance is made at the same time, in seconds of audio; the
                piece whose turn it is is always made.
            lengths: Of the pieces.
        """
        self._chain = chain
        self._pauses = pauses
        self._ahead_s = ahead_s
        self._lengths = lengths

    @property
    def name(self) -> str:
        """The engine that would speak now."""
        return self._chain.name

    @property
    def states(self) -> Mapping[str, Any]:
        """What each engine is doing, for `status`."""
        return self._chain.states

    @property
    def silent_s(self) -> float:
        """Seconds for which speech has been wanted and no engine answered; 0 while none is."""
        return self._chain.silent_s

    def start(self) -> None:
        """Let every engine load; `warm_up` waits for the first of them."""
        self._chain.start()

    async def warm_up(self) -> None:
        """Return as soon as one engine can speak.

        Raises:
            StartError: none of them can run here.
        """
        await self._chain.warm_up()

    async def close(self) -> None:
        """End the engines."""
        await self._chain.close()

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[AudioChunk, None]:
        """Yield one chunk a piece, the silence behind it included.

        A piece that no engine can speak, such as a lone symbol, is left out.

        Raises:
            UtteranceError: no engine can speak any of it.
        """
        turn = self._chain.turn()
        waiting = deque(split(request.text, self._lengths, self._pauses))
        making: deque[tuple[Piece, asyncio.Task[AudioChunk]]] = deque()
        refusal: UtteranceError | None = None
        is_first = True
        begins_at, ahead_s = now() + request.due_s, 0.0
        try:
            while waiting or making:
                while waiting and self._may_begin(making):
                    piece = waiting.popleft()
                    due_s = max(begins_at + ahead_s - now(), 0.0)
                    asked = replace(request, text=piece.text, due_s=due_s)
                    making.append((piece, asyncio.create_task(turn.speak(asked))))
                    ahead_s += _audio_s(piece)
                piece, task = making[0]
                try:
                    chunk = await task
                except UtteranceError as error:
                    refusal = refusal or error
                    continue
                finally:
                    making.popleft()
                samples = joined(
                    chunk.samples,
                    chunk.sample_rate_hz,
                    is_first=is_first,
                    is_last=piece.is_last,
                    pause_s=piece.pause_s,
                )
                if samples.size:
                    if is_first:  # it may be heard from now on
                        begins_at = max(begins_at, now())
                    yield replace(chunk, samples=samples)
                    is_first = False
        finally:
            for _, task in making:
                task.cancel()
            await asyncio.gather(*(task for _, task in making), return_exceptions=True)
        if is_first:
            raise refusal or UtteranceError("The text holds nothing that can be said.")

    def _may_begin(self, making: Iterable[tuple[Piece, object]]) -> bool:
        """Tell whether what is being made leaves room for another piece."""
        return sum(_audio_s(piece) for piece, _ in making) < self._ahead_s


def _audio_s(piece: Piece) -> float:
    return len(piece.text) / _LETTERS_PER_S + piece.pause_s
