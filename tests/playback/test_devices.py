from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.errors import StartError
from bot.playback import portaudio
from bot.playback.device_entry import Device
from bot.playback.devices import choose
from bot.playback.portaudio import unusable

if TYPE_CHECKING:
    from tests.conftest import PulseServer

pytestmark = pytest.mark.parts

SPEAKERS = Device(
    index=0,
    name="Speakers (Realtek)",
    host_api="MME",
    channels=2,
    sample_rate_hz=44_100,
    latency_s=0.09,
    is_default=True,
    is_default_host_api=True,
)
CABLE = replace(SPEAKERS, index=1, name="CABLE Input (VB-Audio)", is_default=False)
CABLE_B = replace(CABLE, index=2, name="CABLE-B Input (VB-Audio)")
WASAPI = replace(
    SPEAKERS, index=3, host_api="Windows WASAPI", is_default=False, is_default_host_api=False
)
HEADSET = replace(WASAPI, index=4, name="USB Headset")
KNOWN = [CABLE, SPEAKERS, CABLE_B, WASAPI, HEADSET]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("default", SPEAKERS),
        ("Speakers (Realtek)", SPEAKERS),
        ("Speakers (Realtek), Windows WASAPI", WASAPI),
        ("speakers (realtek)", SPEAKERS),
        ("realtek", SPEAKERS),
        ("cable-b", CABLE_B),
        ("headset", HEADSET),
    ],
)
def test_a_name_or_an_unambiguous_part_chooses(wanted: str, expected: Device) -> None:
    assert choose(wanted, KNOWN) == expected


def test_an_ambiguous_part_lists_what_it_fits() -> None:
    with pytest.raises(StartError) as caught:
        choose("cable", KNOWN)
    assert "CABLE Input" in caught.value.message
    assert "CABLE-B Input" in caught.value.message
    assert "Speakers" not in caught.value.message


@pytest.mark.parametrize("wanted", ["", "USB Headset\x00", "Headphones", "a" * 10_000])
def test_an_unknown_name_is_an_error_for_people(wanted: str) -> None:
    with pytest.raises(StartError) as caught:
        choose(wanted, KNOWN)
    assert caught.value.remedy


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(StartError, match="Did you mean 'USB Headset'"):
        choose("USB Hedset", KNOWN)


def test_a_machine_without_devices_is_told_what_to_do() -> None:
    with pytest.raises(StartError, match="no sound device"):
        choose("default", [])


def test_the_first_device_serves_where_the_system_has_no_default() -> None:
    assert choose("default", [HEADSET, CABLE]) == HEADSET


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("Device unavailable", -9985), "another program holds it"),
        (
            ("Unanticipated host error", -9999, (0, -16, "Device or resource busy")),
            "another program holds it",
        ),
        (
            ("Error opening OutputStream: Invalid sample rate", -9997),
            "Invalid sample rate",
        ),
        (
            ("x: Unanticipated host error", -9999, (0, -22, "Invalid argument")),
            "Unanticipated host error, Invalid argument",
        ),
        ((), ""),
    ],
)
def test_a_device_that_refuses_is_a_sentence(args: tuple[object, ...], reason: str) -> None:
    error = unusable("USB Headset", Exception(*args))
    assert error.message == f"Sound device 'USB Headset' cannot be opened: {reason}."
    assert ("Close that program" in error.remedy) == ("holds it" in reason)


def test_a_device_that_is_gone_is_said_to_be_gone(pulse: PulseServer) -> None:
    known = {device.name: device for device in portaudio.devices()}  # ALSA's, which know the sinks
    portaudio.check(known["tts"])
    pulse.remove_sink("tts")
    for gone in ("tts", "other"):
        with pytest.raises(StartError) as caught:
            portaudio.check(known[gone])
        assert caught.value.message == (
            f"Sound device '{gone}' cannot be opened:"
            " it is gone, or the sound server that it leads to."
        )
        assert caught.value.remedy.startswith("Plug it in again, or start the sound server")
        pulse.kill()
