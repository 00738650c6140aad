"""Contract of a TTS engine: requests in, whole pieces of speech out.

The engine's process imports this module, so it runs on Python 3.10.
"""

from collections.abc import Sequence
from typing import Protocol

from bot.engine.process.progress import Progress
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest


class Engine(Protocol):
    """TTS engine: text and voice in, audio out; it knows nothing of chatters and queues.

    An engine is a subclass; it sets the values below that differ for it.
    """

    name: str
    """As in `bot.engine.ENGINES`."""
    longest_piece: int = 160
    """Limit of the text of one request, in letters as `bot.engine.pieces` counts them; read when
    the engine is warm. Texts are cut by it."""
    budget_tokens: int = 0
    """Limit of a batch, in what `tokens` counts; 0 is one request at a time. Read when the engine
    is warm."""
    at_once: int = 1
    """Limit of batches under way at a time; more than 1 where somebody else computes. Read when the
    engine is warm."""
    hardware: str = ""
    """Device and precision, such as "CPU, 8 bits"; empty if the engine does not tell. Read when the
    engine is warm."""
    nfe_choices: tuple[int, ...] = ()
    """Numbers of function evaluations that it is prepared for, the usual one first; empty if it has
    none to choose. Read when the engine is warm."""
    languages: tuple[str, ...] = ()
    """ISO 639 codes of what its voices speak, the voice deciding; empty if it does not tell. Read,
    like the next two, when the engine is warm."""
    voices: tuple[str, ...] = ()
    """Names of its own voices; empty if it does not tell."""
    licence: str = ""
    """Licence of what speaks, model or program; empty if nobody needs one."""
    progress: Progress | None = None
    """Progress of the computations, a step at least every second or so: a hang is detected early.
    None if the engine reports none."""

    async def warm_up(self) -> None:
        """Load everything, so that the next request is as fast as any later one.

        Raises:
            StartError: the engine cannot run here; the remedy says what is missing.
        """

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        """Return the speech of each request, whole, or why it cannot be spoken.

        Speech is never empty and always finite, and the same for the same request. All requests
        have the same `nfe`. An engine that knows when each word is heard gives `words`, every
        written word once; for others they are estimated. Cancelling stops after the computation
        that is under way, or sooner.
        """

    def tokens(self, request: SpeechRequest) -> int:
        """Return what `request` costs in a batch, such as its frames; never raises."""
        return len(request.text)

    async def close(self) -> None:
        """Release everything."""


async def speak_one(engine: Engine, request: SpeechRequest) -> AudioChunk:
    """Return the speech of one request.

    Raises:
        UtteranceError: the engine cannot speak it.
    """
    (result,) = await engine.speak([request])
    if isinstance(result, UtteranceError):
        raise result
    return result
