"""Guard of the HTTP server: who may use it.

A browser on this machine reaches a loopback address too, and any page that it shows can make it
send requests. Four checks keep such pages out: the Host header (a page whose name was rebound to
127.0.0.1 still sends its own name), the Origin header (browsers add it to every request that can
do something), Sec-Fetch-Site (they add it to the others too, such as those for pictures), and, of
whatever a browser sends, a content type that no form can send. Programs that are no browsers may
send their JSON under any name, as `curl -d` does.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from aiohttp import hdrs, web

from bot.config.sections.server import ServerSettings
from bot.errors import ConfigError, Problem
from bot.runtime.endpoints import JSON, TOKEN, Caller, Endpoint
from bot.server import rates
from bot.server.connections import origin_of
from bot.server.tokens import Tokens, default_path, token_of

CALLER: Final = web.RequestKey("caller", Caller)
"""Who a request is from."""
_MAY_STAY: Final = web.RequestKey[Callable[[], bool]]("may_stay")
_CHAT, _SPEECH = "/api/chat", "/v1/"
"""What extensions of a browser may ask for, Social Stream Ninja's for one: this, and all below."""
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_SITE: Final = "Sec-Fetch-Site"
_FOREIGN: Final = frozenset({"cross-site", "same-site"})
_OF_BROWSERS = (hdrs.ORIGIN, _SITE)
"""Headers that browsers send, the second one with every request (https://w3c.github.io/webappsec-
fetch-metadata/)."""
_OF_PROXIES = (hdrs.FORWARDED, hdrs.X_FORWARDED_FOR, hdrs.VIA)
"""Headers that most proxies send; nginx sends none of them unless it is told to."""
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:@/\[\]]+))(?::[0-9]+)?")

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Check of callers: Host, Origin, token and content type."""

    def __init__(self, settings: ServerSettings) -> None:
        """Check as `settings` say.

        Raises:
            StartError: other machines could call without a token, or it cannot be read.
        """
        self._hosts = _LOOPBACK_NAMES | {settings.host} if settings.is_loopback else None
        self._origins = frozenset(settings.allowed_origins)
        self._tokens = Tokens(token_of(settings), default_path())
        self._is_loopback = settings.is_loopback
        self._rates = rates.Rates()
        if not (self._tokens or settings.is_loopback):
            message = (
                f"a token is needed to listen on {settings.host}, else other machines could speak"
                " through this one; `ishowtts link` makes one, or set it, server.token_file, or"
                " server.host to 127.0.0.1"
            )
            raise ConfigError("The configuration", [Problem("server.token", None, message)])

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let `request` pass, answer a preflight, or refuse."""
        here = origin_of(request.transport and request.transport.get_extra_info("peername"))
        endpoint = Endpoint.of(request.match_info.handler)
        kind = endpoint.path if endpoint else "requests"
        if not self._rates.take(here, kind, rates.ELSEWHERE if here else rates.HERE):
            raise await _too_many()
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
        request[CALLER] = await self._admit(request, here)
        is_browser = any(name in request.headers for name in _OF_BROWSERS)
        is_own = origin is not None and origin == _own_origin(request)
        is_simple = request.can_read_body and request.content_type != JSON
        if is_browser and is_simple and not is_own:
            raise web.HTTPUnsupportedMediaType(
                text="The body needs to be JSON, with `Content-Type: application/json`."
            )
        return await handler(request)

    async def _admit(self, request: web.Request, here: str) -> Caller:
        """Return who calls.

        Raises:
            web.HTTPException: that one may not do this.
        """
        endpoint = Endpoint.of(request.match_info.handler)
        least = Caller.STREAMER if endpoint is None else endpoint.least
        needs_token = endpoint is not None and endpoint.is_token_needed
        given = _given_token(request)
        if here and self._rates.is_spent(here, "wrong tokens", rates.WRONG_TOKENS):
            raise await _too_many()
        caller = known = self._tokens.caller(given) if given else Caller.ANYBODY
        if known is not Caller.ANYBODY:
            request[_MAY_STAY] = lambda: self._tokens.caller(given) >= known
        if given and caller is Caller.ANYBODY and here:
            self._rates.take(here, "wrong tokens", rates.WRONG_TOKENS)
        is_strange = _is_embedded(request) or _is_forwarded(request)
        is_trusted = self._is_loopback and not (self._tokens.is_needed or is_strange)
        if is_trusted and not needs_token and caller is Caller.ANYBODY:
            caller = Caller.STREAMER  # many programs send some key where none is needed
        if caller >= least and not (needs_token and caller is Caller.ANYBODY):
            return caller
        if caller is not Caller.ANYBODY:
            raise web.HTTPForbidden(
                text=f"This token is a {caller.name.lower()}'s;"
                f" this needs that of a {least.name.lower()}."
            )
        raise web.HTTPUnauthorized(
            text="The token is missing or wrong; send `Authorization: Bearer TOKEN`, or `?token=`"
            " where that cannot be. `ishowtts link` makes one.",
            headers={hdrs.WWW_AUTHENTICATE: "Bearer"},
        )

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
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST, PUT, PATCH, DELETE"
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
        if origin == _own_origin(request) or origin in self._origins:
            return True
        # An extension has a name that nobody knows, so all of them may do what one needs.
        scheme, separator, _ = origin.partition("://")
        is_theirs = request.path == _CHAT or request.path.startswith(_SPEECH)
        return is_theirs and f"{scheme}{separator}*" in self._origins


def may_stay(request: web.Request) -> Callable[[], bool]:
    """Return what tells whether the token that came with `request`, if any, still counts.

    A connection that stays open outlives the token that opened it, which may be revoked.
    """
    found: Callable[[], bool] = request.get(_MAY_STAY, lambda: True)
    return found


def _own_origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


def _is_embedded(request: web.Request) -> bool:
    """Tell whether a page of elsewhere had a browser ask, as a picture, a sound or a link does.

    Such a page learns nothing, but could let the daemon work; no `Origin` is sent with it.
    """
    return hdrs.ORIGIN not in request.headers and request.headers.get(_SITE) in _FOREIGN


def _is_forwarded(request: web.Request) -> bool:
    """Tell whether a proxy on this machine passes on what another machine asks."""
    return any(name in request.headers for name in _OF_PROXIES)


def _given_token(request: web.Request) -> str:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else request.query.get(TOKEN, "")


async def _too_many() -> web.HTTPException:
    """Return the refusal of one request too many, after a while: that slows a flood down."""
    await asyncio.sleep(rates.LATE_S)
    return web.HTTPTooManyRequests(
        text="Too many requests came in a short time.", headers={hdrs.RETRY_AFTER: "1"}
    )
