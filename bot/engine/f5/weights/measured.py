"""Precisions that were measured to be the fastest here, kept in the cache folder."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from bot.engine.f5.batching import SpeechRunner
from bot.engine.f5.weights.loading import PRECISIONS
from bot.hardware import host
from bot.runtime.files.folders import read_bounded, write_whole

log = logging.getLogger(__name__)

_FILE = "precisions.json"
_MOST_BYTES = 1 << 20
_LEAST_GAIN = 0.95
"""Share of the time of an earlier candidate that a later one has to need less than."""


class Measured:
    """The fastest precision of one model on this processor, with this version of torch.

    The number of threads does not decide: the time on one core is compared, which a game on the
    others hardly changes.
    """

    def __init__(self, cache: Path, model: Path, candidates: Sequence[torch.dtype]) -> None:
        """Look in the folder `cache` for the fastest of `candidates` for the model in `model`."""
        self._path = cache / _FILE
        self._candidates = candidates
        names = " ".join(_name(candidate) for candidate in candidates)
        self._key = f"{host.cpu_model()}, torch {torch.__version__}, {model.resolve()}, {names}"

    @property
    def fastest(self) -> torch.dtype | None:
        """The one that was the fastest; None if that was not measured yet."""
        name = self._kept().get(self._key)
        known = {_name(candidate): candidate for candidate in self._candidates}
        return known.get(name) if isinstance(name, str) else None

    def measure(
        self,
        first: SpeechRunner,
        make: Callable[[torch.dtype], tuple[SpeechRunner, object]],
        speak: Callable[[SpeechRunner], float],
    ) -> tuple[SpeechRunner, torch.dtype]:
        """Return the fastest runner and its precision, and remember that.

        Args:
            first: Runner in the first candidate, which stays unless another one gains 5 %.
            make: Returns a runner in a precision, first of all.
            speak: Lets a runner speak; returns the CPU time that it took, in seconds.
        """
        fastest, best, times_s = first, self._candidates[0], dict[torch.dtype, float]()
        for dtype in self._candidates:
            runner = first if dtype is self._candidates[0] else make(dtype)[0]
            speak(runner)  # what is slow only once
            times_s[dtype] = min(speak(runner) for _ in range(2))
            if times_s[dtype] < _LEAST_GAIN * times_s[best]:
                fastest, best = runner, dtype
        self._keep(best, times_s)
        return fastest, best

    def _keep(self, fastest: torch.dtype, times_s: Mapping[torch.dtype, float]) -> None:
        told = {_name(candidate): round(time_s, 3) for candidate, time_s in times_s.items()}
        log.info("fastest precision measured", extra={"core_s": told})
        kept = {**self._kept(), self._key: _name(fastest)}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(kept, indent=1).encode())
        except OSError as error:
            reason = f"{self._path}: {error.strerror or error}"
            log.warning("fastest precision not kept", extra={"reason": reason})

    def _kept(self) -> Mapping[str, object]:
        try:
            kept = json.loads(read_bounded(self._path, _MOST_BYTES))
        except (
            OSError,
            ValueError,
            RecursionError,
        ):  # not there yet, or damaged: it is measured again
            return {}
        return kept if isinstance(kept, dict) else {}


def _name(dtype: torch.dtype) -> str:
    return next(name for name, each in PRECISIONS.items() if each is dtype)
