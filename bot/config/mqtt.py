"""Section `mqtt`: the broker that the daemon tells what it does, and takes chat and orders from."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from bot.config.base import Count, Section, matching

_Topic = Annotated[
    str,
    Field(max_length=200),
    matching(r"[^+#$/\x00-\x20][^+#\x00-\x20]*(?<!/)", "words between single /, without + # $"),
]


class MqttTlsSettings(Section):
    """How the connection is encrypted."""

    enabled: bool = False
    """Whether it is."""
    ca: Path | None = None
    """PEM file of who signed the broker's certificate; null for those that the system trusts."""
    certificate: Path | None = None
    """PEM file of the certificate that the daemon shows; null for none."""
    key: Path | None = None
    """PEM file of that certificate's key; null where it is in the same file."""

    @model_validator(mode="after")
    def _key_has_certificate(self) -> "MqttTlsSettings":
        if self.key is not None and self.certificate is None:
            raise ValueError("key is there, but no certificate that it belongs to")
        if not self.enabled and (self.ca or self.certificate):
            raise ValueError("ca and certificate mean nothing unless enabled is true")
        return self


class MqttSettings(Section):
    """The broker, and how topics are called; docs/mqtt.md lists them."""

    enabled: bool = False
    """Whether the daemon connects to a broker."""
    host: Annotated[str, Field(min_length=1)] = "localhost"
    """Name or address of the broker."""
    port: Annotated[Count, Field(ge=1, le=65535)] | None = None
    """TCP port; null is 1883, and 8883 with TLS."""
    username: str | None = None
    """Account at the broker; null for none."""
    password: SecretStr | None = None
    """Its password; better in a file, a credential or the environment, see docs/mqtt.md."""
    password_file: Path | None = None
    """File that holds the password, and nothing else."""
    client_id: (
        Annotated[str, matching(r"[A-Za-z0-9_-]{1,60}", "letters, digits, - and _, at most 60")]
        | None
    ) = None
    """Name at the broker, one for each daemon; null is ishowtts- and the host's name."""
    topic: _Topic = "ishowtts"
    """What all topics start with."""
    discovery: _Topic | None = "homeassistant"
    """Topic where Home Assistant looks for devices; null tells it of none."""
    keepalive_s: Annotated[Count, Field(ge=5, le=3600)] = 30
    """Seconds; after one and a half times that the broker takes a silent daemon for dead."""
    outbox: Annotated[Count, Field(ge=10, le=100_000)] = 1000
    """Messages that wait while the broker is away; one more drops the oldest."""
    tls: MqttTlsSettings = MqttTlsSettings()
    """How the connection is encrypted."""
