"""Section `mqtt`: the broker for state and events, and for chat and commands."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from bot.config.sections.base import Count, Section, matching

_Topic = Annotated[
    str,
    Field(max_length=200),
    matching(r"[^+#$/\x00-\x20][^+#\x00-\x20]*(?<!/)", "words between single /, without + # $"),
]


class MqttTlsSettings(Section):
    """Encryption of the connection."""

    enabled: bool = False
    """Whether the connection is encrypted."""
    ca: Path | None = None
    """PEM file of the authority that signed the broker's certificate; null for the system's."""
    certificate: Path | None = None
    """PEM file of the daemon's own certificate; null for none."""
    key: Path | None = None
    """PEM file of the key of `certificate`; null if it is in the same file."""

    @model_validator(mode="after")
    def _key_has_certificate(self) -> "MqttTlsSettings":
        if self.key is not None and self.certificate is None:
            raise ValueError("key needs `certificate`, which it belongs to")
        if not self.enabled and (self.ca or self.certificate):
            raise ValueError("ca and certificate need enabled: true")
        return self


class MqttSettings(Section):
    """The broker, and the names of topics; docs/mqtt.md lists them."""

    enabled: bool = False
    """Whether the daemon connects to the broker, with MQTT 5."""
    host: Annotated[str, Field(min_length=1)] = "localhost"
    """Name or address of the broker."""
    port: Annotated[Count, Field(ge=1, le=65535)] | None = None
    """TCP port; null is 1883, and 8883 with TLS."""
    username: str | None = None
    """Account at the broker; null for an anonymous connection."""
    password: SecretStr | None = None
    """Password of `username`; docs/mqtt.md names safer places."""
    password_file: Path | None = None
    """File that holds the password, and nothing else."""
    client_id: (
        Annotated[str, matching(r"[A-Za-z0-9_-]{1,60}", "letters, digits, - and _, at most 60")]
        | None
    ) = None
    """Name of the connection, unique at the broker; null is ishowtts- and the host's name."""
    topic: _Topic = "ishowtts"
    """First part of all topics."""
    discovery: _Topic | None = "homeassistant"
    """Topic where Home Assistant looks for devices; null announces nothing there."""
    keepalive_s: Annotated[Count, Field(ge=5, le=3600)] = 30
    """Seconds between signs of life; after 1.5 times that the broker counts the daemon as gone."""
    outbox: Annotated[Count, Field(ge=10, le=100_000)] = 1000
    """Most messages that wait while the broker is away; one more drops the oldest."""
    tls: MqttTlsSettings = MqttTlsSettings()
    """Encryption of the connection."""
