"""Sections `server` and `metrics`: the HTTP server for ingest, status and figures."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from yarl import URL

from bot.config.sections.base import Count, Section, matching

_Host = Annotated[
    str, matching(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?", "an address as in https://example.org")
]
_Origin = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9+.-]*://(\*|[^\s/*]+)",
        "a scheme and a host, as in https://example.org, or scheme://* for all of a scheme",
    ),
]


class ServerSettings(Section):
    """Address of the HTTP server, and who may use it."""

    host: str = "127.0.0.1"
    """Address to listen on; any other than this machine's own needs a token."""
    port: Annotated[Count, Field(ge=0, le=65535)] = 7850
    """TCP port; 0 takes a free one."""
    token: SecretStr | None = None
    """Callers send it as `Authorization: Bearer TOKEN`; docs/service.md names safer places."""
    token_file: Path | None = None
    """File that holds the token, and nothing else."""
    allowed_origins: tuple[_Origin, ...] = ("chrome-extension://*", "moz-extension://*")
    """Web pages and browser extensions that may use the daemon from a browser."""
    emote_hosts: tuple[_Host, ...] = ()
    """Servers from which the overlay may load emotes as pictures; none where it is empty."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        address = _address(self.host)
        return self.host == "localhost" if address is None else address.is_loopback

    def url(self, port: int | None = None) -> URL:
        """Return the daemon's address for programs of this machine; `port` replaces a port of 0."""
        host, address = self.host, _address(self.host)
        if address is not None and address.is_unspecified:
            host = "127.0.0.1" if isinstance(address, IPv4Address) else "::1"
        return URL.build(scheme="http", host=host, port=self.port if port is None else port)


class MetricsSettings(Section):
    """Figures for Prometheus; see docs/monitoring.md."""

    enabled: bool = True
    """Whether `GET /metrics` is there."""


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
