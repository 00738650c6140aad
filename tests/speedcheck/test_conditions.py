"""What is seen of a machine whose `/proc` and `/sys` are a folder, and what follows from it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.hardware import host
from bot.speedcheck import quiet
from bot.speedcheck.causes import NO_CAUSE, likely_causes
from bot.speedcheck.conditions import Watch
from bot.speedcheck.quiet import wait_until_quiet, why_busy
from bot.speedcheck.results import Conditions, OtherProcess

from .conftest import make_results


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def process(root: Path, pid: int, name: str, parent: int, ticks: int) -> None:
    put(root, f"proc/{pid}/stat", f"{pid} ({name}) S {parent} {'0 ' * 9}{ticks} 0 0 0")


def test_a_jetson_is_read_from_its_files(tmp_path: Path) -> None:
    for core in (0, 1):
        cpu = f"sys/devices/system/cpu/cpu{core}/cpufreq"
        put(tmp_path, f"{cpu}/scaling_cur_freq", "1113600\n")
        put(tmp_path, f"{cpu}/cpuinfo_max_freq", "2201600\n")
        put(tmp_path, f"{cpu}/scaling_governor", "schedutil\n")
    put(tmp_path, "sys/class/devfreq/17000000.gpu/cur_freq", "612000000\n")
    put(tmp_path, "sys/class/devfreq/17000000.gpu/min_freq", "306000000\n")
    put(tmp_path, "sys/class/devfreq/17000000.gpu/max_freq", "1300500000\n")
    put(tmp_path, "proc/device-tree/model", "NVIDIA Jetson AGX Orin\0")
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", "61500\n")
    put(tmp_path, "sys/class/thermal/thermal_zone1/temp", "-256000\n")
    put(tmp_path, "proc/stat", "cpu 100 0 0 0 0 0 0 0 0 0\n")
    put(tmp_path, "proc/self/cgroup", "0::/app\n")
    put(tmp_path, "sys/fs/cgroup/app/cpu.stat", "usage_usec 1\nthrottled_usec 0\n")
    process(tmp_path, os.getpid(), "ishowtts", 1, 10)
    process(tmp_path, 10**8, "a (b) c", 1, 0)
    process(tmp_path, 10**8 + 1, "child", os.getpid(), 0)
    watch = Watch(root=tmp_path)
    watch.glance()
    put(tmp_path, "proc/stat", "cpu 150 0 0 0 0 0 0 50 0 0\n")
    put(tmp_path, "sys/fs/cgroup/app/cpu.stat", "usage_usec 1\nthrottled_usec 90000000\n")
    process(tmp_path, 10**8, "a (b) c", 1, 10**6)
    process(tmp_path, 10**8 + 1, "child", os.getpid(), 10**6)
    seen = watch.finish()

    assert (seen.cpu_mhz, seen.cpu_max_mhz, seen.governor) == (1113.6, 2201.6, "schedutil")
    assert (seen.gpu_mhz, seen.gpu_max_mhz, seen.temperature_c) == (612.0, 1300.5, 61.5)
    assert [line.partition(" (")[0] for line in seen.jetson] == ["The clocks are not locked"]
    assert (seen.stolen, seen.others_share) == (0.5, 0.0)
    assert seen.quota_wait > 1
    assert [(each.name, each.pid) for each in seen.others] == [("a (b) c", 10**8)]


def test_where_nothing_is_to_be_read_nothing_is_claimed(tmp_path: Path) -> None:
    watch = Watch(root=tmp_path)
    watch.glance()

    assert watch.finish() == Conditions()


def test_this_machine_can_be_looked_at() -> None:
    watch = Watch()
    watch.glance()
    seen = watch.finish()

    assert seen.cpu_mhz >= 0
    assert os.getpid() not in {each.pid for each in seen.others}


def test_others_are_told_from_us_in_all_cpu_time(tmp_path: Path) -> None:
    put(tmp_path, "proc/stat", "cpu 100 0 100 800 0 0 0 0 0 0\n")
    process(tmp_path, os.getpid(), "ishowtts", 1, 10)
    process(tmp_path, 10**8, "child", os.getpid(), 0)
    watch = Watch(root=tmp_path)
    put(tmp_path, "proc/stat", "cpu 160 20 110 860 40 5 5 0 0 0\n")
    process(tmp_path, os.getpid(), "ishowtts", 1, 20)
    process(tmp_path, 10**8, "child", os.getpid(), 40)
    seen = watch.finish()

    assert seen.others_share == 0.25  # 100 of 200 ticks were worked, 50 of them by us
    assert why_busy(seen) == "other programs took 25% of the CPU"
    assert why_busy(Conditions(others_share=0.09, stolen=0.09)) == ""
    assert why_busy(Conditions(stolen=0.3)) == (
        "the virtual machine's host took 30% of the CPU for others"
    )


def test_a_quiet_machine_is_not_waited_for(tmp_path: Path) -> None:
    assert wait_until_quiet(120, tmp_path) == ""  # nothing is to be read: nothing is claimed


def test_a_busy_machine_is_waited_for_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(quiet, "BUSY_SHARE", 0.1 / (os.cpu_count() or 1))
    monkeypatch.setattr(host, "family", lambda _, pid: {pid})  # a game is no child of ours
    hog = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        why = wait_until_quiet(1.5)
    finally:
        hog.kill()
        hog.wait()

    assert why.startswith("other programs took")
    assert "Waiting up to 2 s for a quiet machine: other programs" in capsys.readouterr().out


USUAL = Conditions(
    cpu_mhz=3000, gpu_mhz=1900, gpu_max_mhz=1900, temperature_c=50, gpu_temperature_c=60
)


@pytest.mark.parametrize(
    ("here", "said"),
    [
        (Conditions(gpu_mhz=1200), "the GPU's clock is lower: 1200 MHz instead of 1900"),
        (Conditions(cpu_mhz=1500), "the CPU's clock is lower: 1500 MHz instead of 3000"),
        (Conditions(jetson=["The clocks are not locked."]), "The clocks are not locked"),
        (Conditions(throttled=["heat (hardware)"]), "the GPU is slowed down by heat (hardware)"),
        (Conditions(gpu_temperature_c=91), "the GPU has 91 °C instead of 60"),
        (Conditions(temperature_c=63), "the machine has 63 °C instead of 50"),
        (Conditions(stolen=0.2), "the virtual machine's host took 20% of the time for others"),
        (Conditions(quota_wait=0.3), "the control group's CPU quota was used up"),
        (
            Conditions(others=[OtherProcess(name="obs", pid=7, cores=1.25)]),
            "obs (process 7) used 1.2 CPU cores",
        ),
        (
            Conditions(gpu_others=[OtherProcess(name="game", pid=8, gpu_mb=5000)]),
            "game (process 8) uses the GPU, 5000 MB of it",
        ),
        (Conditions(), NO_CAUSE),
    ],
)
def test_the_cause_is_named(here: Conditions, said: str) -> None:
    now, then = make_results(a=20), make_results(a=10)
    now.conditions, then.conditions = here, USUAL

    assert likely_causes(now, then, {}, {}) == [said]


def test_new_versions_are_a_cause_and_come_last() -> None:
    now, then = make_results(a=20), make_results(a=10)
    now.conditions, then.conditions = Conditions(cpu_mhz=1000), USUAL
    setups = {"torch": "2.12", "driver": "580"}, {"torch": "2.11", "driver": "570"}

    assert likely_causes(now, then, *setups)[1:] == [
        "driver is 580 instead of 570",
        "torch is 2.12 instead of 2.11",
    ]
