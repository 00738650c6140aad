"""Section `server`: the HTTP server for ingest and status."""

import ipaddress
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
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
    token: Annotated[SecretStr | None, Field(validate_default=True)] = None
    """Callers send it as `Authorization: Bearer TOKEN`."""
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

    @field_validator("token")
    @classmethod
    def _lan_needs_token(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        host = info.data.get("host", cls.model_fields["host"].default)
        if not _is_loopback(host) and not (token and token.get_secret_value()):
            msg = (
                f"a token is needed to listen on {host}, else other machines could speak"
                " through this one; set it, or server.host to 127.0.0.1"
            )
            raise ValueError(msg)
        return token


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
