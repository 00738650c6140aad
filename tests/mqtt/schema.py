"""Writes `bot/mqtt.schema.json`: `python -m tests.mqtt.schema > bot/mqtt.schema.json`."""

import json
import operator
from functools import reduce
from typing import Any

import msgspec

from bot.mqtt.payloads import ChannelState, DaemonState, Latency, Refusal
from bot.outcomes import OUTCOMES
from bot.sources import chat_json
from bot.sources.mqtt import CommandPayload

TOPICS: dict[str, Any] = {
    "ishowtts/state": DaemonState,
    "ishowtts/CHANNEL/state": ChannelState,
    "ishowtts/CHANNEL/outcome": reduce(operator.or_, OUTCOMES),
    "ishowtts/CHANNEL/latency": Latency,
    "ishowtts/CHANNEL/refused": Refusal,
    "ishowtts/CHANNEL/command": CommandPayload,
}
"""What stands on each topic, but availability (a word) and chat."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of every payload: below `topics`, by topic."""
    kinds = [*TOPICS.values(), *chat_json.FORMS]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    topics = dict(zip(TOPICS, schemas, strict=False))
    topics["ishowtts/CHANNEL/chat"] = {"anyOf": list(schemas[len(TOPICS) :])}
    topics["ishowtts/availability"] = {"enum": ["online", "offline"]}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What ishowtts tells an MQTT broker, and takes from it; see docs/mqtt.md",
        "topics": topics,
        "$defs": components,
    }
    # The private names of classes are of no use to readers.
    named: dict[str, Any] = json.loads(json.dumps(whole).replace("$defs/_", "$defs/"))
    named["$defs"] = {name.removeprefix("_"): value for name, value in named["$defs"].items()}
    for definition in named["$defs"].values():
        if isinstance(title := definition.get("title"), str):
            definition["title"] = title.removeprefix("_")
    return named


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, ensure_ascii=False))  # noqa: T201
