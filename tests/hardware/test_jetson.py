"""Readings of a Jetson, from a tree of files that stands in for its kernel's."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.cli.check import check
from bot.config import loads
from bot.hardware import jetson

Board: TypeAlias = Callable[..., Path]

CONFIG = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: {folder}/speech.wav}}]
server: {{port: 0}}
engine: {{engines: [tone]}}
"""
ORIN = {
    "etc/nv_tegra_release": "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic\n",
    "etc/nvpmodel.conf": "< PARAM TYPE=FILE NAME=CPU_ONLINE >\n< POWER_MODEL ID=0 NAME=MAXN >\n"
    "CPU_ONLINE CORE_0 1\n< POWER_MODEL ID=1 NAME=MODE_15W >\n",
    "proc/device-tree/model": "NVIDIA Jetson AGX Orin Developer Kit\0",
    "var/lib/nvpmodel/status": "pmode:0000\nfmode:quiet\n",
    "sys/class/devfreq/17000000.gpu/available_frequencies": "306000000 612000000 1300500000\n",
    "sys/class/devfreq/17000000.gpu/cur_freq": "1300500000\n",
    "sys/class/devfreq/17000000.gpu/max_freq": "1300500000\n",
    "sys/class/devfreq/17000000.gpu/min_freq": "1300500000\n",
    "sys/class/devfreq/15340000.vic/cur_freq": "115200000\n",
    "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "2201600\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "2201600\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq": "2201600\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq": "2201600\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "51062\n",
    "sys/class/thermal/thermal_zone1/type": "gpu-thermal\n",
    "sys/class/thermal/thermal_zone1/temp": "47500\n",
    "sys/class/thermal/cooling_device0/type": "pwm-fan\n",
    "sys/class/thermal/cooling_device0/cur_state": "2\n",
    "sys/class/thermal/cooling_device1/type": "gpu-throttle-alert\n",
    "sys/class/thermal/cooling_device1/cur_state": "0\n",
    "sys/class/hwmon/hwmon1/oc1_event_cnt": "0\n",
    "sys/class/hwmon/hwmon1/oc3_event_cnt": "0\n",
}


NANO_MODES = "< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n"


@pytest.fixture
def board(tmp_path: Path) -> Board:
    """Return a function that lays an Orin with locked clocks down, but for what it is given."""

    def lay(changes: dict[str, str | None] | None = None) -> Path:
        for name, text in (ORIN | (changes or {})).items():
            if text is not None:
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        return tmp_path

    return lay


def test_another_machine_is_no_jetson(tmp_path: Path) -> None:
    assert jetson.read(tmp_path) is None


def test_a_jetson_with_locked_clocks_is_as_it_should_be(board: Board) -> None:
    orin = jetson.read(board())

    assert orin is not None
    assert [*orin.warnings()] == []
    assert str(orin) == (
        "NVIDIA Jetson AGX Orin Developer Kit, Jetson Linux R36.4.3, power mode 0 (MAXN),"
        " GPU 1300 MHz (locked), CPU 2202 MHz (locked), 51 °C at cpu"
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"sys/class/devfreq/17000000.gpu/min_freq": "306000000\n"},
            "The clocks are not locked (GPU 306 to 1300 of 1300 MHz): speech takes about",
        ),
        (
            {"sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq": "729600\n"},
            "The clocks are not locked (CPU 730 to 2202 of 2202 MHz): ",
        ),
        (  # locked, but below what it can do
            {
                "sys/class/devfreq/17000000.gpu/min_freq": "612000000\n",
                "sys/class/devfreq/17000000.gpu/max_freq": "612000000\n",
            },
            "The clocks are not locked (GPU 612 to 612 of 1300 MHz): ",
        ),
        (
            {"var/lib/nvpmodel/status": "pmode:0001\n"},
            "The power mode is 1 (MODE_15W), not 0 (MAXN). Run: sudo nvpmodel -m 0",
        ),
        (  # as on an Orin Nano
            {"etc/nvpmodel.conf": NANO_MODES},
            "The power mode is 0 (15W), not 2 (MAXN_SUPER). Run: sudo nvpmodel -m 2",
        ),
        (
            {
                "sys/class/thermal/cooling_device1/cur_state": "1\n",
                "sys/class/thermal/thermal_zone1/temp": "99500\n",
            },
            "It is too hot (100 °C) and slows down: gpu.",
        ),
        (
            {"sys/class/hwmon/hwmon1/oc3_event_cnt": "37\n"},
            "It slowed down for want of power since its start: peak overcurrent 37 times.",
        ),
    ],
)
def test_what_makes_it_slow_is_a_warning(
    board: Board, changes: dict[str, str | None], complaint: str
) -> None:
    orin = jetson.read(board(changes))

    assert orin is not None
    (warning,) = orin.warnings()
    assert str(warning).startswith(complaint)


def test_what_cannot_be_read_is_left_out(board: Board) -> None:
    unreadable = {name: None for name in ORIN if name.startswith(("sys/", "var/", "etc/nvp"))}
    orin = jetson.read(board(unreadable))

    assert str(orin) == "NVIDIA Jetson AGX Orin Developer Kit, Jetson Linux R36.4.3"


async def test_check_warns_of_a_slow_board_and_passes(
    board: Board, capsys: pytest.CaptureFixture[str]
) -> None:
    root = board({"sys/class/devfreq/17000000.gpu/min_freq": "306000000\n"})

    assert await check(loads(CONFIG.format(folder=root)), root=root)

    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("warn  hardware: ") for line in lines) == 2
    assert "The clocks are not locked" in lines[-1]
