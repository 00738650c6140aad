"""Section `server`: the HTTP server for ingest and status."""

import ipaddress
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from bot.config.base import Count, Section, matching

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
    """Callers send it as `Authorization: Bearer TOKEN`."""
    allowed_origins: tuple[_Origin, ...] = ("chrome-extension://*", "moz-extension://*")
    """Web pages and browser extensions that may talk to the daemon from a browser."""

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @model_validator(mode="after")
    def _lan_needs_token(self) -> Self:
        if not self.is_loopback and not (self.token and self.token.get_secret_value()):
            msg = (
                f"listening on {self.host} lets other machines speak through this one;"
                " set server.token, or listen on 127.0.0.1"
            )
            raise ValueError(msg)
        return self
