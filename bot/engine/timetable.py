"""Timetable of an utterance: when it is to be heard, and when each of its pieces is needed."""

from collections.abc import Coroutine, Sequence
from typing import Any

from bot.engine.forecast import Forecast
from bot.engine.pieces import Piece
from bot.runtime.clock import awake
from bot.runtime.concurrency.waiting import Changes

LETTERS_PER_S = 15.0
"""Pace of speech, roughly, while the length of a piece is not known."""


def audio_s(piece: Piece) -> float:
    """Return how long a piece and the pause behind it last, roughly."""
    return len(piece.text) / LETTERS_PER_S + piece.pause_s


class Due:
    """When an utterance is to be heard: an estimate, until its turn has come."""

    def __init__(self, due_s: float = 0.0) -> None:
        """Expect its turn in `due_s` seconds; with 0 it has come."""
        self._at = awake() + due_s
        self.has_come = due_s <= 0
        """Whether somebody waits for it now."""
        self._changes = Changes()

    @property
    def at(self) -> float:
        """When its turn came, or comes; an estimate that has passed is taken for this moment."""
        return self._at if self.has_come else max(self._at, awake())

    def come(self) -> None:
        """Note that its turn has come, sooner or later than expected."""
        if not self.has_come:
            self.has_come = True
            self._at = awake()
            self._changes.tell()

    def wait_changed(self) -> Coroutine[Any, Any, object]:
        """Return what waits until the turn comes, from this call on."""
        return self._changes.wait()


class Timetable:
    """When the pieces of one utterance are needed, from what is known so far."""

    def __init__(self, due: Due, pieces: Sequence[Piece], *, patience_s: float) -> None:
        """Expect the first sound within `patience_s` of when the utterance is due."""
        self.due = due
        self._patience_s = patience_s
        self._letters = [len(piece.text) for piece in pieces]
        self._audio_s = [audio_s(piece) for piece in pieces]
        """Length of each piece with its pause: an estimate until it is made."""
        self._heard_at = 0.0
        """When the first sound was there; 0 before."""
        self._changes = Changes()

    def made(self, index: int, audio_s: float) -> None:
        """Note that a piece is on its way to the listener, and its length with its pause."""
        self._audio_s[index] = audio_s
        if audio_s and not self._heard_at:
            self._heard_at = awake()
        self._changes.tell()

    @property
    def is_heard(self) -> bool:
        """Whether the first sound is there."""
        return self._heard_at > 0

    def wants_at(self, index: int) -> float:
        """Return when the listener would like to hear a piece."""
        return max(self.due.at, self._heard_at) + sum(self._audio_s[:index])

    def needed_at(self, index: int) -> float:
        """Return when a piece must be there: else the listener waits too long, or hears a gap."""
        return self.wants_at(index) + (0.0 if self._heard_at else self._patience_s)

    def due_s(self, index: int) -> float:
        """Return in how many seconds the listener would like to hear a piece; 0 for at once."""
        return max(self.wants_at(index) - awake(), 0.0)

    def lateness_s(self, index: int, forecast: Forecast, nfe: int, share: float = 1.0) -> float:
        """Return by how much an engine would be late with a piece or any that follows it.

        Args:
            index: The piece that is asked for now.
            forecast: Of the engine.
            nfe: Number of function evaluations.
            share: Part of the time that is left for this piece which may be used up.
        """
        left_s = self.needed_at(index) - awake()
        made_s = forecast.expect_s(self._letters[index], nfe, self.due_s(index))
        lateness_s = made_s - share * left_s
        heard_s = left_s if self._heard_at else max(made_s, self.due.at - awake())
        for later in range(index + 1, len(self._letters)):
            made_s += forecast.service_s(self._letters[later], nfe)
            heard_s += self._audio_s[later - 1]
            lateness_s = max(lateness_s, made_s - heard_s)
        return lateness_s

    def wait_changed(self) -> tuple[Coroutine[Any, Any, object], ...]:
        """Return what waits, from this call on, until pieces are needed sooner than was known."""
        return self.due.wait_changed(), self._changes.wait()
