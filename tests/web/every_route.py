"""Every route of a daemon in which all is turned on; as a program it writes the API's docs."""

import os
import tempfile
from pathlib import Path

import msgspec
from aiohttp import web

from bot.app import Daemon
from bot.config.loading import loads
from bot.web.openapi import describe, endpoints

DOCS = Path(__file__).parents[2] / "docs"
VERSION = "of the checkout"
_HEADING = "## Endpoints"
_CONFIG = """
channels:
  - name: main
    sources: [{type: ingest}, {type: twitch_eventsub, channel: some_channel}]
    outputs: [{type: wavefile, path: none.wav}]
engine: {engines: [tone]}
twitch: {client_id: abcdefghijklmnopqrst}
wires: {openai: {enabled: true}}
"""


def every_route() -> list[web.RouteDef]:
    """Return the routes of the daemon's own server."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("STATE_DIRECTORY")
        os.environ["STATE_DIRECTORY"] = folder
        try:
            daemon = Daemon(loads(_CONFIG))
            with daemon._files:
                return list(daemon.routes)
        finally:
            os.environ.pop("STATE_DIRECTORY")
            if before is not None:
                os.environ["STATE_DIRECTORY"] = before


def document() -> str:
    """Return docs/openapi.json as it should be."""
    data = msgspec.json.encode(describe(endpoints(every_route()), version=VERSION))
    return msgspec.json.format(data, indent=1).decode() + "\n"


def page(text: str) -> str:
    """Return docs/api.md as it should be, from what it is: its table is made."""
    rows = sorted(endpoints(every_route()), key=lambda one: (one.path, one.method))
    lines = [
        f"| `{one.method} {one.path}` | {one.least.name.lower()} | {one.doc.splitlines()[0]} |"
        for one in rows
    ]
    table = "\n".join(["| | at least | |", "|---|---|---|", *lines])
    return text.partition(_HEADING)[0] + f"{_HEADING}\n\n{table}\n"


if __name__ == "__main__":
    (DOCS / "openapi.json").write_text(document(), encoding="utf-8")
    (DOCS / "api.md").write_text(page((DOCS / "api.md").read_text(encoding="utf-8")), "utf-8")
