"""A daemon that speaks with tones into a file, and a client for its API."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import pytest

from bot.app import Daemon
from bot.config import load

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

_DEADLINE_S = 60.0
_CONFIG = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: "{folder}/speech.wav"}}]
engine: {{engines: [tone]}}
server: {{port: 0}}
"""


async def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return when `condition` holds; fail with `what` when it takes too long."""
    try:
        async with asyncio.timeout(_DEADLINE_S):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"no {what} within {_DEADLINE_S:.0f} s")


class Api(NamedTuple):
    """A daemon that runs, and its API as a program sees it."""

    daemon: Daemon
    http: aiohttp.ClientSession

    async def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - parsed JSON
        """Return the JSON at `path`; its status must be good."""
        async with self.http.get(path, params=query) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, body: object) -> tuple[int, Any]:
        """Return the status and the JSON of the answer to `body`."""
        async with self.http.post(path, json=body) as answer:
            text = await answer.text()
            return answer.status, await answer.json() if text else None

    async def say(self, text: str, name: str = "viewer1", **more: object) -> str:
        """Post a message of chat; return its id."""
        body = {"text": text, "author": {"name": name}, **more}
        status, answer = await self.post("/api/chat", body)
        assert status == 202, answer
        return str(answer["id"])

    async def command(self, text: str) -> str:
        """Give a command; return the answer."""
        status, answer = await self.post("/api/command", {"command": text})
        assert status == 200, answer
        return str(answer["answer"])


@asynccontextmanager
async def running_daemon(config: Path, *, may_restart: bool = False) -> AsyncIterator[Api]:
    """Run a daemon with this configuration until the block ends, or it wants to start again."""
    again = partial(load, config) if may_restart else None
    daemon = Daemon(load(config), config=config, again=again)
    life = asyncio.create_task(daemon.run())
    try:
        await wait_until(lambda: life.done() or _is_ready(daemon), "daemon that is ready")
        if life.done():
            life.result()
        token = daemon.settings.server.token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        async with aiohttp.ClientSession(daemon.url, headers=headers) as http:
            yield Api(daemon, http)
    finally:
        life.cancel()
        await asyncio.wait([life])


def _is_ready(daemon: Daemon) -> bool:
    return all("open" in s.state for c in daemon.channels.values() for s in c.sources)


@asynccontextmanager
async def configured_daemon(
    folder: Path, monkeypatch: pytest.MonkeyPatch, config: str = _CONFIG, **values: str
) -> AsyncIterator[Api]:
    """Run a daemon whose files lie in `folder`; `values` stand in the braces of `config`."""
    monkeypatch.setenv("STATE_DIRECTORY", str(folder / "state"))
    path = folder / "own.yaml"
    path.write_text(config.format(folder=folder, **values), "utf-8")
    async with running_daemon(path) as api:
        yield api


@pytest.fixture
async def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with configured_daemon(tmp_path, monkeypatch) as api:
        yield api
