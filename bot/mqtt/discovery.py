"""Announcements to Home Assistant, which then shows the daemon without being configured.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery: one retained message an entity.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import NamedTuple, TypeAlias

import msgspec

from bot.mqtt.outbox import Post
from bot.mqtt.payloads import Topics, level

_Fields: TypeAlias = dict[str, str | int]
_Entity: TypeAlias = tuple[str, str, _Fields]
"""Kind, such as `sensor`; end of the id, such as `main_volume`; payload, but for what is common."""


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
    device = {
        "identifiers": [node],
        "name": client_id,
        "manufacturer": "ishowtts",
        "model": "chat to voice",
        "sw_version": version("ishowtts"),
    }
    common = {
        "availability_topic": topics.availability,
        "device": device,
        "origin": {"name": "ishowtts", "sw_version": version("ishowtts")},
    }
    entities = list(_of_daemon(topics.state))
    for channel in channels:
        title = f"{channel.name} " if len(channels) > 1 else ""
        for kind, name, fields in _of_channel(channel, topics):
            fields["name"] = f"{title}{fields['name']}"
            entities.append((kind, f"{level(channel.name)}_{name}", fields))
    for kind, name, fields in entities:
        payload = {**fields, **common, "unique_id": f"{node}_{name}"}
        topic = f"{prefix}/{kind}/{node}/{name}/config"
        yield Post(topic, msgspec.json.encode(payload), is_retained=True)


def _of_daemon(state: str) -> Iterator[_Entity]:
    yield _sensor("engine", "Engine", state, "engine", icon="mdi:account-voice")
    yield _binary_sensor(
        "slower",
        "Slower than its baseline",
        state,
        "value_json.speed and value_json.speed.is_slower",
        device_class="problem",
        json_attributes_topic=state,
        json_attributes_template="{{ (value_json.speed or {}) | tojson }}",
    )


def _of_channel(channel: AnnouncedChannel, topics: Topics) -> Iterator[_Entity]:
    state, latency = topics.of(channel.name, "state"), topics.of(channel.name, "latency")
    if channel.takes_commands:
        yield from _controls(topics.of(channel.name, "command"), state)
    number: _Fields = {"state_class": "measurement"}
    time: _Fields = {"device_class": "duration", "unit_of_measurement": "s"}
    places = "suggested_display_precision"
    yield _sensor("pending", "Messages waiting", state, "pending", icon="mdi:tray-full", **number)
    yield _sensor("held", "Waiting for approval", state, "held", icon="mdi:account-check", **number)
    yield _sensor("ttfa", "Time to first audio", latency, "ttfa_s", **{places: 2}, **time, **number)
    yield _sensor(
        "rtf", "Real-time factor", latency, "rtf", icon="mdi:speedometer", **{places: 3}, **number
    )
    speaking, heard = "value_json.speaking", "value_json.is_heard"
    yield _binary_sensor("speaking", "Speaking", state, speaking, device_class="sound")
    yield _binary_sensor("heard", "Output", state, heard, device_class="connectivity")


def _controls(command: str, state: str) -> Iterator[_Entity]:
    topics: _Fields = {"command_topic": command, "state_topic": state}
    for name, title, icon, key, on, off in (
        ("on", "Read chat", "mdi:chat", "is_on", "on", "off"),
        ("paused", "Pause", "mdi:pause", "is_paused", "pause", "resume"),
    ):
        words: _Fields = {"payload_on": on, "payload_off": off, "state_on": on, "state_off": off}
        value = f"{{{{ '{on}' if value_json.{key} else '{off}' }}}}"
        fields: _Fields = {"name": title, "icon": icon, "value_template": value, **words}
        yield "switch", name, {**fields, **topics}
    volume: _Fields = {
        "name": "Volume",
        "icon": "mdi:volume-high",
        "min": 0,
        "max": 100,
        "step": 1,
        "mode": "slider",
        "unit_of_measurement": "%",
        "command_template": "volume {{ value | int }}",
        "value_template": "{{ value_json.volume_percent }}",
    }
    yield "number", "volume", {**volume, **topics}
    for name, title, icon in (
        ("skip", "Skip", "mdi:skip-next"),
        ("clear", "Clear", "mdi:delete-sweep"),
        ("panic", "Panic", "mdi:alert-octagon"),
        ("release", "End of panic", "mdi:alert-octagon-outline"),
        ("approve", "Approve", "mdi:check"),
        ("reject", "Reject", "mdi:close"),
    ):
        press: _Fields = {"name": title, "icon": icon, "payload_press": name}
        yield "button", name, {**press, "command_topic": command}


def _sensor(name: str, title: str, topic: str, key: str, **more: str | int) -> _Entity:
    """Return a sensor of the value `key` on `topic`."""
    value = f"{{{{ value_json.{key} }}}}"
    fields = {"name": title, "state_topic": topic, "value_template": value, **more}
    return "sensor", name, fields


def _binary_sensor(name: str, title: str, topic: str, condition: str, **more: str) -> _Entity:
    """Return a sensor that is on where the template expression `condition` holds."""
    value = f"{{{{ 'on' if {condition} else 'off' }}}}"
    words: _Fields = {"payload_on": "on", "payload_off": "off", "value_template": value}
    return "binary_sensor", name, {"name": title, "state_topic": topic, **words, **more}
