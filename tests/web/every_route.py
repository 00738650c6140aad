"""Every route of a daemon in which all is turned on; as a program it writes docs/openapi.json."""

import os
import tempfile
from pathlib import Path

import msgspec
from aiohttp import web

from bot.app import Daemon
from bot.config.loading import loads
from bot.web.openapi import describe, endpoints

_CONFIG = """
channels:
  - name: main
    sources: [{type: ingest}]
    outputs: [{type: wavefile, path: none.wav}]
engine: {engines: [tone]}
wires: {openai: {enabled: true}}
"""


def every_route() -> list[web.RouteDef]:
    """Return the routes of the daemon's own server."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("STATE_DIRECTORY")
        os.environ["STATE_DIRECTORY"] = folder
        try:
            return list(Daemon(loads(_CONFIG)).routes)
        finally:
            os.environ.pop("STATE_DIRECTORY")
            if before is not None:
                os.environ["STATE_DIRECTORY"] = before


if __name__ == "__main__":
    document = msgspec.json.encode(describe(endpoints(every_route())))
    text = msgspec.json.format(document, indent=1).decode() + "\n"
    (Path(__file__).parents[2] / "docs" / "openapi.json").write_text(text, encoding="utf-8")
