"""Asks the daemon that runs with this configuration what it is doing."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import hdrs

from bot.config.server import ServerSettings
from bot.errors import StartError
from bot.server import token_of

_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
_ASK_AGAIN_S = 2.0
_CALM_ANSWERS = 3
"""So many times in a row the daemon has to be idle: chat comes in bursts."""


async def ask(settings: ServerSettings) -> Mapping[str, Any] | None:
    """Return the answer of `GET /api/status`; None where no daemon answers.

    Raises:
        StartError: the daemon's token cannot be read, or is another one.
    """
    if settings.port == 0:
        return None  # nobody knows which one it took
    headers = {}
    if token := token_of(settings):
        headers[hdrs.AUTHORIZATION] = f"Bearer {token}"
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as http,
            http.get(settings.url() / "api/status", headers=headers) as answer,
        ):
            if answer.status == HTTPStatus.UNAUTHORIZED:
                raise StartError(
                    f"The daemon at {settings.url()} wants a token, and this is not it.",
                    remedy="Show this command the token as well: docs/service.md, Secrets.",
                )
            answer.raise_for_status()
            body = msgspec.json.decode(await answer.read())
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError):
        return None
    return body if isinstance(body, Mapping) else None


def is_idle(status: Mapping[str, Any] | None) -> bool:
    """Tell whether no channel speaks and nothing waits; also where there is no daemon."""
    channels = (status or {}).get("channels", {})
    return not any(channel["speaking"] or channel["pending"] for channel in channels.values())


def accepted(status: Mapping[str, Any] | None) -> int:
    """Return how many messages the daemon has accepted so far."""
    outcomes = (status or {}).get("outcomes", {})
    return sum(counts.get("accepted", 0) for counts in outcomes.values())


async def wait_until_idle(
    settings: ServerSettings, wait_s: float, *, ask_again_s: float = _ASK_AGAIN_S
) -> bool:
    """Return whether the daemon became idle within `wait_s` seconds, or does not run.

    Raises:
        StartError: as by `ask`.
    """
    loop = asyncio.get_running_loop()
    end_s = loop.time() + wait_s
    calm = 0
    while True:
        status = await ask(settings)
        if status is None:
            return True
        calm = calm + 1 if is_idle(status) else 0
        if calm >= _CALM_ANSWERS:
            return True
        if loop.time() > end_s:
            return False
        await asyncio.sleep(ask_again_s)
