"""Home Assistant itself, without pages: set up by its own calls, connected to a broker."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.mqtt.discovery import AnnouncedChannel, announcements
from bot.mqtt.payloads import Topics
from tests.programs import answering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import aiohttp

    from tests.mqtt.conftest import Broker

HASS = shutil.which("hass", path=f"{sys.prefix}/home-assistant/bin") or shutil.which("hass")
_SETTINGS = """
homeassistant: {{name: Test, latitude: 0, longitude: 0, unit_system: metric, time_zone: UTC}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
api:
config:
onboarding:
"""


class HomeAssistant:
    """Its API, as the person who set it up."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._headers: dict[str, str] = {}

    async def _ask(self, method: str, path: str, **body: Any) -> Any:  # noqa: ANN401 - JSON
        async with self._http.request(method, path, headers=self._headers, **body) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def set_up(self, broker: Broker, username: str, password: str) -> None:
        """Make an account, and connect to `broker`, as its pages would."""
        client = f"{self._http._base_url}"
        person = {"name": "Test", "username": "test", "password": "test", "language": "en"}
        made = await self._ask(
            "POST", "/api/onboarding/users", json={"client_id": client, **person}
        )
        grant = {"grant_type": "authorization_code", "code": made["auth_code"]}
        token = await self._ask("POST", "/auth/token", data={"client_id": client, **grant})
        self._headers = {"Authorization": f"Bearer {token['access_token']}"}
        flows = "/api/config/config_entries/flow"
        flow = await self._ask("POST", flows, json={"handler": "mqtt"})
        where = {"broker": "127.0.0.1", "port": broker.port}
        account = {"username": username, "password": password}
        ended = await self._ask("POST", f"{flows}/{flow['flow_id']}", json={**where, **account})
        assert ended["type"] == "create_entry", ended

    async def version(self) -> str:
        return str((await self._ask("GET", "/api/config"))["version"])

    async def states(self) -> dict[str, Any]:
        """Return every entity by its id."""
        return {one["entity_id"]: one for one in await self._ask("GET", "/api/states")}

    async def call(self, service: str, entity: str, **data: Any) -> None:  # noqa: ANN401 - JSON
        await self._ask("POST", f"/api/services/{service}", json={"entity_id": entity, **data})

    async def until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the entities as soon as they fit."""
        async with asyncio.timeout(60):
            while not fits(states := await self.states()):
                await asyncio.sleep(0.05)
        return states


def entities() -> dict[str, str]:
    """Every id that Home Assistant makes of what is announced, with the name."""
    found = {}
    for post in announcements(
        "homeassistant",
        client_id="studio",
        topics=Topics("ishowtts"),
        channels=[AnnouncedChannel("main", takes_commands=True)],
    ):
        name = json.loads(post.payload)["name"]
        kind = post.topic.split("/")[1]
        found[f"{kind}.studio_{name.lower().replace(' ', '_').replace('-', '_')}"] = name
    return found


@asynccontextmanager
async def running(folder: Path, port: int) -> AsyncIterator[HomeAssistant]:
    """Run it with its files in `folder`."""
    assert HASS is not None
    (folder / "configuration.yaml").write_text(_SETTINGS.format(port=port))
    async with answering(
        (HASS, "--config", str(folder), "--skip-pip"),
        log=folder / "out",
        address=f"http://127.0.0.1:{port}",
        path="/api/onboarding",
    ) as http:
        yield HomeAssistant(http)
