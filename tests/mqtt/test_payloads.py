"""What really goes over the broker is what the schema and Home Assistant expect."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import pytest
from jsonschema import Draft202012Validator

import bot
from bot.mqtt.payloads import daemon_state
from bot.speedcheck.speed import save
from bot.state import SpeedState
from tests.mqtt.conftest import Broker, Person, person, retained
from tests.mqtt.schema import schema
from tests.mqtt.test_daemon import (
    CHAT,
    COMMAND,
    HOSTILE,
    LONG,
    REFUSED,
    STATE,
    Running,
    config,
    running,
)
from tests.observers.samples import state

pytestmark = pytest.mark.parts

SHIPPED = json.loads((Path(bot.__file__).parent / "mqtt.schema.json").read_text(encoding="utf-8"))


def mistakes(topic: str, value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """What the shipped schema has against a payload."""
    of_topic = SHIPPED["topics"][topic.replace("/main/", "/CHANNEL/")]
    validator = Draft202012Validator({**of_topic, "$defs": SHIPPED["$defs"]})
    return [error.message for error in validator.iter_errors(value)]


def test_the_shipped_schema_is_that_of_the_code() -> None:
    Draft202012Validator.check_schema(SHIPPED)
    assert schema() == SHIPPED, "run: python -m tests.mqtt.schema > bot/mqtt.schema.json"


async def everything(daemon: Running, home: Person) -> None:
    """Let there be every outcome but a failure, and a refusal."""
    await home.publish(CHAT, {"id": "m1", "author": {"name": "v"}, "text": "hi"})
    await home.outcome("m1", "spoken")
    await home.publish(CHAT, {"id": "m2", "author": {"name": "v"}, "text": LONG})
    await home.publish(CHAT, {"id": "m3", "author": {"name": "v"}, "text": "!later"})
    await home.outcome("m2", "started")
    await home.until(STATE, lambda state: state["speaking"] is not None)
    await home.publish(COMMAND, {"order": "skip", "id": "o1"})
    await home.publish(COMMAND, "what")
    await home.until(REFUSED, bool)
    await home.outcome("m2", "dropped")
    await home.until("ishowtts/main/latency", bool)
    assert (await daemon.status())["mqtt"]["lost"] == 0


async def test_every_real_payload_is_as_the_schema_says(broker: Broker, tmp_path: Path) -> None:
    async with person(broker) as home:
        async with running(config(broker, tmp_path / "speech.wav")) as daemon:
            await everything(daemon, home)
        await home.until("ishowtts/availability", lambda value: value == "offline")
        topics = {m.topic.value for m in home.messages if m.topic.value.startswith("ishowtts/")}
        told = {o["outcome"] for o in home.got("ishowtts/main/outcome")}
        found = {
            topic: mistakes(topic, value)
            for topic in topics - {COMMAND}
            for value in home.got(topic)
            if mistakes(topic, value)
        }

    assert found == {}
    assert {topic.replace("/main/", "/CHANNEL/") for topic in topics} == SHIPPED["topics"].keys()
    assert told == {"accepted", "queued", "started", "spoken", "rejected", "obeyed", "dropped"}


def test_a_drift_of_the_speed_is_told_as_the_schema_says() -> None:
    told = daemon_state(state(), version="1", started_at=0.0)

    assert mistakes("ishowtts/state", msgspec.json.decode(msgspec.json.encode(told))) == []
    assert told.speed is not None
    assert told.speed.is_slower


async def test_a_drift_of_the_speed_reaches_home_assistant(
    broker: Broker, state_folder: Path, tmp_path: Path
) -> None:
    found = SpeedState(
        measured_at="2026-01-02T03:04:05+00:00",
        model="bundled",
        device="cpu",
        is_slower=True,
        ratios={"3 s": 1.25},
        baseline_at="2026-01-01T03:04:05+00:00",
        causes=("the clocks are not locked",),
        sentence="25% slower than on 2026-01-01; likely: the clocks are not locked",
    )
    save(found, state_folder)  # as `ishowtts bench --check` leaves it
    async with running(config(broker, tmp_path / "speech.wav")), person(broker) as home:
        told = await home.until(
            "ishowtts/state", lambda state: state["engines"]["tone"]["is_ready"]
        )
        slower = await home.until("homeassistant/binary_sensor/studio/slower/config", bool)

    attributes = json.loads(_render(slower["json_attributes_template"], value_json=told))
    assert slower["state_topic"] == slower["json_attributes_topic"] == "ishowtts/state"
    assert _render(slower["value_template"], value_json=told) == slower["payload_on"]
    assert mistakes("ishowtts/state", told) == []
    assert attributes == {
        "is_slower": True,
        "measured_at": found.measured_at,
        "sentence": "25% slower than on 2026-01-01; likely: the clocks are not locked",
    }


async def test_a_message_that_no_engine_can_speak_is_told_as_failed(
    broker: Broker, tmp_path: Path
) -> None:
    text = config(broker, tmp_path / "speech.wav").replace("[tone]}", "[tone], stall_s: 0.5}")
    async with running(text) as daemon, person(broker) as home:
        (engine,) = _children()
        os.kill(engine, signal.SIGSTOP)
        identifier = await daemon.say("nobody can say this")
        failed = await home.outcome(identifier, "failed")

    told = [mistakes("ishowtts/main/outcome", o) for o in home.got("ishowtts/main/outcome")]
    assert told
    assert not any(told)
    assert "0.5 s" in failed["error"]


def _children() -> list[int]:
    pid = os.getpid()
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [
        int(child)
        for child in text.split()
        if "bot.engine.process.entry" in Path(f"/proc/{child}/cmdline").read_text()
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"author": {"name": "v"}, "text": "hi"},
        {"author": {"name": "v", "roles": ["moderator"]}, "text": "x", "event": {"kind": "cheer"}},
        {"delete": "m1"},
        {"timeout": "u1"},
        {"clear": True},
    ],
)
def test_the_schema_takes_what_the_daemon_takes(value: dict[str, Any]) -> None:
    assert mistakes(CHAT, value) == []


def test_the_schema_refuses_what_the_daemon_refuses() -> None:
    objects = [(topic, p) for topic, p, _ in HOSTILE if p.startswith(b"{") and p.endswith(b"}")]
    for topic, payload in objects:
        assert mistakes(topic, json.loads(payload)) or len(payload) > 64 * 1024


async def test_what_home_assistant_is_told_fits_the_real_state_and_orders(
    broker: Broker, tmp_path: Path
) -> None:
    async with running(config(broker, tmp_path / "speech.wav")) as daemon, person(broker) as home:
        await everything(daemon, home)
        kept = await retained(broker)
        entities = {topic: e for topic, e in kept.items() if topic.startswith("homeassistant/")}
        shown = {}
        for topic, entity in entities.items():
            if "state_topic" in entity:
                state = kept[entity["state_topic"]]
                shown[topic.split("/")[3]] = _render(entity["value_template"], value_json=state)
        for topic, entity in entities.items():
            if "command_topic" in entity:
                home.messages.clear()
                await home.publish(entity["command_topic"], _an_order(topic, entity))
                obeyed = await home.until(
                    "ishowtts/main/outcome", lambda o: o["outcome"] == "obeyed"
                )
                assert obeyed["chatter"] == "MQTT", topic
        refused = (await daemon.status())["mqtt"]["refused"]

    assert len({entity["unique_id"] for entity in entities.values()}) == len(entities)
    assert all(e["availability_topic"] == "ishowtts/availability" for e in entities.values())
    assert all(e["device"]["identifiers"] == ["studio"] for e in entities.values())
    assert {topic.split("/")[1] for topic in entities} == {
        *("switch", "number", "button", "sensor", "binary_sensor"),
    }
    assert shown.keys() == {
        *("engine", "slower", "main_on", "main_paused", "main_volume", "main_pending"),
        *("main_held", "main_ttfa", "main_rtf", "main_speaking", "main_heard"),
    }
    assert (shown["engine"], shown["main_on"], shown["main_volume"]) == ("tone", "on", "80")
    assert (shown["main_speaking"], shown["main_heard"]) == ("off", "on")
    assert float(shown["main_ttfa"]) > 0
    assert refused == 1  # by `everything`


def _an_order(topic: str, entity: dict[str, Any]) -> str:
    """What Home Assistant would send when somebody uses the entity."""
    match topic.split("/")[1]:
        case "switch":
            return str(entity["payload_off"])
        case "number":
            return _render(entity["command_template"], value=35.0)
    return str(entity["payload_press"])


def _render(template: str, **values: Any) -> str:  # noqa: ANN401 - as in Home Assistant
    return (
        jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)
        .from_string(template)
        .render(**values)
    )
