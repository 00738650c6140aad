"""The unit of the system under a real manager of the system, from install to uninstall."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from uuid import uuid4

import pytest

from bot.runtime.files.folders import resource
from tests.conftest import PulseServer
from tests.service.conftest import require
from tests.service.system import SystemManager, may_be
from tests.service.test_service import LONG, Service

pytestmark = [pytest.mark.parts, pytest.mark.timeout(900)]
CONFIG = """
channels:
  - name: main
    sources: [{type: ingest}]
    outputs: [{type: device, device: tts}, {type: wavefile, path: speech.wav}]
engine: {engines: [hibari]}
"""

RIGHTS = ("SystemCall", "Capability", "NoNewPrivileges", "ProtectClock")
TOKEN = "a-secret-of-the-system"
# The periods of the shipped unit, shorter; a limit of two seconds to stop is what is shown here.
DROP_IN = """
[Service]
WatchdogSec=3
RestartSec=100ms
TimeoutStopSec=2
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemManager]:
    """Run a service manager of the system."""
    require(can_be=may_be)
    folder = tmp_path_factory.mktemp("pulse")
    folder.chmod(0o755)  # the service has a user of its own
    pulse = PulseServer(folder, {"tts": 48_000})
    manager = SystemManager(pulse, folder)
    pulse.start()
    try:
        manager.start()
        yield manager
    finally:
        manager.close()
        pulse.close()


def write(system: SystemManager, path: str, text: str, mode: str = "644") -> None:
    script = 'mkdir -p "$(dirname "$1")"; printf %s "$2" >"$1"; chmod "$3" "$1"'
    system.run("bash", "-c", script, "write", path, text, mode)


@pytest.fixture(scope="module")
def service(system: SystemManager) -> Service:
    write(system, "/etc/ishowtts/config.yaml", CONFIG, "600")
    refused = system.ishowtts("service", "install", "--system", check=False)
    assert "cannot read /etc/ishowtts/config.yaml" in refused.stderr
    system.run("chmod", "644", "/etc/ishowtts/config.yaml")
    write(system, "/etc/ishowtts/credentials/server-token", TOKEN, "600")
    write(system, "/etc/ishowtts/credentials/twitch-1.json", "{}", "600")
    write(system, "/etc/systemd/system/ishowtts.service.d/test.conf", DROP_IN)
    said = system.ishowtts("service", "install", "--system").stdout
    assert "ishowtts.service runs" in said
    return Service(system, token=TOKEN)


def test_it_cannot_touch_the_files_of_this_machine(system: SystemManager) -> None:
    name = f"test-{uuid4()}"
    for folder in ("/tmp", "/run", "/var/tmp", "/var/lib", "/etc", "/root"):
        system.run("touch", f"{folder}/{name}")

        assert not Path(folder, name).exists()
    assert system.run("touch", f"/opt/source/{name}", check=False).returncode


def test_it_speaks_as_a_user_of_its_own_who_may_do_nothing_else(service: Service) -> None:
    system = service.manager
    assert service.is_up
    assert system.show("UnitFileState", "NRestarts") == ["enabled", "0"]

    service.speak("hello there")

    told = system.run("cat", f"/proc/{service.pid}/status").stdout
    (uid,) = {line.split()[1] for line in told.splitlines() if line.startswith("Uid:")}
    assert 61184 <= int(uid) <= 65519  # what systemd calls a dynamic user
    for line in ("CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in told
    inside = ["nsenter", f"--target={service.pid}", "--mount"]
    assert system.run(*inside, "ls", "-A", "/root").stdout == ""
    assert system.run(*inside, "touch", "/etc/x", check=False).returncode
    assert system.run("stat", "--format=%U", "/var/lib/ishowtts/").stdout == "ishowtts\n"


def test_it_may_ask_whether_the_clock_is_right(system: SystemManager) -> None:
    unit = resource("systemd") / "ishowtts-system.service"
    rights = [line for line in unit.read_text("utf-8").splitlines() if line.startswith(RIGHTS)]
    call = "ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))"
    program = f"import ctypes, sys; sys.exit({call} < 0)"
    start = f"ExecStart=/usr/bin/python3 -c '{program}'"
    text = "\n".join(["[Service]", "Type=oneshot", start, *rights, ""])
    write(system, "/etc/systemd/system/asks.service", text)

    system.systemctl("start", "asks.service")


def test_secrets_come_as_credentials(service: Service) -> None:
    system = service.manager
    ask = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
    url = "http://127.0.0.1:7850/api/status"

    assert system.run(*ask, url).stdout == "401"
    assert system.run(*ask, url, "--header", f"Authorization: Bearer {TOKEN}").stdout == "200"
    found = system.run("ls", "/run/credentials/ishowtts.service").stdout.split()
    # What log-ins are called, see `AccountStore`; systemd puts the name of the folder before it.
    assert [name for name in found if fnmatch(name, "twitch-*.json")] == [
        "twitch-login_twitch-1.json"
    ]
    assert TOKEN not in system.run("systemctl", "cat", "ishowtts.service").stdout


@pytest.mark.long
def test_the_watchdog_ends_an_event_loop_that_hangs(service: Service) -> None:
    assert service.is_restarted_by(lambda: service.manager.kill("USR1", service.pid))


@pytest.mark.long
def test_what_dies_again_and_again_is_started_later(service: Service) -> None:
    system, first = service.manager, service.pid
    system.kill("KILL", first)
    system.until(lambda: service.is_another(first), "restart")
    system.kill("KILL", service.pid)
    system.until(lambda: system.processes("^sleep 2$") != [], "pause before the second restart")
    system.until(lambda: service.is_up, "second restart")


def test_the_daily_look_at_the_speed_runs_as_the_same_user(service: Service) -> None:
    system = service.manager

    system.systemctl("start", "ishowtts-bench.service")

    result, status = system.show("Result", "ExecMainStatus", unit="ishowtts-bench.service")
    assert (result, status) == ("success", "75")  # F5-TTS does not speak here


def test_it_stops_within_two_seconds_in_the_middle_of_speech(service: Service) -> None:
    system = service.manager
    service.speak(LONG)

    system.systemctl("stop", "ishowtts.service")  # killed, and failed, if it took longer

    assert system.show("ActiveState", "Result", "ExecMainStatus") == ["inactive", "success", "0"]
    assert system.processes("bot") == []
    assert int(system.run("stat", "--format=%s", "/var/lib/ishowtts/speech.wav").stdout) > 1000


@pytest.mark.usefixtures("service")
def test_uninstalling_leaves_the_configuration_and_the_secrets(system: SystemManager) -> None:
    others = ["ishowtts-worker.service", "ishowtts-jetson-clocks.service"]
    for name in others:  # by hand, and by another command
        write(system, f"/etc/systemd/system/{name}", "[Service]\nExecStart=/bin/true\n")

    system.ishowtts("service", "uninstall", "--system")

    left = system.run("bash", "-c", "find /etc -name '*ishowtts*'; ls /etc/ishowtts").stdout
    assert sorted(left.split()) == [
        "/etc/ishowtts",
        *(f"/etc/systemd/system/{name}" for name in sorted(others)),
        "/etc/systemd/system/ishowtts.service.d",
        *("config.yaml", "credentials"),
    ]
