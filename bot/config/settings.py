"""Whole configuration: one frozen model, made of the sections."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from bot.config.chat.commands import CommandSettings
from bot.config.chat.moderation import ModerationSettings
from bot.config.chat.policy import PolicySettings
from bot.config.chat.tags import SoundSettings
from bot.config.sections.archive import ArchiveSettings
from bot.config.sections.backlog import BacklogSettings
from bot.config.sections.base import Count, Section, matching
from bot.config.sections.engine import EngineSettings
from bot.config.sections.logs import LogSettings
from bot.config.sections.mqtt import MqttSettings
from bot.config.sections.obs import ObsSettings
from bot.config.sections.overload import OverloadSettings
from bot.config.sections.playback import OutputSettings, PlaybackSettings
from bot.config.sections.server import MetricsSettings, ServerSettings
from bot.config.sections.sources import (
    MqttSourceSettings,
    SourceSettings,
    TwitchEventsubSettings,
    TwitchSettings,
)
from bot.config.sections.standby import StandbySettings
from bot.config.sections.wires import WireSettings
from bot.config.sections.worker import WorkerSettings

FORM = 1
"""Form of the configuration file."""


def _merged(base: Mapping[str, object], override: Mapping[str, object]) -> dict[str, object]:
    """Return `base` with the keys of `override`: mappings are merged, other values replaced."""
    result = dict(base)
    for key, value in override.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            result[key] = _merged(below, value)
        else:
            result[key] = value
    return result


class ChannelSettings(Section):
    """One stream: its sources, its voice and its outputs."""

    name: Annotated[str, matching(r"[A-Za-z0-9_-]{1,40}", "letters, digits, - and _, at most 40")]
    """Our own name for the stream, in logs, events and the API."""
    sources: tuple[SourceSettings, ...] = ()
    """Sources of its chat."""
    outputs: tuple[OutputSettings, ...] = ()
    """Outputs of its speech; all of them play it."""
    voice: str = "heart"
    """Voice of its chatters."""
    policy: PolicySettings = PolicySettings()
    """Keys of section `policy` that differ in this channel."""

    @field_validator("outputs")
    @classmethod
    def _rest_is_heard(cls, outputs: tuple[OutputSettings, ...]) -> tuple[OutputSettings, ...]:
        if outputs and all(output.is_selective for output in outputs):
            raise ValueError(
                "every output has `voices` or `events`, so other speech is heard nowhere: add an"
                " output without them"
            )
        return outputs


_MAIN: Mapping[str, object] = {
    "name": "main",
    "sources": [{"type": "console"}, {"type": "ingest"}],
    "outputs": [{"type": "device"}],
}


class Settings(Section):
    """The configuration of the daemon."""

    version: Annotated[Count, Field(ge=FORM, le=FORM)] = FORM
    """Form of the file."""
    channels: Annotated[tuple[ChannelSettings, ...], Field(min_length=1)] = (
        ChannelSettings.model_validate(_MAIN),
    )
    """The streams that this daemon speaks for."""
    server: ServerSettings = ServerSettings()
    """The HTTP server."""
    policy: PolicySettings = PolicySettings()
    """Rules for what is spoken, and how it is worded."""
    backlog: BacklogSettings = BacklogSettings()
    """Limits of what waits to be spoken, in each channel."""
    overload: OverloadSettings = OverloadSettings()
    """What is done while more waits than can be spoken in time."""
    moderation: ModerationSettings = ModerationSettings()
    """Time and people between a message and the voice."""
    commands: CommandSettings = CommandSettings()
    """Commands in chat."""
    engine: EngineSettings = EngineSettings()
    """TTS engines."""
    sounds: SoundSettings = SoundSettings()
    """Sounds for messages and announcements."""
    playback: PlaybackSettings = PlaybackSettings()
    """Volume and fades."""
    archive: ArchiveSettings = ArchiveSettings()
    """Speech that is kept."""
    twitch: Annotated[TwitchSettings, Field(validate_default=True)] = TwitchSettings()
    """The account at Twitch."""
    log: LogSettings = LogSettings()
    """Log lines."""
    mqtt: Annotated[MqttSettings, Field(validate_default=True)] = MqttSettings()
    """The MQTT broker."""
    obs: ObsSettings = ObsSettings()
    """OBS Studio."""
    metrics: MetricsSettings = MetricsSettings()
    """Figures for Prometheus."""
    wires: WireSettings = WireSettings()
    """Other programs' ways to have something said."""
    standby: StandbySettings = StandbySettings()
    """A second daemon that takes over."""
    worker: WorkerSettings = WorkerSettings()
    """`ishowtts worker`: this machine's engine for a pool."""

    @model_validator(mode="before")
    @classmethod
    def _inherit_policy(cls, data: object) -> object:
        """Fill each channel's `policy` with the keys that it does not override."""
        if not isinstance(data, Mapping):
            return data
        channels = data.get("channels", [_MAIN])
        if not isinstance(channels, list):
            return data
        base = data.get("policy") or {}

        def inherit(channel: object) -> object:
            if not isinstance(channel, Mapping) or not isinstance(base, Mapping):
                return channel
            own = channel.get("policy")
            if not isinstance(own, Mapping | None):
                return channel
            return {**channel, "policy": _merged(base, own or {})}

        return {**data, "channels": [inherit(channel) for channel in channels]}

    @field_validator("channels")
    @classmethod
    def _names_differ(cls, channels: tuple[ChannelSettings, ...]) -> tuple[ChannelSettings, ...]:
        names = [channel.name for channel in channels]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two channels are called {', '.join(twice)}; each needs its own name")
        return channels

    @field_validator("twitch")
    @classmethod
    def _log_in_needs_client(cls, twitch: TwitchSettings, info: ValidationInfo) -> TwitchSettings:
        sources = [s for channel in info.data.get("channels", ()) for s in channel.sources]
        wants_login = any(isinstance(source, TwitchEventsubSettings) for source in sources)
        if wants_login and twitch.client_id is None:
            raise ValueError(
                "a source of type twitch_eventsub needs twitch.client_id: register an application"
                " at https://dev.twitch.tv/console/apps and enter its id"
            )
        return twitch

    @field_validator("mqtt")
    @classmethod
    def _topics_need_broker(cls, mqtt: MqttSettings, info: ValidationInfo) -> MqttSettings:
        sources = [s for channel in info.data.get("channels", ()) for s in channel.sources]
        if any(isinstance(source, MqttSourceSettings) for source in sources) and not mqtt.enabled:
            raise ValueError("a source of type mqtt needs mqtt.enabled: true, and mqtt.host")
        return mqtt
