"""Speech made before its turn: of what waits in a backlog, as far as seconds of audio allow."""

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from bot.backlog import Backlog
from bot.messages import Utterance
from bot.playback.clip import Clip

_LETTERS_PER_S = 15.0
"""Roughly, to know how long speech will be that is not made yet."""


class Speech(Protocol):
    """An utterance that is being made."""

    utterance: Utterance
    text: str
    clip: Clip

    def cancel(self) -> None:
        """Make no more of it."""


S = TypeVar("S", bound=Speech)


class LookAhead(Generic[S]):
    """Keeps speech for the next utterances of a backlog, and drops it with them."""

    def __init__(
        self,
        backlog: Backlog,
        *,
        ahead_s: float,
        begin: Callable[[Utterance, str, float], S],
        text_after: Callable[[Utterance, Utterance | None], str],
    ) -> None:
        """Look into `backlog`.

        Args:
            backlog: What waits.
            ahead_s: How many seconds of audio may be made before their turn; 0 makes none.
            begin: Starts to make an utterance, given its text and in how many seconds it is needed.
            text_after: Returns what is said of an utterance that follows another one, or nothing.
        """
        self._backlog = backlog
        self._ahead_s = ahead_s
        self._begin = begin
        self._text_after = text_after
        self._made: dict[str, S] = {}

    async def run(self, current: Callable[[], S | None]) -> None:
        """Make ahead until cancelled; `current` returns what is being spoken."""
        try:
            while True:
                changed = asyncio.ensure_future(self._backlog.wait_changed())
                self._update(current())
                await changed
        finally:
            for speech in self._made.values():
                speech.cancel()
            self._made.clear()

    def take(self, utterance: Utterance, text: str) -> S | None:
        """Return the speech of `utterance` whose turn it is, if it was made with this text."""
        speech = self._made.pop(utterance.id, None)
        if speech is not None and speech.text != text:
            speech.cancel()  # somebody else came in between, so the introduction differs
            return None
        return speech

    def _update(self, current: S | None) -> None:
        waiting = list(self._backlog.upcoming())
        for identifier in self._made.keys() - {utterance.id for utterance in waiting}:
            self._made.pop(identifier).cancel()
        if self._backlog.is_paused or current is None:
            return
        ahead_s = _audio_s(current)
        room_s = self._ahead_s
        before = current.utterance
        for utterance in waiting:
            if room_s <= 0:
                return
            speech = self._made.get(utterance.id)
            if speech is None:
                text = self._text_after(utterance, before)
                speech = self._made[utterance.id] = self._begin(utterance, text, ahead_s)
            room_s -= _audio_s(speech)
            ahead_s += _audio_s(speech)
            before = utterance


def _audio_s(speech: Speech) -> float:
    if speech.clip.is_complete:
        return speech.clip.duration_s
    return max(len(speech.text) / _LETTERS_PER_S, speech.clip.duration_s)
