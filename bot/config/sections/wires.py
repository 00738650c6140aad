"""Section `wires`: other programs' ways to have something said."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.config.sections.base import Count, Section
from bot.config.sections.server import ServerSettings

_Port = Annotated[Count, Field(ge=0, le=65535)]


class OpenaiWireSettings(Section):
    """OpenAI's speech API, below `/v1` of the HTTP server; see docs/wires.md."""

    enabled: bool = False
    """Whether it is there."""
    filtered: bool = True
    """Whether blocked words are kept out of what is asked for."""
    max_characters: Annotated[Count, Field(ge=1, le=20_000)] = 4_096
    """Longest text of a request."""
    max_requests: Annotated[Count, Field(ge=1, le=32)] = 8
    """Requests that are under way or wait at a time; more are answered with 429."""
    voices: Mapping[str, str] = {}
    """Our voices by the names that programs ask for; a name of OpenAI's that is missing here gets
    the voice of the first channel."""


class SpeakerbotWireSettings(Section):
    """Speaker.bot's WebSocket and UDP; see docs/wires.md."""

    enabled: bool = False
    """Whether they are there."""
    host: str = "127.0.0.1"
    """Address to listen on; any other than this machine's own needs the token of `server`."""
    port: _Port = 7680
    """TCP port of the WebSocket; 0 takes a free one."""
    udp_port: _Port | None = 6669
    """UDP port; 0 takes a free one, null none."""
    filtered: bool = True
    """Whether blocked words are kept out although a request says `badWordFilter: false`."""
    voices: Mapping[str, str] = {}
    """Our voices by the aliases that programs ask for; others get the voice of the channel."""
    channel: str | None = None
    """Channel that speaks; null for the first one."""


class WyomingWireSettings(Section):
    """The Wyoming protocol, for Home Assistant; needs the extra `wyoming`; see docs/wires.md."""

    enabled: bool = False
    """Whether it is there."""
    host: str = "127.0.0.1"
    """Address to listen on; any other than this machine's own needs `clients`."""
    port: _Port = 10_200
    """TCP port; 0 takes a free one."""
    clients: tuple[str, ...] = ()
    """Addresses of the machines that may connect, for the protocol knows no token."""
    filtered: bool = True
    """Whether blocked words are kept out of what is asked for."""

    @model_validator(mode="after")
    def _outside_needs_clients(self) -> Self:
        if not (ServerSettings(host=self.host).is_loopback or self.clients):
            raise ValueError(
                f"to listen on {self.host}, enter in `clients` the addresses that may connect, else"
                " other machines could speak through this one"
            )
        return self


class WireSettings(Section):
    """Other programs' ways to have something said; each is off by default."""

    openai: OpenaiWireSettings = OpenaiWireSettings()
    """OpenAI's speech API."""
    speakerbot: SpeakerbotWireSettings = SpeakerbotWireSettings()
    """Speaker.bot's WebSocket and UDP."""
    wyoming: WyomingWireSettings = WyomingWireSettings()
    """The Wyoming protocol."""
