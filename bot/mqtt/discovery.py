"""Announcements to Home Assistant, which then shows the daemon without being configured.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery: one retained message an entity.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec

from bot.mqtt.outbox import Post
from bot.mqtt.topics import Topics, level


class AnnouncedChannel(NamedTuple):
    """A channel, as Home Assistant shows it."""

    name: str
    takes_commands: bool
    """Whether it has switches, buttons and a volume, or sensors alone."""


def announcements(
    prefix: str, *, client_id: str, topics: Topics, channels: Sequence[AnnouncedChannel]
) -> Iterator[Post]:
    """Yield the retained messages below `prefix` that announce the daemon and its `channels`."""
    node = level(client_id)
    common: dict[str, Any] = {
        "availability_topic": topics.availability,
        "device": {
            "identifiers": [node],
            "name": client_id,
            "manufacturer": "ishowtts",
            "model": "chat to voice",
            "sw_version": version("ishowtts"),
        },
        "origin": {"name": "ishowtts", "sw_version": version("ishowtts")},
    }
    entities: list[tuple[str, str, dict[str, Any]]] = [
        (
            "sensor",
            "engine",
            {
                "name": "Engine",
                "icon": "mdi:account-voice",
                "state_topic": topics.state,
                "value_template": "{{ value_json.engine }}",
            },
        ),
        (
            "binary_sensor",
            "slower",
            {
                "name": "Slower than its baseline",
                "device_class": "problem",
                "payload_on": "on",
                "payload_off": "off",
                "state_topic": topics.state,
                "value_template": "{{ 'on' if value_json.speed and value_json.speed.is_slower "
                "else 'off' }}",
                "json_attributes_topic": topics.state,
                "json_attributes_template": "{{ (value_json.speed or {}) | tojson }}",
            },
        ),
    ]
    for channel in channels:
        title = f"{channel.name} " if len(channels) > 1 else ""
        for kind, name, fields in _of_channel(channel, topics):
            fields["name"] = f"{title}{fields['name']}"
            entities.append((kind, f"{level(channel.name)}_{name}", fields))
    for kind, name, fields in entities:
        payload = {**fields, **common, "unique_id": f"{node}_{name}"}
        yield Post(
            f"{prefix}/{kind}/{node}/{name}/config", msgspec.json.encode(payload), is_retained=True
        )


def _of_channel(
    channel: AnnouncedChannel, topics: Topics
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    state = {"state_topic": topics.of(channel.name, "state")}
    latency = {"state_topic": topics.of(channel.name, "latency")}
    command = {"command_topic": topics.of(channel.name, "command")}
    if channel.takes_commands:
        yield from _controls(command, state)
    yield (
        "sensor",
        "pending",
        {
            "name": "Messages waiting",
            "icon": "mdi:tray-full",
            "state_class": "measurement",
            "value_template": "{{ value_json.pending }}",
            **state,
        },
    )
    yield (
        "sensor",
        "ttfa",
        {
            "name": "Time to first audio",
            "device_class": "duration",
            "state_class": "measurement",
            "unit_of_measurement": "s",
            "suggested_display_precision": 2,
            "value_template": "{{ value_json.ttfa_s }}",
            **latency,
        },
    )
    yield (
        "sensor",
        "rtf",
        {
            "name": "Real-time factor",
            "icon": "mdi:speedometer",
            "state_class": "measurement",
            "suggested_display_precision": 3,
            "value_template": "{{ value_json.rtf }}",
            **latency,
        },
    )
    for name, title, key, kind in (
        ("speaking", "Speaking", "value_json.speaking", "sound"),
        ("heard", "Output", "value_json.is_heard", "connectivity"),
    ):
        yield (
            "binary_sensor",
            name,
            {
                "name": title,
                "device_class": kind,
                "payload_on": "on",
                "payload_off": "off",
                "value_template": f"{{{{ 'on' if {key} else 'off' }}}}",
                **state,
            },
        )


def _controls(
    command: dict[str, str], state: dict[str, str]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, title, icon, key, on, off in (
        ("on", "Read chat", "mdi:chat", "is_on", "on", "off"),
        ("paused", "Pause", "mdi:pause", "is_paused", "pause", "resume"),
    ):
        yield (
            "switch",
            name,
            {
                "name": title,
                "icon": icon,
                "payload_on": on,
                "payload_off": off,
                "state_on": on,
                "state_off": off,
                "value_template": f"{{{{ '{on}' if value_json.{key} else '{off}' }}}}",
                **command,
                **state,
            },
        )
    yield (
        "number",
        "volume",
        {
            "name": "Volume",
            "icon": "mdi:volume-high",
            "min": 0,
            "max": 100,
            "step": 1,
            "mode": "slider",
            "unit_of_measurement": "%",
            "command_template": "volume {{ value | int }}",
            "value_template": "{{ value_json.volume_percent }}",
            **command,
            **state,
        },
    )
    for name, title, icon in (
        ("skip", "Skip", "mdi:skip-next"),
        ("clear", "Clear", "mdi:delete-sweep"),
    ):
        yield ("button", name, {"name": title, "icon": icon, "payload_press": name, **command})
