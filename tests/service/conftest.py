"""A real service manager of a user, with journal and sound server, in namespaces of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import PULSE_NEEDS, PulseServer

DEADLINE_S = 30.0
_SYSTEMD = Path("/lib/systemd/systemd")
# Only a user's manager may run here: one of the system would empty /tmp, which is everybody's.
# A network of its own, where every port is free. Mounts of its own for what systemd keeps in fixed
# places; a control group as systemd itself would have made for the user, which is how the journal
# knows whose service it hears.
_OUTER = """
set -e
mount --make-rprivate /
umount -R /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/systemd/journal /run/lock /run/log
mount -t cgroup2 none /sys/fs/cgroup
group=/sys/fs/cgroup/ishowtts-test-$1
mkdir -p $group
echo $$ >$group/cgroup.procs
python3 -c "$3"
exec unshare --cgroup --mount bash -c "$2"
"""
_LOOPBACK = """
import fcntl, socket, struct
up, running, set_flags = 0x1, 0x40, 0x8914  # linux/if.h, linux/sockios.h
fcntl.ioctl(socket.socket(), set_flags, struct.pack("16sh14x", b"lo", up | running))
"""
_INNER = """
set -e
mount --make-rshared /
umount /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
manager=/sys/fs/cgroup/user.slice/user-0.slice/user@0.service
mkdir -p $manager /sys/fs/cgroup/init.scope
echo $$ >/sys/fs/cgroup/init.scope/cgroup.procs
/lib/systemd/systemd-journald &
(echo $BASHPID >$manager/cgroup.procs; exec /lib/systemd/systemd --user) &
wait
"""
_CLEAN = """
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
group=/sys/fs/cgroup/ishowtts-test-$1
for _ in $(seq 100); do # until the last process is gone
  find $group -depth -type d -exec rmdir {} + && exit
  sleep 0.05
done
"""


class UserManager:
    """systemd as a user's service manager, and what runs in it."""

    def __init__(self, pulse: PulseServer, folder: Path) -> None:
        """Prepare one whose services hear `pulse`; units and configuration lie in `folder`."""
        self.pulse = pulse
        self.home = folder
        self.env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **pulse.env,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._name = str(os.getpid())

    def start(self) -> None:
        """Return when it takes orders."""
        command = ["unshare", "--mount", "--net", "--fork", "--pid", "--mount-proc", "--kill-child"]
        command += ["bash", "-c", _OUTER, "outer", self._name, _INNER, _LOOPBACK]
        self._process = subprocess.Popen(
            command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        self.until(self._is_up, "service manager")

    def close(self) -> None:
        """End it and everything in it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            command = ["unshare", "--mount", "bash", "-c", _CLEAN, "clean", self._name]
            subprocess.run(command, capture_output=True, check=False)

    def run(
        self, *command: str, check: bool = True, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command where the manager is."""
        done = subprocess.run(
            [
                *("nsenter", f"--target={self._pid}", "--mount", "--net", "--pid", "--cgroup"),
                *("env", f"--chdir={folder or self.home}", *command),
            ],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode:
            pytest.fail(f"{command} failed: {done.stdout}{done.stderr}\n{self._what_happened()}")
        return done

    def ishowtts(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `ishowtts` as the user does."""
        return self.run(sys.executable, "-m", "bot", *arguments, check=check)

    def systemctl(self, *arguments: str, check: bool = True) -> str:
        """Run `systemctl --user` and return what it prints."""
        return self.run("systemctl", "--user", *arguments, check=check).stdout

    def show(self, *properties: str, unit: str = "ishowtts.service") -> list[str]:
        """Return properties of a unit."""
        lines = self.systemctl("show", unit, f"--property={','.join(properties)}").splitlines()
        values = dict(line.partition("=")[::2] for line in lines)
        return [values[name] for name in properties]

    def kill(self, signal: str, pid: str) -> None:
        """Send a signal to a process of the manager's."""
        self.run("kill", f"-{signal}", pid)

    def processes(self, pattern: str = "bot") -> list[str]:
        """Return the ids of those processes of the manager's whose command line holds `pattern`."""
        found = self.run("pgrep", "--full", pattern, check=False).stdout.split()
        return [pid for pid in found if pid]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Return when `condition` holds; fail with `what` and the journal otherwise."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"no {what} within {DEADLINE_S:.0f} s\n{self._what_happened()}")
            time.sleep(0.05)

    def _what_happened(self) -> str:
        status = self.systemctl("status", "--no-pager", "--lines=40", "ishowtts*", check=False)
        units = "--user-unit=ishowtts.service"
        return status + self.run("journalctl", "--no-pager", units, check=False).stdout[-5000:]

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None
        return bool(self._children(self._process.pid)) and "running" in self.systemctl(
            "is-system-running", check=False
        )

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._children(self._process.pid)[0]

    @staticmethod
    def _children(pid: int) -> list[int]:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]


def _may_make_namespaces() -> bool:
    command = ["unshare", "--mount", "--net", "--fork", "--pid", "--cgroup", "--mount-proc", "true"]
    return not subprocess.run(command, capture_output=True, check=False).returncode


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UserManager]:
    """Run a user's service manager."""
    needs: dict[str, Callable[[], bool]] = {
        **PULSE_NEEDS,
        "systemd": _SYSTEMD.exists,
        "curl": lambda: shutil.which("curl") is not None,
        "procps": lambda: shutil.which("pgrep") is not None,
    }
    for package, is_there in needs.items():
        if not is_there():
            pytest.skip(f"needs the Debian package {package}")
    if os.geteuid() or not _may_make_namespaces():
        pytest.skip("only root makes the namespaces that a service manager wants")
    pulse = PulseServer(tmp_path_factory.mktemp("pulse"), {"tts": 48_000})
    manager = UserManager(pulse, Path(pulse.env["HOME"]))
    pulse.start()
    try:
        manager.start()
        yield manager
    finally:
        manager.close()
        pulse.close()
