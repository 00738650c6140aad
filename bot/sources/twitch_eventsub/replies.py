"""Replies in chat, within Twitch's limits: https://dev.twitch.tv/docs/chat/#rate-limits.

An account that writes more is silenced for half an hour, so replies that do not fit are merged, and
then dropped, the least important first.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import NamedTuple

import structlog

from bot.errors import IshowttsError, TransientError
from bot.runtime.clock import now

log = structlog.get_logger(__name__)

MAX_CHARACTERS = 500
"""Limit of one chat message."""
WINDOW_S = 30.0
_MAX_WAITING = 20
_MAX_AGE_S = 60.0
_SEPARATOR = " | "


class Importance(IntEnum):
    """Importance of a reply; the lowest are dropped first."""

    CONFIRMATION = 0
    """A command was carried out: its effect can be heard as well."""
    ANSWER = 1
    """Somebody asked."""


class Reply(NamedTuple):
    """Text to write in chat."""

    channel_id: str
    text: str
    reply_to: str | None
    """Id of the message that it answers."""
    name: str
    """Chatter who is answered, written where a reply answers several; empty for everybody."""
    importance: Importance
    asked_at: float
    """Unix seconds; a late answer is dropped."""


Send = Callable[[str, str, str | None], Awaitable[None]]
"""Writes a text, in the channel with this id, as the reply to the message with this id."""


class ReplySender:
    """Queue of replies for all channels of the account, since the limits are the account's."""

    def __init__(
        self,
        send: Send,
        *,
        limit: int,
        clock: Callable[[], float] = now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Write `limit` messages in `WINDOW_S` at most; `send` raises this package's errors."""
        self._send = send
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._waiting: list[Reply] = []
        self._has_some = asyncio.Event()
        self._sent_at: deque[float] = deque(maxlen=limit)
        self.dropped = 0
        """Number of replies that were never written."""

    def put(self, reply: Reply) -> None:
        """Write `reply` soon, unless more important ones take its place."""
        self._waiting.append(reply)
        if len(self._waiting) > _MAX_WAITING:
            # The oldest of the least important: who asked last still looks at the chat.
            self._drop(min(self._waiting, key=lambda waiting: waiting.importance), "too many wait")
        self._has_some.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._has_some.wait()
            await self._wait_for_allowance()
            self._forget_old()
            if self._waiting:
                await self._write(self._next())
            if not self._waiting:
                self._has_some.clear()

    async def _write(self, reply: Reply) -> None:
        self._sent_at.append(self._clock())
        try:
            await self._send(reply.channel_id, reply.text, reply.reply_to)
        except TransientError as error:
            log.info("reply postponed", reason=str(error))
            self._waiting.insert(0, reply)
            await self._sleep(1.0)
        except IshowttsError as error:
            self.dropped += 1
            log.warning("reply not written", reason=str(error))

    async def _wait_for_allowance(self) -> None:
        while len(self._sent_at) == self._limit:
            left_s = self._sent_at[0] + WINDOW_S - self._clock()
            if left_s <= 0:
                return
            await self._sleep(left_s)

    def _next(self) -> Reply:
        """Take the most important reply, merged with others to the same channel."""
        first = max(self._waiting, key=lambda waiting: waiting.importance)
        self._waiting.remove(first)
        others = [waiting for waiting in self._waiting if waiting.channel_id == first.channel_id]
        if not others:
            return first._replace(text=first.text[:MAX_CHARACTERS])
        parts = [_addressed(first)]
        for other in others:
            part = _addressed(other)
            if part not in parts and len(_SEPARATOR.join([*parts, part])) > MAX_CHARACTERS:
                continue
            if part not in parts:
                parts.append(part)
            self._waiting.remove(other)
        return first._replace(text=_SEPARATOR.join(parts)[:MAX_CHARACTERS], reply_to=None)

    def _forget_old(self) -> None:
        for reply in list(self._waiting):
            if self._clock() - reply.asked_at > _MAX_AGE_S:
                self._drop(reply, "too late")

    def _drop(self, reply: Reply, reason: str) -> None:
        self._waiting.remove(reply)
        self.dropped += 1
        log.info("reply dropped", reason=reason, text=reply.text)


def _addressed(reply: Reply) -> str:
    return f"@{reply.name} {reply.text}" if reply.name else reply.text
