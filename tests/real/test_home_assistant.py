"""The real Home Assistant: it shows every entity without being configured, and obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.mqtt.conftest import BROKER, Broker, free_port
from tests.mqtt.test_daemon import config, running
from tests.real import home_assistant, table

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.parts,
    pytest.mark.real,
    pytest.mark.timeout(170),
    pytest.mark.skipif(BROKER is None, reason="not installed: mosquitto"),
    pytest.mark.skipif(
        home_assistant.HASS is None, reason="not installed: homeassistant, by `make real`"
    ),
]


async def test_it_shows_every_entity_and_obeys(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "home").mkdir()
    broker = Broker(tmp_path / "broker")
    broker.start()
    expected = home_assistant.entities()
    try:
        async with (
            running(config(broker, tmp_path / "speech.wav")) as daemon,
            home_assistant.running(tmp_path / "home", free_port()) as home,
        ):
            await home.set_up(broker, "home", "assistant")
            states = await home.until(lambda states: expected.keys() <= states.keys())
            ours = {name for name in states if name.split(".")[1].startswith("studio_")}
            assert ours == expected.keys()
            states = await home.until(lambda s: s["number.studio_volume"]["state"] == "80")
            assert states["switch.studio_read_chat"]["state"] == "on"
            assert states["binary_sensor.studio_output"]["state"] == "on"

            await home.call("number/set_value", "number.studio_volume", value=35)
            await daemon.until(lambda status: channel(status)["volume"] == 0.35)
            await home.until(lambda s: s["number.studio_volume"]["state"] == "35")
            await home.call("switch/turn_on", "switch.studio_pause")
            await daemon.until(lambda status: channel(status)["is_paused"])
            await home.until(lambda s: s["switch.studio_pause"]["state"] == "on")
            await daemon.say("one that waits")
            await home.until(lambda s: s["sensor.studio_messages_waiting"]["state"] == "1")
            await home.call("button/press", "button.studio_clear")
            await home.until(lambda s: s["sensor.studio_messages_waiting"]["state"] == "0")
            await home.call("switch/turn_off", "switch.studio_pause")
            await daemon.say("one that is spoken")
            await daemon.until_spoken(1)
            await home.until(lambda s: is_number(s["sensor.studio_time_to_first_audio"]["state"]))
            version = await home.version()
    finally:
        broker.kill()
    table.keep(
        "Home Assistant",
        version,
        "an account and the broker set up; volume, pause and clear by its services",
        f"{len(ours)} of {len(expected)} entities shown, each command obeyed and shown",
    )


def channel(status: Any) -> Any:  # noqa: ANN401 - JSON
    return status["channels"]["main"]


def is_number(state: str) -> bool:
    return state.replace(".", "", 1).isdigit()
