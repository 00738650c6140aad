"""Sending of what waits for a listener over its WebSocket."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog
from aiohttp import WSCloseCode, web

from bot.runtime.mailbox import Mailbox

log = structlog.get_logger(__name__)

_SEND_S: Final = 10.0
"""Longest time for a listener to take a message."""


async def send_all(socket: web.WebSocketResponse, mailbox: Mailbox[bytes | str]) -> None:
    """Send what waits until the listener goes, or does not keep up."""
    with suppress(ConnectionError, TimeoutError):
        while (message := await mailbox.next()) is not None:
            async with asyncio.timeout(_SEND_S):
                if isinstance(message, str):
                    await socket.send_str(message)
                else:
                    await socket.send_bytes(message)
        log.info("listener does not keep up", remedy="A page connects again by itself.")
    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"You do not keep up.")
