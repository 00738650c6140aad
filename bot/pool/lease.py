"""Lease of a name: of several daemons one holds it, and speaks.

It is a key that its holder writes again and again, each time only if nobody else did. A daemon that
sees it unwritten for `last_s` by its own clock takes it; a holder that could not write for a good
part of that by its own stops before. No clock is compared with another one's.
"""

import asyncio
import secrets

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import APIError, KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from bot.engine.guests.pool.connection import told
from bot.errors import LeaseLostError
from bot.runtime.clock import awake, now

log = structlog.get_logger(__name__)

_RENEWALS = 6
"""Renewals within the time after which a lease ends."""
_STOP_SHARE = 0.6
"""Share of that time without one after which its holder stops."""
_LOOK_S = 0.25
_LAST_TRY_S = 0.5
"""Limit of the one renewal that is tried after the machine slept."""


class Lease:
    """One daemon's hold of one name."""

    def __init__(self, bucket: KeyValue, name: str, *, last_s: float) -> None:
        """Hold `name`, with a sign of life within every `last_s` seconds."""
        self._bucket = bucket
        self._key = f"{name}.leader"
        self._last_s = last_s
        self._holder = secrets.token_hex(8).encode()
        self._revision = 0

    async def take(self) -> None:
        """Return once this daemon holds it, however long that takes."""
        seen, since, trouble = -1, awake(), ""
        while True:
            try:
                revision, value = await self._look()
                if revision != seen:
                    seen, since = revision, awake()
                if not value or awake() - since > self._last_s:
                    await self._write(revision)
                    return
                trouble = ""
            except KeyWrongLastSequenceError:
                pass  # another one was quicker
            except (TimeoutError, NatsError) as error:
                seen = -1  # who holds it may have written meanwhile
                if told(error) != trouble:
                    trouble = told(error)
                    log.warning("lease cannot be read", reason=trouble)
            await asyncio.sleep(_LOOK_S)

    async def _look(self) -> tuple[int, bytes]:
        try:
            entry = await self._bucket.get(self._key)
        except KeyNotFoundError:
            return 0, b""
        return entry.revision or 0, entry.value or b""

    async def _write(self, revision: int, value: bytes | None = None) -> None:
        written = self._holder if value is None else value
        if revision:
            self._revision = await self._bucket.update(self._key, written, last=revision)
        else:
            self._revision = await self._bucket.create(self._key, written)

    async def keep(self) -> None:
        """Renew it until cancelled.

        Raises:
            LeaseLostError: another daemon has it, or may have it soon.
        """
        renewed_at = now()  # which goes on while the machine sleeps
        trouble = "NATS is away"
        while True:
            await asyncio.sleep(self._last_s / _RENEWALS)
            begun_at = now()
            # A call that hangs must not outlast the time in which nobody else may speak.
            left_s = max(renewed_at + _STOP_SHARE * self._last_s - begun_at, _LAST_TRY_S)
            try:
                if await asyncio.wait_for(self._renew(), left_s):
                    renewed_at = begun_at
            except (TimeoutError, NatsError) as error:
                log.warning("lease not renewed", reason=told(error))
                is_refused = isinstance(error, APIError)
                trouble = f"NATS refuses ({told(error)})" if is_refused else "NATS is away"
            if now() - renewed_at > _STOP_SHARE * self._last_s:
                raise _lost(f"{trouble}, so another daemon may speak.")

    async def _renew(self) -> bool:
        """Write it again; return whether that is known to have been done.

        Raises:
            LeaseLostError: another daemon has it.
            NatsError: NATS refuses, or is away.
        """
        try:
            await self._write(self._revision)
        except KeyWrongLastSequenceError:
            await self._find_own()
            return False
        return True

    async def _find_own(self) -> None:
        """Find out whether it was this daemon that wrote, and heard nothing of it."""
        try:
            revision, value = await self._look()
        except (TimeoutError, NatsError):
            return
        if value != self._holder:
            raise _lost("Another daemon speaks.")
        self._revision = revision

    async def give_back(self) -> None:
        """Let another daemon have it at once."""
        try:
            await self._write(self._revision, b"")
        except (TimeoutError, NatsError) as error:
            log.info("lease not given back", reason=told(error))


def _lost(message: str) -> LeaseLostError:
    log.warning("lease lost", reason=message)
    return LeaseLostError(message)
