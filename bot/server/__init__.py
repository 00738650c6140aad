"""HTTP server: one aiohttp application for the routes of all stages.

`guard` decides who may use it, `connections` how many may at a time.
"""

import asyncio
import errno
import re
from collections.abc import Iterable
from typing import Final, Self

import structlog
from aiohttp import hdrs, web

from bot.config.sections.server import ServerSettings
from bot.errors import StartError
from bot.runtime.endpoints import Endpoint
from bot.server.connections import BROKEN_BODY, Connections
from bot.server.guard import Guard, Handler
from bot.server.tokens import token_of

log = structlog.get_logger(__name__)

MAX_BODY_BYTES: Final = 64 * 1024
"""Largest body; a larger one is answered with 413."""
_READ_S = 10.0
"""Longest time for a body to come."""
_BACKLOG = 16
"""Connections that asyncio accepts at once, before one may be refused."""
_SHUTDOWN_S = 0.3
"""Time for open requests at the end of the daemon."""
_KEPT_HEADERS = frozenset({hdrs.ALLOW, hdrs.WWW_AUTHENTICATE, hdrs.RETRY_AFTER})
"""Headers of an error that the answer keeps."""

_OF_AIOHTTP: Final = "Maximum request body size"
"""How aiohttp's own text of a 413 begins."""
_BROUGHT: Final = (
    (re.compile(r"/api/(?:chat|say)"), "a source of type ingest"),
    (re.compile(r"/api/twitch/channels(?:/\w+)?"), "a source of type twitch_eventsub"),
    (re.compile(r"/metrics"), "metrics.enabled: true"),
    (re.compile(r"/v1/(?:audio/speech|audio/voices|models)"), "wires.openai.enabled: true"),
)
"""Addresses that some configurations lack, and what brings them."""

__all__ = ["MAX_BODY_BYTES", "Server", "token_of"]


class Server:
    """Server that listens within `async with`."""

    def __init__(self, settings: ServerSettings, routes: Iterable[web.AbstractRouteDef]) -> None:
        """Serve `routes`; a handler reports an error by raising a `web.HTTPException`.

        Its text, a sentence, is what the caller gets as `{"error": ...}`.

        Raises:
            StartError: other machines could call without a token, or it cannot be read.
        """
        self._settings = settings
        guard = Guard(settings)
        app = web.Application(
            middlewares=[_errors_as_json, guard.check, _whole_body], client_max_size=MAX_BODY_BYTES
        )
        app.on_response_prepare.append(guard.add_headers)
        app.add_routes(routes)
        self._runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_S)
        self._listener: asyncio.Server | None = None

    @property
    def bound_port(self) -> int:
        """TCP port that is listened on, also where the settings say 0."""
        sockets = self._listener.sockets if self._listener else ()
        port: int = sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Address for a browser on this machine."""
        return str(self._settings.url(self.bound_port))

    async def __aenter__(self) -> Self:
        """Start to listen.

        Raises:
            StartError: the address cannot be listened on.
        """
        settings = self._settings
        await self._runner.setup()
        assert self._runner.server is not None
        connections = Connections(self._runner.server)
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                connections.accept, settings.host, settings.port, backlog=_BACKLOG
            )
        except OSError as error:
            await self._runner.cleanup()
            raise _start_error(settings, error) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening, and close what is still open after a moment."""
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        status, text = error.status, _sentence(request, error)
        headers = {name: value for name, value in error.headers.items() if name in _KEPT_HEADERS}
        if status != web.HTTPTooManyRequests.status_code:  # a flood is warned of once
            log.info("request refused", status=status, path=request.path, reason=text)
    except BROKEN_BODY as error:
        status, text, headers = 400, f"The body is broken: {error}", {}
    except ConnectionError:
        raise  # the caller is gone
    except Exception:
        # A mistake in one handler must not end the daemon, nor show its internals to the caller.
        log.exception("request failed", path=request.path)
        status, text, headers = 500, "The daemon made a mistake; its log says which.", {}
    return web.json_response({"error": _form(request, text)}, status=status, headers=headers)


@web.middleware
async def _whole_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have the body ready for the handler: callers may send it slowly, or not at all."""
    endpoint = Endpoint.of(request.match_info.handler)
    if request.can_read_body and not (endpoint and endpoint.is_streamed):
        try:
            async with asyncio.timeout(_READ_S):
                await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="The body did not come in time.") from None
    return await handler(request)


def _form(request: web.Request, text: str) -> str | dict[str, str | None]:
    """Return the error as it is told at this path: OpenAI's clients want an object."""
    if not request.path.startswith("/v1/"):
        return text
    return {"message": text, "type": "invalid_request_error", "param": None, "code": None}


def _sentence(request: web.Request, error: web.HTTPException) -> str:
    if (error.text or "").startswith(_OF_AIOHTTP):
        return f"The body is larger than {MAX_BODY_BYTES} bytes."
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"{request.path} takes {', '.join(sorted(error.allowed_methods))} alone."
    if error.text == f"{error.status}: {error.reason}":
        brings = next((what for path, what in _BROUGHT if path.fullmatch(request.path)), "")
        because = f": it comes with {brings} in the configuration" if brings else ""
        return f"There is nothing at {request.path}{because}."
    return error.text or error.reason


def _start_error(settings: ServerSettings, error: OSError) -> StartError:
    where = f"{settings.host} port {settings.port}"
    match error.errno:
        case errno.EADDRINUSE:
            return StartError(
                f"Port {settings.port} on {settings.host} is taken by another program.",
                remedy="End that program (perhaps another ishowtts), or set server.port to another"
                " number; 0 takes a free one.",
            )
        case errno.EACCES:
            return StartError(
                f"This user may not listen on {where}.", remedy="Set server.port above 1023."
            )
    return StartError(
        f"Cannot listen on {where}: {error.strerror or error}.",
        remedy="Set server.host to an address of this machine, such as 127.0.0.1.",
    )
