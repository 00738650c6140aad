"""The shipped unit under a real service manager, from `service install` to `service uninstall`."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from bot.service import units
from tests.service.conftest import HANG, ServiceManager, UserManager

pytestmark = [pytest.mark.parts, pytest.mark.timeout(900)]
CONFIG = """
channels:
  - name: main
    sources: [{type: ingest}]
    outputs: [{type: device, device: tts}]
engine: {engines: [tone]}
"""
ENGINE = "engine.process.entry"
"""In the command line of an engine's process."""
LONG = "a message that takes its time " * 8
"""About 16 s of tone."""
# The periods of the shipped unit, shorter; a limit of two seconds to stop is what is shown here.
DROP_IN = """
[Service]
WatchdogSec=3
RestartSec=100ms
TimeoutStopSec=2
Environment=PYTHONPATH={folder}
"""


class Service:
    """The service, as its user and its viewers see it."""

    def __init__(self, manager: ServiceManager, *, token: str = "") -> None:
        self.manager = manager
        self._headers = [f"Authorization: Bearer {token}"] if token else []

    @property
    def pid(self) -> str:
        return self.manager.show("MainPID")[0]

    @property
    def restarts(self) -> int:
        return int(self.manager.show("NRestarts")[0])

    def is_another(self, *before: str) -> bool:
        """Tell whether it is up as another process than those."""
        pid, *states = self.manager.show("MainPID", "ActiveState", "SubState")
        return states == ["active", "running"] and pid not in before

    @property
    def is_up(self) -> bool:
        return self.manager.show("ActiveState", "SubState") == ["active", "running"]

    def post(self, text: str) -> None:
        body = json.dumps({"author": {"name": "viewer1"}, "text": text})
        url = "http://127.0.0.1:7850/api/chat"
        headers = ["Content-Type: application/json", *self._headers]
        options = [option for header in headers for option in ("--header", header)]
        self.manager.run("curl", "--fail", "--silent", url, *options, "--data", body)

    def speak(self, text: str) -> None:
        """Post `text` and return when it is heard."""
        recording = self.manager.pulse.record()
        self.post(text)
        recording.wait_for_sound()

    def is_restarted_by(self, trouble: Callable[[], None]) -> bool:
        """Make `trouble`, and tell whether the daemon is back for it, and speaks."""
        before, pid = self.restarts, self.pid
        trouble()
        self.manager.until(lambda: self.restarts == before + 1 and self.is_up, "restart")
        self.speak("back again")
        self.manager.systemctl("reset-failed", "ishowtts.service")  # the next is a first one again
        return self.pid != pid

    def journal(self, *matches: str) -> list[dict[str, Any]]:
        unit = f"{self.manager.unit_option}=ishowtts.service"
        command = ["journalctl", unit, "--output=json", "--no-pager"]
        return [
            json.loads(line) for line in self.manager.run(*command, *matches).stdout.splitlines()
        ]


@pytest.fixture(scope="module")
def service(manager: UserManager) -> Service:
    config = manager.home / ".config" / "ishowtts" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG)
    (manager.home / "sitecustomize.py").write_text(HANG)
    drop_in = manager.home / ".config/systemd/user/ishowtts.service.d/test.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text(DROP_IN.format(folder=manager.home))
    said = manager.ishowtts("service", "install").stdout
    assert "ishowtts.service runs" in said
    return Service(manager)


def test_it_is_ready_enabled_and_speaks(service: Service) -> None:
    assert service.is_up
    assert service.manager.show("UnitFileState", "NRestarts") == ["enabled", "0"]

    service.speak("hello there")

    (status,) = service.manager.show("StatusText")
    assert status.startswith("voice: tone; main: ")
    assert "tts open at" in status


def test_its_log_has_fields(service: Service) -> None:
    service.speak("what is this?\x1b[31m")

    (line, *_) = service.journal("EVENT=speaking", "CHATTER=viewer1", "CHANNEL=main")
    found = service.journal(f"UTTERANCE_ID={line['UTTERANCE_ID']}")
    said = service.manager.ishowtts("service", "logs", "CHANNEL=main").stdout

    assert line["PRIORITY"] == "6"
    assert line["_SYSTEMD_USER_UNIT"] == "ishowtts.service"
    assert len(found) == 1
    assert "speaking channel=main chatter=viewer1" in said


def test_it_is_back_after_a_kill(service: Service) -> None:
    assert service.is_restarted_by(lambda: service.manager.kill("KILL", service.pid))


def test_the_watchdog_ends_an_event_loop_that_hangs(service: Service) -> None:
    assert service.is_restarted_by(lambda: service.manager.kill("USR1", service.pid))

    said = "\n".join(line["MESSAGE"] for line in service.journal())
    assert "Fatal Python error: Aborted" in said
    assert "sitecustomize.py" in said  # it says where it hung


@pytest.mark.long
def test_the_watchdog_ends_playback_that_stands_still(service: Service) -> None:
    (player,) = service.manager.processes("bot.playback.device_process")
    service.speak(LONG)

    assert service.is_restarted_by(lambda: service.manager.kill("STOP", player))

    (reason,) = service.journal("EVENT=watchdog pings withheld")
    assert reason["PRIORITY"] == "3"
    assert "playback on tts stands still" in reason["REASONS"]


def test_a_device_that_is_gone_and_an_engine_that_hangs_are_no_reason(service: Service) -> None:
    manager, before = service.manager, service.restarts
    (engine,) = manager.processes(ENGINE)
    manager.kill("STOP", engine)
    manager.pulse.remove_sink("tts")
    pings = manager.show("WatchdogTimestampMonotonic")[0]

    manager.until(lambda: manager.processes(ENGINE) not in ([engine], []), "another engine")
    manager.until(lambda: "waiting" in manager.show("StatusText")[0], "missing device")
    manager.until(
        lambda: int(manager.show("WatchdogTimestampMonotonic")[0]) - int(pings) > 6e6,
        "signs of life for two periods",
    )
    manager.pulse.add_sink("tts")
    service.speak("here again")

    assert service.restarts == before


@pytest.mark.long
def test_what_dies_again_and_again_is_started_later_and_later(service: Service) -> None:
    manager, first = service.manager, service.pid
    manager.kill("KILL", first)
    manager.until(lambda: service.is_another(first), "restart")
    manager.kill("KILL", service.pid)
    manager.until(lambda: manager.processes("^sleep 2$") != [], "pause before the second restart")

    manager.systemctl("stop", "ishowtts.service")
    assert manager.processes("^sleep") == []
    manager.systemctl("start", "ishowtts.service")  # by hand it does not wait
    assert service.restarts == 0
    service.speak("here at once")


def test_it_stops_within_two_seconds_in_the_middle_of_speech(service: Service) -> None:
    manager = service.manager
    service.speak(LONG)

    manager.systemctl("stop", "ishowtts.service")  # killed, and failed, if it took longer

    assert manager.show("ActiveState", "Result", "ExecMainStatus") == ["inactive", "success", "0"]
    assert manager.processes("bot") == []


def test_installing_again_changes_nothing(service: Service) -> None:
    said = service.manager.ishowtts("service", "install").stdout

    assert "ishowtts.service is up to date" in said
    assert service.is_up
    assert service.manager.ishowtts("service", "status").stdout.startswith("ishowtts.service runs")


def test_a_timer_that_was_turned_off_stays_off(service: Service) -> None:
    manager, timer = service.manager, "ishowtts-upstream.timer"
    manager.systemctl("disable", "--now", timer)

    said = manager.ishowtts("service", "install").stdout

    assert f"{timer} stays disabled" in said
    assert manager.show("UnitFileState", "ActiveState", unit=timer) == ["disabled", "inactive"]
    other = "ishowtts-bench.timer"
    assert manager.show("UnitFileState", "ActiveState", unit=other) == ["enabled", "active"]


def test_ctrl_d_is_a_no(service: Service) -> None:
    manager = service.manager
    command = [*manager.entering, "env", f"--chdir={manager.home}"]
    command += [sys.executable, "-m", "bot", "service", "install"]
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, env=manager.env, stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    os.close(follower)
    os.write(leader, b"\x04")
    said = process.communicate()[0].decode()
    os.close(leader)

    assert (process.returncode, "Traceback" in said) == (0, False), said
    assert "It runs while you are logged in." in said


@pytest.mark.parametrize(
    ("modes", "chosen"),
    [({0: "MAXN", 1: "15W"}, "0"), ({0: "15W", 2: "MAXN_SUPER"}, "2"), ({0: "15W"}, "0")],
)
def test_the_clocks_of_a_jetson_are_locked_in_its_fastest_mode(
    manager: UserManager, modes: dict[int, str], chosen: str
) -> None:
    # The board's own programs, which write down how they were called; its files in another folder.
    tools, calls = manager.home / "tools", manager.home / "calls"
    tools.mkdir(exist_ok=True)
    calls.write_text("")
    for name in ("nvpmodel", "jetson_clocks"):
        (tools / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{calls}\n')
        (tools / name).chmod(0o755)
    (tools / "nv_tegra_release").touch()
    lines = [f"< POWER_MODEL ID={number} NAME={name} >\n" for number, name in modes.items()]
    (tools / "nvpmodel.conf").write_text("".join(lines))
    text = units.jetson_clocks().replace("/etc/", f"{tools}/")
    text = text.replace("[Service]\n", f"[Service]\nEnvironment=PATH={tools}:/usr/bin:/bin\n", 1)
    unit = manager.home / ".config/systemd/user/clocks.service"
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(text)
    manager.systemctl("daemon-reload")

    manager.systemctl("restart", unit.name)

    assert calls.read_text() == f"nvpmodel -m {chosen}\njetson_clocks\n"


def test_uninstalling_leaves_nothing_but_the_configuration(service: Service) -> None:
    manager, units_ = service.manager, service.manager.home / ".config/systemd/user"
    (units_ / "ishowtts-worker.service").write_text("[Service]\nExecStart=/bin/true\n")
    for _ in range(2):
        manager.ishowtts("service", "uninstall")

        ours = sorted(unit.name for unit in units_.rglob("ishowtts*"))
        assert ours == ["ishowtts-worker.service", "ishowtts.service.d"]  # the test's own
        assert (manager.home / ".config/ishowtts/config.yaml").exists()
        assert manager.processes("bot") == []
    assert manager.ishowtts("service", "status", check=False).returncode == 1
