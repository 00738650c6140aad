"""Connections of the HTTP server: how many there may be, from where, and how long idle ones last.

Without limits one caller could use up the files that this process may open; then neither a chat
server nor a sound device could be opened again.
"""

import asyncio
import logging
import sys
from collections import Counter
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from math import inf
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

log = structlog.get_logger(__name__)

MAX_CONNECTIONS: Final = 320
"""Open connections; more are answered with 503 and closed. A burst may exceed it by the listener's
backlog."""
MAX_FROM_OUTSIDE: Final = 256
"""Those of other machines: this one's health checks and tools always find room."""
MAX_FROM_ADDRESS: Final = 32
"""Those of one other machine, or of one network of IPv6."""
_SHARE_OF_FILES = 2
"""One in so many of the files that the process may open is a connection at most."""
_IDLE_S = 5.0
"""Time after which a connection is closed whose request has not come whole."""
_LINGER_S = 2.0
"""Time for a caller to read why its body was too large."""
_REFUSED = b'{"error": "Too many connections are open now."}'
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_REFUSED), _REFUSED)
)
_REMIND_S = 60.0
"""Between two warnings of too many connections."""
_NETWORK_BITS = 64
"""Of an IPv6 address: one caller has all of a network."""
BROKEN_BODY = (HttpProcessingError, web.RequestPayloadError)


def most_connections() -> int:
    """Return how many there may be in this process: fewer where it may open few files."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    import resource  # noqa: PLC0415 - Windows lacks it

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files < 0 else min(MAX_CONNECTIONS, files // _SHARE_OF_FILES)


class Connections:
    """Those that are open; `accept` makes the protocol of a new one."""

    def __init__(self, server: web.Server) -> None:
        """Count the connections of `server`."""
        self._server = server
        self._most = most_connections()
        self._from_outside = min(MAX_FROM_OUTSIDE, self._most * 4 // 5)
        self._logger = _protocol_logger()
        self._warned_at = -inf

    def accept(self) -> asyncio.Protocol:
        """Return the protocol that greets a new connection."""
        return _Doorway(self)

    def serve(self) -> web.RequestHandler:
        """Return the protocol that serves a connection."""
        return _Protocol(
            self._server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]
            logger=self._logger,
            keepalive_timeout=_IDLE_S,
            lingering_time=_LINGER_S,
        )

    def has_room_for(self, origin: str) -> bool:
        """Tell whether one more connection from there may be served."""
        counts = Counter(origin_of(handler.peername) for handler in self._server.connections)
        if counts.total() >= self._most:
            return False
        from_outside = counts.total() - counts[""]
        return not origin or (
            from_outside < self._from_outside and counts[origin] < MAX_FROM_ADDRESS
        )

    def warn(self, origin: str) -> None:
        """Log that there are too many, now and then."""
        time_s = asyncio.get_running_loop().time()
        if time_s - self._warned_at >= _REMIND_S:
            self._warned_at = time_s
            log.warning("too many connections", limit=self._most, source=origin or "loopback")


def origin_of(peer: object) -> str:
    """Return who counts as one caller; empty for this machine.

    `peer` is what asyncio calls `peername`: address and port, and more for IPv6.
    """
    try:
        address = ip_address(str(peer[0]).partition("%")[0])  # type: ignore[index]
    except (TypeError, IndexError, ValueError):
        return "unknown"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    address = mapped or address
    if address.is_loopback:
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _NETWORK_BITS), strict=False))


class _Doorway(asyncio.Protocol):
    """Serves a connection, or answers 503 and closes it."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        origin = origin_of(transport.get_extra_info("peername"))
        if self._connections.has_room_for(origin):
            protocol = self._connections.serve()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
        else:
            self._connections.warn(origin)
            transport.write(_REFUSAL)
            transport.close()


class _Protocol(web.RequestHandler):
    """aiohttp's, which tells its name and version to those who speak no HTTP."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return aiohttp's answer without those."""
        response = super().handle_error(request, status, exc, message)
        response.headers[hdrs.SERVER] = "ishowtts"
        return response


def _is_own_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (*BROKEN_BODY, ConnectionError))


def _protocol_logger() -> logging.Logger:
    """Return a logger for aiohttp, without its tracebacks of callers that speak no HTTP."""
    logger = logging.getLogger(f"{__name__}.protocol")
    logger.addFilter(_is_own_fault)
    return logger
