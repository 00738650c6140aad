"""State of the daemon that runs with this configuration, asked for over HTTP."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
from aiohttp import hdrs

from bot.config.sections.server import ServerSettings
from bot.errors import StartError
from bot.server import token_of
from bot.state import Speaking

_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
_ASK_AGAIN_S = 2.0
_IDLE_ANSWERS = 3
"""Idle answers in a row that it takes, since chat comes in bursts."""


class ChannelStatus(msgspec.Struct, frozen=True):
    """Part of `bot.state.ChannelState` that is asked for here."""

    speaking: Speaking | None
    pending: int


class Status(msgspec.Struct, frozen=True):
    """Part of the answer that is asked for here: the daemon may be of another version."""

    version: str = ""
    """Version of the daemon, as it was started; empty before 1.0."""
    channels: Mapping[str, ChannelStatus] = {}
    outcomes: Mapping[str, Mapping[str, int]] = {}
    """Counts of outcomes, by channel and kind."""


async def fetch(settings: ServerSettings) -> bytes | None:
    """Return the answer of `GET /api/status`, which is JSON; None where no daemon answers.

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
            return await answer.read()
    except (aiohttp.ClientError, TimeoutError):
        return None


async def ask(settings: ServerSettings) -> Status | None:
    """Return what the daemon is doing; None where no daemon answers.

    Raises:
        StartError: as by `fetch`.
    """
    answer = await fetch(settings)
    try:
        return None if answer is None else msgspec.json.decode(answer, type=Status)
    except (msgspec.DecodeError, RecursionError):
        return None  # another program answers


def is_idle(status: Status | None) -> bool:
    """Tell whether no channel speaks and nothing waits; also where there is no daemon."""
    channels = status.channels.values() if status else ()
    return not any(channel.speaking or channel.pending for channel in channels)


def accepted(status: Status | None) -> int:
    """Return how many messages the daemon has accepted so far."""
    channels = status.outcomes.values() if status else ()
    return sum(counts.get("accepted", 0) for counts in channels)


async def wait_until_idle(
    settings: ServerSettings, wait_s: float, *, ask_again_s: float = _ASK_AGAIN_S
) -> bool:
    """Return whether the daemon became idle within `wait_s` seconds, or does not run.

    Raises:
        StartError: as by `ask`.
    """
    loop = asyncio.get_running_loop()
    end_s = loop.time() + wait_s
    idle_answers = 0
    while True:
        status = await ask(settings)
        if status is None:
            return True
        idle_answers = idle_answers + 1 if is_idle(status) else 0
        if idle_answers >= _IDLE_ANSWERS:
            return True
        if loop.time() > end_s:
            return False
        await asyncio.sleep(ask_again_s)
