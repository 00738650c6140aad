"""Turns of a daemon with a standby: one that ends early leaves nothing behind."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot.app import Daemon
from bot.cli.run import _built
from bot.config import loads
from bot.store import default_path
from bot.store.database import open_file

CONFIG = "channels: [{name: main, sources: [{type: ingest}], outputs: []}]\nserver: {port: 0}\n"


async def test_a_turn_that_ends_while_its_daemon_is_built_leaves_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    is_begun, may_go_on = threading.Event(), threading.Event()

    def build() -> Daemon:
        is_begun.set()
        may_go_on.wait()
        return Daemon(loads(CONFIG))

    turn = asyncio.create_task(_built(build))
    await asyncio.to_thread(is_begun.wait)
    turn.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await turn
    open_file(default_path()).close()  # which no daemon holds
