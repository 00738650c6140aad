"""HTTP server: one aiohttp application for the routes of all stages, and who may use it.

A browser on this machine reaches a loopback address too, and any page that it shows can make it
send requests. Three checks keep such pages out: the Host header (a page whose name was rebound to
127.0.0.1 still sends its own name), the Origin header (browsers add it to every request that can
do something), and a content type that no form can send.
"""

import asyncio
import errno
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from math import inf
from typing import Final, Self

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.config.server import ServerSettings
from bot.errors import ConfigError, Problem, StartError
from bot.runtime.credentials import read_secret

log = structlog.get_logger(__name__)

MAX_BODY_BYTES: Final = 64 * 1024
"""Largest body; a larger one is answered with 413."""
MAX_CONNECTIONS: Final = 64
"""Open connections; more are answered with 503 and closed. A burst may exceed it by `_BACKLOG`."""
_BACKLOG = 16
"""Connections that asyncio accepts at once, before one may be refused."""
_IDLE_S = 15.0
"""Time after which an idle connection is closed."""
_LINGER_S = 2.0
"""Time for a caller to read why its body was too large."""
_SHUTDOWN_S = 0.3
"""Time for open requests at the end of the daemon."""
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:@/\[\]]+))(?::[0-9]+)?")
_REFUSED = b'{"error": "Too many connections are open now."}'
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_REFUSED), _REFUSED)
)
_REMIND_S = 60.0
"""Between two warnings of too many connections."""
_KEPT_HEADERS = frozenset({hdrs.ALLOW, hdrs.WWW_AUTHENTICATE, hdrs.RETRY_AFTER})
"""Headers of an error that the answer keeps."""
_BROKEN_BODY = (HttpProcessingError, web.RequestPayloadError)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def token_of(settings: ServerSettings) -> str | None:
    """Return the token that callers need, wherever it is kept; None where none is needed.

    Raises:
        StartError: it cannot be read.
    """
    return read_secret(
        "server-token",
        configured=settings.token.get_secret_value() if settings.token else None,
        file=settings.token_file,
    )


class Server:
    """Server that listens within `async with`."""

    def __init__(self, settings: ServerSettings, routes: Iterable[web.AbstractRouteDef]) -> None:
        """Serve `routes`; a handler reports an error by raising a `web.HTTPException`.

        Its text, a sentence, is what the caller gets as `{"error": ...}`.

        Raises:
            StartError: other machines could call without a token, or it cannot be read.
        """
        self._settings = settings
        guard = _Guard(settings)
        app = web.Application(
            middlewares=[_errors_as_json, guard.check], client_max_size=MAX_BODY_BYTES
        )
        app.on_response_prepare.append(guard.add_headers)
        app.add_routes(routes)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_protocol_logger(),
            keepalive_timeout=_IDLE_S,
            lingering_time=_LINGER_S,
            shutdown_timeout=_SHUTDOWN_S,
        )
        self._listener: asyncio.Server | None = None
        self._warned_at = -inf

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
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._accept, settings.host, settings.port, backlog=_BACKLOG
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

    def _accept(self) -> asyncio.Protocol:
        """Return the protocol that serves a new connection, or refuses it."""
        # Without a limit one caller could use up the files that this process may open; then neither
        # a chat server nor a sound device could be opened again.
        server = self._runner.server
        assert server is not None
        if len(server.connections) < MAX_CONNECTIONS:
            return server()
        time_s = asyncio.get_running_loop().time()
        if time_s - self._warned_at >= _REMIND_S:
            self._warned_at = time_s
            log.warning("too many connections", limit=MAX_CONNECTIONS)
        return _Refusal()


class _Refusal(asyncio.Protocol):
    """Answers 503 and closes the connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(_REFUSAL)
        transport.close()


class _Guard:
    """Check of callers: Host, Origin, token and content type."""

    def __init__(self, settings: ServerSettings) -> None:
        self._hosts = _LOOPBACK_NAMES | {settings.host} if settings.is_loopback else None
        self._origins = frozenset(settings.allowed_origins)
        self._token = token_of(settings) or ""
        if not (self._token or settings.is_loopback):
            message = (
                f"a token is needed to listen on {settings.host}, else other machines could speak"
                " through this one; set it, server.token_file, or server.host to 127.0.0.1"
            )
            raise ConfigError("The configuration", [Problem("server.token", None, message)])

    @web.middleware
    async def check(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Let `request` pass, answer a preflight, or refuse."""
        origin = request.headers.get(hdrs.ORIGIN)
        if not self._is_known_host(request):
            raise web.HTTPForbidden(text="The Host header names another machine than this one.")
        if origin is not None and not self._is_allowed(origin, request):
            raise web.HTTPForbidden(
                text=f"Pages of {origin} may not use this daemon;"
                " add the origin to server.allowed_origins if they shall."
            )
        if request.method == hdrs.METH_OPTIONS and origin is not None:
            return web.Response(status=web.HTTPNoContent.status_code)
        if not self._has_token(request):
            raise web.HTTPUnauthorized(
                text="The token is missing or wrong; send `Authorization: Bearer TOKEN`.",
                headers={hdrs.WWW_AUTHENTICATE: "Bearer"},
            )
        if request.method == hdrs.METH_POST and request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(
                text="The body needs to be JSON, with `Content-Type: application/json`."
            )
        return await handler(request)

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add what tells a browser what its page may do (CORS, https://fetch.spec.whatwg.org/)."""
        response.headers.pop(hdrs.SERVER, None)  # tells strangers the version of aiohttp
        response.headers[hdrs.X_CONTENT_TYPE_OPTIONS] = "nosniff"
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or not self._is_allowed(origin, request):
            return
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        if request.method == hdrs.METH_OPTIONS:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST"
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = "Authorization, Content-Type"
            # Chromium asks before a page of the internet talks to a machine at home:
            # https://wicg.github.io/private-network-access/
            response.headers["Access-Control-Allow-Private-Network"] = "true"

    def _is_known_host(self, request: web.Request) -> bool:
        if self._hosts is None:
            return True  # any name may lead here from outside; the token protects
        found = _HOST.fullmatch(request.headers.get(hdrs.HOST, ""))
        return found is not None and (found[1] or found[2]).lower() in self._hosts

    def _is_allowed(self, origin: str, request: web.Request) -> bool:
        scheme, separator, _ = origin.partition("://")
        own = f"{request.scheme}://{request.host}"
        return origin == own or bool({origin, f"{scheme}{separator}*"} & self._origins)

    def _has_token(self, request: web.Request) -> bool:
        if not self._token:
            return True
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            given.strip().encode(errors="surrogateescape"), self._token.encode()
        )


@web.middleware
async def _errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        status, text = error.status, _sentence(request, error)
        headers = {name: value for name, value in error.headers.items() if name in _KEPT_HEADERS}
        log.info("request refused", status=status, path=request.path, reason=text)
    except _BROKEN_BODY as error:
        status, text, headers = 400, f"The body is broken: {error}", {}
    except ConnectionError:
        raise  # the caller is gone
    except Exception:
        # A mistake in one handler must not end the daemon, nor show its internals to the caller.
        log.exception("request failed", path=request.path)
        status, text, headers = 500, "The daemon made a mistake; its log says which.", {}
    return web.json_response({"error": text}, status=status, headers=headers)


def _sentence(request: web.Request, error: web.HTTPException) -> str:
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return f"The body is larger than {MAX_BODY_BYTES} bytes."
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"{request.path} takes {', '.join(sorted(error.allowed_methods))} alone."
    if error.text == f"{error.status}: {error.reason}":
        return f"There is nothing at {request.path}."
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


def _is_own_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (*_BROKEN_BODY, ConnectionError))


def _protocol_logger() -> logging.Logger:
    """Return a logger for aiohttp, without its tracebacks of callers that speak no HTTP."""
    logger = logging.getLogger(f"{__name__}.protocol")
    logger.addFilter(_is_own_fault)
    return logger
