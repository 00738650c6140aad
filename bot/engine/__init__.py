"""Engines turn text into a stream of audio; each is imported only when it is chosen.

A new engine is a module with a class that follows `Engine`, and a line in `ENGINES`.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from bot.engine.process.progress import Progress
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest


class Engine(Protocol):
    """Text and voice in, audio out; knows nothing of chatters and queues."""

    @property
    def name(self) -> str:
        """As in `ENGINES`."""

    async def warm_up(self) -> None:
        """Load everything, so that the next request is as fast as any later one.

        Raises:
            StartError: the engine cannot run here; the remedy says what is missing.
        """

    def synthesize(self, request: SpeechRequest) -> AsyncGenerator[AudioChunk, None]:
        """Yield the speech of `request` piece by piece, as soon as each is there.

        Closing the generator (`aclose`) cancels: nothing more is computed after the piece that is
        under way. No chunk is empty or holds a value that is not finite.

        Raises:
            UtteranceError: this text cannot be spoken; the next request is served as usual.
        """

    async def close(self) -> None:
        """Release everything; pending generators end."""


@runtime_checkable
class BatchEngine(Engine, Protocol):
    """An engine that computes several requests in less time than one after the other."""

    @property
    def budget_tokens(self) -> int:
        """What a batch may cost together."""

    def tokens(self, request: SpeechRequest) -> int:
        """Return what `request` costs, such as its frames, reference included; never raises."""

    async def synthesize_batch(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        """Return the speech of each request, whole, or why it cannot be spoken.

        All of them have the same `nfe`. Cancelling it is as closing `synthesize`.
        """


@runtime_checkable
class TellingEngine(Engine, Protocol):
    """An engine that tells how its computations get on: when it hangs, that is noticed sooner."""

    @property
    def progress(self) -> Progress:
        """Begun for each request or batch, with a step at least every second or so."""


ENGINES: Mapping[str, str] = {
    "f5": "bot.engine.f5.engine:F5Engine",
    "hibari": "bot.engine.hibari:HibariEngine",
    "tone": "bot.engine.tone:ToneEngine",
    "upstream": "bot.engine.upstream.engine:UpstreamEngine",
}
"""Where each engine's class stands, by its name in the configuration."""

_EXTRAS = frozenset({"f5", "upstream"})
"""Engines whose packages are an extra of the same name."""


def create(name: str, options: Mapping[str, Any]) -> Engine:
    """Return the engine `name`, not warmed up yet; `options` are its keyword arguments.

    Besides the names in `ENGINES`, `module:Class` is an engine of one's own.

    Raises:
        StartError: there is no such engine, or a package that it needs is not installed.
    """
    place = ENGINES.get(name, name)
    if ":" not in place:
        raise StartError(
            f"There is no engine {name!r}.", remedy=f"Choose from {', '.join(ENGINES)}."
        )
    module_name, _, class_name = place.partition(":")
    module = import_extra(module_name, f"Engine {name}", name if name in _EXTRAS else "")
    engine: Engine = getattr(module, class_name)(**options)
    return engine


def import_extra(module: str, what: str, extra: str) -> ModuleType:
    """Return a module of ours, for `what`, that needs the packages of an extra (empty for none).

    Raises:
        StartError: a package that it needs is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        install = f"'ishowtts[{extra}]'" if extra else error.name
        raise StartError(
            f"{what} needs the Python package {error.name}.",
            remedy=f"Install {'what it needs' if extra else 'it'} with: pip install {install}",
        ) from error
