"""Presses "Start Recording" and "Stop Recording" in an OBS, where its machine's network is.

`python -m tests.real.paths.recorder ready|start|stop PORT`: the first waits until it can be asked,
the last prints the path of the recording.
"""

import asyncio
import sys

from bot.obs.client import connected
from tests.real import obs_program


async def main(press: str, port: int) -> None:
    """Wait for OBS, and press it."""
    settings = await obs_program.ready(port)
    async with connected(settings, obs_program.PASSWORD) as obs:
        if press == "start":
            await obs_program.start_recording(obs)
        elif press == "stop":
            print(await obs_program.stop_recording(obs))  # noqa: T201 - its answer


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
