"""Section `server`: the HTTP server for ingest and status."""

import ipaddress
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from yarl import URL

from bot.config.base import Count, Section, matching

_NEAREST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here
_Origin = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9+.-]*://(\*|[^\s/*]+)",
        "a scheme and a host, as in https://example.org, or scheme://* for all of a scheme",
    ),
]


class ServerSettings(Section):
    """Where the daemon listens, and who may talk to it."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs a token."""
    port: Annotated[Count, Field(ge=0, le=65535)] = 7850
    """TCP port; 0 takes a free one."""
    token: SecretStr | None = None
    """Callers send it as `Authorization: Bearer TOKEN`; better kept as docs/service.md says."""
    token_file: Path | None = None
    """File that holds the token, and nothing else."""
    allowed_origins: tuple[_Origin, ...] = ("chrome-extension://*", "moz-extension://*")
    """Web pages and browser extensions that may talk to the daemon from a browser."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return _is_loopback(self.host)

    def url(self, port: int | None = None) -> URL:
        """Return where programs of this machine find the daemon, at `port` if it took another."""
        host = _NEAREST.get(self.host, self.host)
        return URL.build(scheme="http", host=host, port=self.port if port is None else port)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
