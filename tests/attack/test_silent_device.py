"""A process of a sound device that falls silent while it plays."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from bot.playback.device import DeviceOutput

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

DEADLINE_S = 120


def device_processes() -> set[int]:
    """Return the children of this process that own a sound device."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended just now
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_bytes()
            if int(parent) == os.getpid() and b"device_process" in command:
                found.add(int(folder.name))
    return found


@pytest.mark.usefixtures("pulse")
async def test_a_device_process_that_hangs_while_open_is_replaced() -> None:
    output = DeviceOutput("default", fade_s=0.005, answer_s=3.0)
    running = asyncio.create_task(output.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not output.state.startswith("open at"):
                await asyncio.sleep(0.01)
            (hung,) = device_processes()
            os.kill(hung, signal.SIGSTOP)
            while not device_processes() - {hung} or not output.state.startswith("open at"):
                await asyncio.sleep(0.01)
        assert hung not in device_processes()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
