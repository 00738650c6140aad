"""A server with the dashboard's pages and answers that a test gives: no daemon behind it."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.web.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Answer = tuple[int, Any]
_CHANNEL = {
    "is_on": True,
    "is_panicking": False,
    "is_paused": False,
    "holds": [],
    "is_heard": True,
    "volume": 0.8,
    "speaking": None,
    "sources": {},
    "connections": {},
    "outputs": {},
}
_STATE = {"engine": "tone", "engines": {}, "outputs": {}, "channels": {"main": _CHANNEL}}
_ANSWERS: Mapping[str, Any] = {
    "/api/whoami": {"role": "streamer"},
    "/api/status": _STATE,
    "/api/queue": {"main": {"speaking": None, "waiting": [], "held": []}},
    "/api/history": {"said": []},
    "/api/setup": {"missing": []},
}


class StandIn:
    """The server; `calls` holds what was sent to it besides what pages only read."""

    def __init__(self, answers: Mapping[str, Callable[[Any], Answer] | Any]) -> None:
        """Answer each path with a value, or with what a function makes of the body."""
        self.calls: list[tuple[str, str, Any]] = []
        self.answers = {**_ANSWERS, **answers}
        self.url = ""
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[started])
        self._thread.start()
        started.wait()

    def close(self) -> None:
        """End the server."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.add_routes(Pages().routes)
        app.router.add_route("*", "/api/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.content_type == "multipart/form-data":
            form = await request.post()
            body: Any = {
                key: value.file.read() if isinstance(value, web.FileField) else value
                for key, value in form.items()
            }
        else:
            text = await request.text()
            body = json.loads(text) if text else None
        if request.method != "GET":
            self.calls.append((request.method, request.path_qs, body))
        answer = self.answers.get(request.path)
        if answer is None:
            return web.json_response({"error": "There is nothing here."}, status=404)
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="audio/wav")
        status, value = answer(body) if callable(answer) else (200, answer)
        return web.json_response(value, status=status)
