"""Sending of what waits for a listener over its WebSocket."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog
from aiohttp import WSCloseCode, web

from bot.runtime.concurrency.mailbox import Mailbox

log = structlog.get_logger(__name__)

_REVOKED: Final = b"The token was revoked."

_SEND_S: Final = 10.0
"""Longest time for a listener to take a message."""
_LOOK_S: Final = 1.0
"""How often it is looked whether the listener may still listen."""


async def send_all(
    socket: web.WebSocketResponse, mailbox: Mailbox[bytes | str], may_stay: Callable[[], bool]
) -> None:
    """Send what waits until the listener goes, does not keep up, or may not stay."""
    clock = asyncio.get_running_loop().time
    looked_at = clock()
    with suppress(ConnectionError, TimeoutError):
        while (message := await mailbox.next()) is not None:
            if clock() - looked_at >= _LOOK_S:
                looked_at = clock()
                if not may_stay():
                    log.info("listener sent away", reason="its token was revoked")
                    await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=_REVOKED)
                    return
            async with asyncio.timeout(_SEND_S):
                if isinstance(message, str):
                    await socket.send_str(message)
                else:
                    await socket.send_bytes(message)
        log.info("listener does not keep up", remedy="A page connects again by itself.")
    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"You do not keep up.")
