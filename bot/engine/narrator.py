"""Narrator of utterances: cuts texts into pieces and streams their speech, made ahead."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Protocol

from msgspec.structs import replace

from bot.engine.attempts import Attempts
from bot.engine.fallback import FallbackEngine
from bot.engine.joining import fit_piece
from bot.engine.pieces import Lengths, Pauses, Piece, split
from bot.engine.timetable import Due, Timetable, audio_s
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.concurrency.waiting import cancel
from bot.state import EngineState


class SpeechEngine(Protocol):
    """What speaks whole utterances, as the stages use it."""

    @property
    def name(self) -> str:
        """The engine that would speak now."""

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639 codes of what some engine speaks, or None where one takes whatever comes."""

    @property
    def silent_s(self) -> float:
        """Seconds for which speech has been wanted and no engine answered; 0 while none is."""

    def rouse(self) -> None:
        """Have it warm soon if it is idle: speech may be wanted."""

    def synthesize(
        self, request: SpeechRequest, due: Due | None = None
    ) -> AsyncGenerator[AudioChunk, None]:
        """Yield the speech of `request` piece by piece; closing the generator cancels."""


class Narrator:
    """Speaks whole utterances with engines that speak pieces."""

    def __init__(
        self,
        engine: FallbackEngine,
        *,
        pauses: Pauses = Pauses(),  # noqa: B008 - immutable
        ahead_s: float = 10.0,
        lengths: Lengths = Lengths(),  # noqa: B008 - immutable
    ) -> None:
        """Let `engine` speak.

        Args:
            engine: Speaks the pieces.
            pauses: Silence between them.
            ahead_s: Limit of what is made of one utterance at the same time, in seconds of audio;
                the piece whose turn it is is always made.
            lengths: Limits of the pieces, unless those of the engine are lower.
        """
        self._engine = engine
        self._pauses = pauses
        self._ahead_s = ahead_s
        self._lengths = lengths

    @property
    def name(self) -> str:
        """The engine that would speak now."""
        return self._engine.name

    @property
    def states(self) -> Mapping[str, EngineState]:
        """State of each engine, for `status`."""
        return self._engine.states

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639 codes of what some engine speaks, or None where one takes whatever comes."""
        return self._engine.languages

    @property
    def silent_s(self) -> float:
        """Seconds for which speech has been wanted and no engine answered; 0 while none is."""
        return self._engine.silent_s

    def start(self) -> None:
        """Let every engine load; `warm_up` waits for the first of them."""
        self._engine.start()

    def rouse(self) -> None:
        """Have engines that are idle warm soon: somebody wrote."""
        self._engine.rouse()

    async def warm_up(self) -> None:
        """Return as soon as one engine can speak.

        Raises:
            StartError: none of them can run here.
        """
        await self._engine.warm_up()

    async def close(self) -> None:
        """End the engines."""
        await self._engine.close()

    async def synthesize(
        self, request: SpeechRequest, due: Due | None = None
    ) -> AsyncGenerator[AudioChunk, None]:
        """Yield one chunk a piece, the silence behind it included.

        A piece that no engine can speak, such as a lone symbol, is left out. Closing the generator
        (`aclose`) cancels: nothing more is computed after what is under way.

        Args:
            request: The whole utterance.
            due: When it is to be heard; None is in `request.due_s` seconds.

        Raises:
            UtteranceError: no engine can speak any of it.
        """
        longest = min(self._lengths.longest, self._engine.longest_piece)
        lengths = self._lengths._replace(longest=longest)
        pieces = split(request.text, lengths, self._pauses)
        timetable = Timetable(due or Due(request.due_s), pieces, patience_s=self._engine.patience_s)
        attempts = Attempts(self._engine, timetable)
        waiting = deque(enumerate(pieces))
        making: deque[tuple[int, Piece, asyncio.Task[AudioChunk]]] = deque()
        refusal: UtteranceError | None = None
        is_first = True
        try:
            while waiting or making:
                while waiting and self._may_begin(piece for _, piece, _ in making):
                    index, piece = waiting.popleft()
                    part = replace(request, text=piece.text, due_s=timetable.due_s(index))
                    speaking = asyncio.create_task(attempts.speak(index, part))
                    making.append((index, piece, speaking))
                index, piece, speaking = making[0]
                fitted = None
                try:
                    chunk = await speaking
                except UtteranceError as error:
                    refusal = refusal or error
                else:
                    fitted = fit_piece(
                        chunk, is_first=is_first, is_last=piece.is_last, pause_s=piece.pause_s
                    )
                finally:
                    making.popleft()
                timetable.made(index, fitted.duration_s if fitted else 0.0)
                if fitted is not None:
                    yield fitted
                    is_first = False
        finally:
            await cancel(*(speaking for _, _, speaking in making))
        if is_first:
            raise refusal or UtteranceError("The text holds nothing that can be said.")

    def _may_begin(self, making: Iterable[Piece]) -> bool:
        """Tell whether what is being made leaves room for another piece."""
        return sum(map(audio_s, making)) < self._ahead_s
