"""A daemon with all wires, on free ports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.app import Daemon
from bot.config import loads

DEADLINE_S = 60
CONFIG = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: '{path}', pace: fast}}]
server: {{port: 0}}
engine: {{engines: [tone], pauses: {{clause_ms: 0}}}}
policy: {{words: {{drop: [vileslur]}}}}
wires:
  openai: {{enabled: true, voices: {{nova: heart}}}}
  speakerbot: {{enabled: true, port: 0, udp_port: 0}}
"""


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    """Return a daemon that runs."""
    daemon = Daemon(loads(CONFIG.format(path=tmp_path / "speech.wav")))
    task = asyncio.create_task(daemon.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not task.done():
                with suppress(IndexError, AttributeError, AssertionError):
                    assert daemon.url
                    assert daemon.wires.speakerbot is not None
                    assert daemon.wires.speakerbot.udp_port
                    break
                await asyncio.sleep(0.01)
        assert not task.done()
        yield daemon
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
