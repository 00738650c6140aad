"""Guard of the HTTP server: who may use it.

A browser on this machine reaches a loopback address too, and any page that it shows can make it
send requests. Three checks keep such pages out: the Host header (a page whose name was rebound to
127.0.0.1 still sends its own name), the Origin header (browsers add it to every request that can
do something), and, of whatever a browser sends, a content type that no form can send. Programs that
are no browsers may send their JSON under any name, as `curl -d` does.
"""

import hmac
import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import hdrs, web

from bot.config.server import ServerSettings
from bot.errors import ConfigError, Problem
from bot.runtime.credentials import read_secret

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_OF_BROWSERS = (hdrs.ORIGIN, "Sec-Fetch-Site")
"""Headers that browsers send, the second one with every request (https://w3c.github.io/webappsec-
fetch-metadata/)."""
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:@/\[\]]+))(?::[0-9]+)?")

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


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


class Guard:
    """Check of callers: Host, Origin, token and content type."""

    def __init__(self, settings: ServerSettings) -> None:
        """Check as `settings` say.

        Raises:
            StartError: other machines could call without a token, or it cannot be read.
        """
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
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
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
        is_browser = any(name in request.headers for name in _OF_BROWSERS)
        is_simple = request.can_read_body and request.content_type != "application/json"
        if request.method == hdrs.METH_POST and is_browser and is_simple:
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
