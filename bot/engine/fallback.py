"""Engines in order of preference: the first one that can speak does."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any

import numpy as np
import structlog

from bot.clock import now
from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Host
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest

log = structlog.get_logger(__name__)

_SHARE_OF_PATIENCE = 0.5
"""An engine that is so slow, on a busy processor, leaves the piece to the next one."""
_TRIES = 2
"""Of one engine at one text: what broke it twice would break it again."""
_GAP_S = 5.0
"""Between two texts that wait in vain: it is still the same silence."""


class Chain:
    """Hosts of engines; the first is preferred."""

    def __init__(self, hosts: Sequence[Host], *, patience_s: float) -> None:
        """Prefer the first of `hosts`; wait up to `patience_s` for one to come back."""
        self._hosts = tuple(hosts)
        self._patience_s = patience_s
        self._speaking = ""
        self._asked = 0
        """Pieces that wait for an answer."""
        self._answered_at = 0.0
        self._left_at = 0.0
        """When the last of them was answered or given up."""

    @property
    def slow_s(self) -> float:
        """So long after a piece is needed the next engine speaks it."""
        return self._patience_s * _SHARE_OF_PATIENCE

    @property
    def name(self) -> str:
        """The engine that would speak now, else the preferred one."""
        return next((host.name for host in self._hosts if host.is_ready), self._hosts[0].name)

    @property
    def states(self) -> Mapping[str, Any]:
        """What each engine is doing, for `status`."""
        return {
            host.name: {
                "is_ready": host.is_ready,
                "state": host.state,
                "restarts": host.restarts,
            }
            for host in self._hosts
        }

    @property
    def silent_s(self) -> float:
        """Seconds for which speech has been wanted and no engine answered; 0 while none is."""
        is_wanted = self._asked or now() - self._left_at < _GAP_S
        return now() - self._answered_at if is_wanted else 0.0

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Note that speech is wanted while the block runs."""
        if not self._asked and now() - self._left_at > _GAP_S:
            self._answered_at = now()  # the wait begins
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1
            self._left_at = now()

    def answered(self) -> None:
        """Note that an engine spoke, or said that it cannot say this."""
        self._answered_at = now()

    def start(self) -> None:
        """Let every engine load."""
        for host in self._hosts:
            host.start()

    async def warm_up(self) -> None:
        """Start every engine; return as soon as one of them is warm.

        Raises:
            StartError: none of them can run here.
        """
        self.start()
        while not any(host.is_ready for host in self._hosts):
            refusals = [host.refusal for host in self._hosts if host.refusal is not None]
            if len(refusals) == len(self._hosts):
                raise refusals[0]
            await self.wait_changed()

    async def wait_changed(self) -> None:
        """Return when an engine came or went."""
        waits = [asyncio.ensure_future(host.wait_changed()) for host in self._hosts]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def close(self) -> None:
        """End every process."""
        await asyncio.gather(*(host.close() for host in self._hosts))

    def turn(self) -> "Turn":
        """Return what speaks the pieces of one utterance."""
        return Turn(self)

    def candidates(self) -> Sequence[Host]:
        """Return the engines in order of preference."""
        return self._hosts

    async def wait_ready(self, hosts: Sequence[Host]) -> bool:
        """Wait until one of `hosts` can speak, but not for ever; tell whether one can."""
        try:
            async with asyncio.timeout(self._patience_s):
                while not any(host.is_ready for host in hosts):
                    if all(host.refusal is not None for host in hosts):
                        return False
                    await self.wait_changed()
        except TimeoutError:
            return False
        return True

    def note(self, host: Host) -> None:
        """Log when another engine speaks than before."""
        if self._speaking and host.name != self._speaking:
            states = {other.name: other.state for other in self._hosts}
            log.info(
                "another engine speaks", engine=host.name, before=self._speaking, states=states
            )
        self._speaking = host.name


class Turn:
    """Speaks the pieces of one utterance: in one voice, as long as its engine lives."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._failures: dict[Host, int] = {}
        self._latest: Host | None = None

    async def speak(self, piece: SpeechRequest) -> AudioChunk:
        """Return the speech of `piece`, whole.

        An engine that is lost in the middle is followed by the next one, or by itself when it is
        back: nothing is lost, and nothing was heard that is said again.

        Raises:
            UtteranceError: no engine can speak it.
        """
        with self._chain.asked():
            return await self._speak(piece)

    async def _speak(self, piece: SpeechRequest) -> AudioChunk:
        refused: dict[Host, UtteranceError] = {}
        tries: dict[Host, int] = {}
        while True:
            left = [
                host
                for host in self._chain.candidates()
                if host not in refused and tries.get(host, 0) < _TRIES
            ]
            if not left or not await self._chain.wait_ready(left):
                raise self._error(refused, left)
            host = self._choose(left)
            has_other = any(other.is_ready for other in left if other is not host)
            limit_s = self._chain.slow_s + piece.due_s if has_other else None
            try:
                async with asyncio.timeout(limit_s):
                    chunk = await _whole(host, piece)
            except TimeoutError:
                refused[host] = UtteranceError(f"{host.name} was too slow.")
                self._failures[host] = self._failures.get(host, 0) + 1
                log.warning("engine is too slow", engine=host.name, id=piece.id)
            except UtteranceError as error:
                refused[host] = error
                self._chain.answered()
                log.info("engine cannot say it", engine=host.name, id=piece.id, reason=str(error))
            except EngineLostError as error:
                tries[host] = tries.get(host, 0) + error.may_be_cause
                self._failures[host] = self._failures.get(host, 0) + 1
                reason = str(error)
                log.warning("speech is made again", lost=host.name, id=piece.id, reason=reason)
            else:
                self._chain.answered()
                self._latest = host
                self._chain.note(host)
                return chunk

    def _choose(self, left: Sequence[Host]) -> Host:
        """Return the engine that spoke before, else the first that has not failed this turn."""
        ready = [host for host in left if host.is_ready]
        return min(ready, key=lambda host: (self._failures.get(host, 0), host is not self._latest))

    def _error(
        self, refused: Mapping[Host, UtteranceError], left: Sequence[Host]
    ) -> UtteranceError:
        if refused:
            return next(iter(refused.values()))
        names = ", ".join(host.name for host in left or self._chain.candidates())
        return UtteranceError(f"No engine could speak it: {names} did not last or come back.")


async def _whole(host: Host, piece: SpeechRequest) -> AudioChunk:
    """Return all speech of `piece` as one chunk, and who spoke."""
    async with aclosing(host.synthesize(piece)) as stream:
        chunks = [chunk async for chunk in stream]
    if not chunks:
        raise UtteranceError(f"{host.name} gave no sound.")
    return AudioChunk(
        samples=np.concatenate([chunk.samples for chunk in chunks]),
        sample_rate_hz=chunks[0].sample_rate_hz,
        engine=host.name,
        nfe=chunks[0].nfe,
    )
