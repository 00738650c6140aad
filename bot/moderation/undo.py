"""Undo: the latest commands that changed something that lasts, and how to take them back."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from bot.messages import Verb

_KEPT = 20


class Done(NamedTuple):
    """Command that can be taken back."""

    id: str
    """Id of the command."""
    text: str
    """Command as it was given, for people."""
    verb: Verb
    revert: Callable[[], object]
    """Puts back what was before."""


class Undo:
    """The latest commands of one channel."""

    def __init__(self) -> None:
        self._done: deque[Done] = deque(maxlen=_KEPT)

    def add(self, done: Done) -> None:
        """Note a command."""
        self._done.append(done)

    def __contains__(self, identifier: str) -> bool:
        """Tell whether the command with this id can be taken back."""
        return any(done.id == identifier for done in self._done)

    def take(self, may: Callable[[Verb], bool], identifier: str = "") -> Done | None:
        """Take back the command with this id, or the latest, and return it.

        None if there is none. It stays where who asks for that may not give it.
        """
        latest = reversed(self._done)
        done = next((done for done in latest if identifier in ("", done.id)), None)
        if done is None or not may(done.verb):
            return None
        self._done.remove(done)
        done.revert()
        return done
