"""The daemon's API for chat, as another program sees it."""

import json
from typing import Any, Self

import aiohttp

from bot.config.sections.server import ServerSettings
from bot.config.sections.sources import IngestSettings
from bot.server import Server
from bot.sources.ingest import IngestSource, routes

SETTINGS = IngestSettings(type="ingest")


class Api:
    """The daemon's API with two channels, as another program sees it."""

    def __init__(self) -> None:
        self.sources = (IngestSource(SETTINGS, "main"), IngestSource(SETTINGS, "second"))
        self._server = Server(ServerSettings(port=0), routes(self.sources))
        self._client = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()
        await self._server.__aexit__(None, None, None)

    async def post(
        self, body: object, content_type: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        """Return status and JSON of the answer to `body`, bytes or what becomes JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        url = f"{self._server.url}/api/chat"
        async with self._client.post(url, data=data, headers=headers) as answer:
            return answer.status, await answer.json()
