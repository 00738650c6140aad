"""Attempt at one worker to have a text spoken: what is known of it, and what may come of it.

A worker may be broken, or somebody else's: nothing that it sends is believed that no speech can be.
"""

import asyncio
import secrets
from typing import NamedTuple

import msgspec
import numpy as np
from nats.aio.msg import Msg

from bot.engine.guests.pool import wire
from bot.engine.process import protocol
from bot.errors import raised
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.clock import awake

_SLOWER = 3.0
"""An attempt is slow once it takes so many times what the worker expected, and `_SLOW_S` more."""
_SLOW_S = 0.5
_NO_RESPONDERS = "503"
"""Status of what a server answers for a worker that is not connected."""
GIVE_UP_S = 20.0
"""Time after which nobody wants a text any more, besides what it was not needed for yet."""
_LOST = 3.0
"""Multiple of that after which a worker that has a text under way is believed no more."""
_LONGEST_S, _LETTER_S = 10.0, 0.5
"""Longest that speech may be, in seconds, and by letter: several times what any voice takes."""
_RATES_HZ = range(8_000, 192_001)
_LOUDEST = 8.0
"""Of samples: the daemon levels what is somewhat beyond full scale."""


class Times(NamedTuple):
    """Times of one text."""

    begun_at: float
    due_at: float
    """When it is needed."""
    deadline_at: float
    """When nobody wants it any more that is not under way."""
    lost_at: float
    """When nobody waits any more for a worker that has it under way."""

    @classmethod
    def of(cls, request: SpeechRequest) -> "Times":
        """Return those of a request that comes now."""
        at = awake()
        due_at = at + max(request.due_s, 0.0)
        return cls(at, due_at, due_at + GIVE_UP_S, due_at + _LOST * GIVE_UP_S)


class Attempt:
    """One text at one worker."""

    def __init__(self, worker: str, drops: tuple[int, int], request: SpeechRequest) -> None:
        """Begin at `worker`; `drops` is how often our connection and its were lost until now."""
        self.name = secrets.token_urlsafe(12)
        self.worker = worker
        self.begun_at = awake()
        self.drops = drops
        self.taken_at: float | None = None
        self.expected_s = 0.0
        self.busy_s: float | None = None
        """What the worker said if it did not take it."""
        self.is_nowhere = False
        """Whether no worker of this name is connected."""
        self.event: protocol.Speech | protocol.Failed | None = None
        """The answer, once it is whole."""
        self._joining = wire.Joining()
        self._longest_s = _LONGEST_S + _LETTER_S * len(request.text) / request.speed
        self.changed = asyncio.Event()

    @property
    def is_slow(self) -> bool:
        """Whether it should be there by now."""
        if self.taken_at is None:
            return False
        return awake() - self.taken_at > _SLOWER * self.expected_s + _SLOW_S

    def hear(self, message: Msg) -> None:
        """Take what came to its inbox; what no honest worker sends ends it."""
        self.changed.set()
        if message.headers and message.headers.get("Status") == _NO_RESPONDERS:
            self.is_nowhere = True
            return
        try:
            answer = wire.decode_answer(message.data)
            if isinstance(answer, wire.Taken):
                self.taken_at = awake()
                self.expected_s = min(answer.expected_s or GIVE_UP_S, GIVE_UP_S)
            elif isinstance(answer, wire.Busy):
                self.busy_s = answer.wait_s
            else:
                self.event = self._joining.add(answer)
                if isinstance(self.event, protocol.Speech):
                    self._check(self.event.audio)
        except (ValueError, msgspec.MsgspecError) as error:
            self.event = protocol.Failed(
                number=0, trouble="fault", message=f"Worker answers nonsense: {raised(error)}."
            )

    def _check(self, audio: AudioChunk) -> None:
        if audio.sample_rate_hz not in _RATES_HZ:
            raise ValueError(f"speech of {audio.sample_rate_hz} samples a second")
        if not audio.samples.size or not np.isfinite(audio.samples).all():
            raise ValueError("speech that is none")
        if np.abs(audio.samples).max() > _LOUDEST:
            raise ValueError("speech far beyond full scale")
        if audio.duration_s > self._longest_s:
            raise ValueError(f"{audio.duration_s:.0f} s of speech for a short text")
