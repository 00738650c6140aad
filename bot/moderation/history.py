"""History: what was said lately, to be said again or to tell whose it was."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bot.messages import Utterance
from bot.runtime.clock import now

_KEPT = 200


class Said(NamedTuple):
    """Utterance that was begun to be spoken."""

    utterance: Utterance
    at: float
    """When its first sample was handed to an output."""


class History:
    """The latest utterances of one channel."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque(maxlen=_KEPT)

    def add(self, utterance: Utterance) -> None:
        """Note that `utterance` is being spoken from now on."""
        self._said.append(Said(utterance, now()))

    def latest(self) -> Iterator[Said]:
        """Iterate over what was said, the latest first."""
        return reversed(self._said)

    def last(self, matches: Callable[[Utterance], bool] = lambda _: True) -> Said | None:
        """Return the latest that `matches`."""
        return next((said for said in reversed(self._said) if matches(said.utterance)), None)

    def forget(self, matches: Callable[[Utterance], bool]) -> None:
        """Forget what `matches`: what was taken back is not said again."""
        kept = [said for said in self._said if not matches(said.utterance)]
        self._said.clear()
        self._said.extend(kept)
