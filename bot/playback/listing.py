"""Listing of the sound devices by a process of its own: PortAudio may crash or hang."""

import asyncio
import sys
from typing import Final

import msgspec

from bot.errors import StartError
from bot.playback import devices
from bot.runtime.processes.child import end, module_command, start

_LISTED_S: Final = 10.0
_MAX_BYTES: Final = 1 << 20


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A sound device that can be named in the configuration."""

    name: str
    """Its name there."""
    description: str
    """Name for people."""
    is_default: bool


async def listed() -> list[Listed]:
    """Return the devices of this machine; none where that cannot be told."""
    process = await start(module_command("bot.playback.listing"))
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_LISTED_S):
            data = await process.stdout.read(_MAX_BYTES)
        return msgspec.json.decode(data, type=list[Listed])
    except (TimeoutError, msgspec.MsgspecError):
        return []
    finally:
        await end(process, grace_s=0)


def main() -> None:
    """Print the devices as JSON."""
    try:
        known = devices.known()
    except StartError:
        known = []
    found = [
        Listed(name=d.name, description=d.description or d.name, is_default=d.is_default)
        for d in known
    ]
    sys.stdout.write(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
