"""Programs of others that answer over HTTP."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

_DEADLINE_S = 120


@asynccontextmanager
async def answering(
    command: Sequence[str], *, log: Path, address: str, path: str
) -> AsyncIterator[aiohttp.ClientSession]:
    """Run a program until the end of the block; yield a client once `path` of `address` is there.

    What it prints goes to the file `log`.
    """
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        async with aiohttp.ClientSession(address) as http:
            async with asyncio.timeout(_DEADLINE_S):
                while not await _is_there(http, path):
                    assert process.returncode is None, f"it ended; see {log}"
                    await asyncio.sleep(0.05)
            yield http
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _is_there(http: aiohttp.ClientSession, path: str) -> bool:
    try:
        async with http.get(path) as answer:
            return answer.ok
    except aiohttp.ClientError:
        return False
