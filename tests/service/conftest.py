"""Real service managers, with journal and sound server, in namespaces of their own."""

import os
import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.conftest import PULSE_NEEDS, PulseServer

DEADLINE_S = 240.0
"""For what hangs: a busy machine takes long."""
_SYSTEMD = Path("/lib/systemd/systemd")
# A user's manager may share the machine's files; one of the system would empty /tmp.
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
LOOPBACK = """
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


# A signal whose handler never returns: the event loop hangs, as in a call that blocks.
HANG = """
import signal, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(3600))
"""


def clean_up(name: str) -> None:
    """Remove the control groups of a manager that has ended."""
    command = ["unshare", "--mount", "bash", "-c", _CLEAN, "clean", name]
    subprocess.run(command, capture_output=True, check=False)


class ServiceManager(ABC):
    """systemd, and what runs in it."""

    scope: str
    """Option of systemd's tools."""
    unit_option: str
    """Option of journalctl."""

    def __init__(self, pulse: PulseServer, folder: Path, env: Mapping[str, str]) -> None:
        """Prepare one whose services hear `pulse`, with a home in `folder`."""
        self.pulse = pulse
        self.home = folder
        self.env = env
        self._process: subprocess.Popen[bytes] | None = None
        self._name = str(os.getpid())

    @property
    @abstractmethod
    def command(self) -> Sequence[str]:
        """What starts it, in namespaces."""

    def start(self) -> None:
        """Return when it takes orders."""
        self._process = subprocess.Popen(
            self.command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        self.until(self._is_up, "service manager")

    def close(self) -> None:
        """End it and everything in it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            clean_up(self._name)

    def run(
        self, *command: str, check: bool = True, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command where the manager is."""
        done = subprocess.run(
            [*self.entering, *("env", f"--chdir={folder or self.home}", *command)],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode:
            pytest.fail(f"{command} failed: {done.stdout}{done.stderr}\n{self._what_happened()}")
        return done

    @property
    def entering(self) -> Sequence[str]:
        """What comes before a command that shall run there."""
        return ("nsenter", f"--target={self._pid}", "--mount", "--net", "--pid", "--cgroup")

    def ishowtts(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `ishowtts` as the user does."""
        return self.run(sys.executable, "-m", "bot", *arguments, check=check)

    def systemctl(self, *arguments: str, check: bool = True) -> str:
        """Run `systemctl` and return what it prints."""
        return self.run("systemctl", self.scope, *arguments, check=check).stdout

    def show(self, *properties: str, unit: str = "ishowtts.service") -> list[str]:
        """Return properties of a unit."""
        lines = self.systemctl("show", unit, f"--property={','.join(properties)}").splitlines()
        values = dict(line.partition("=")[::2] for line in lines)
        return [values[name] for name in properties]

    def kill(self, signal: str, pid: str) -> None:
        """Send a signal to a process of the manager's."""
        assert int(pid) > 1  # 0 would be whoever runs the tests, and 1 the manager itself
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
        units = f"{self.unit_option}=ishowtts.service"
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


class UserManager(ServiceManager):
    """That of a user; units and configuration lie in its home."""

    scope = "--user"
    unit_option = "--user-unit"

    def __init__(self, pulse: PulseServer, folder: Path) -> None:
        """Prepare one whose services hear `pulse`."""
        env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **pulse.env,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
        }
        super().__init__(pulse, folder, env)

    @property
    def command(self) -> Sequence[str]:
        """What starts it."""
        return (
            *("unshare", "--mount", "--net", "--fork", "--pid", "--mount-proc", "--kill-child"),
            *("bash", "-c", _OUTER, "outer", self._name, _INNER, LOOPBACK),
        )


def _may_make_namespaces() -> bool:
    command = ["unshare", "--mount", "--net", "--fork", "--pid", "--cgroup", "--mount-proc", "true"]
    return not subprocess.run(command, capture_output=True, check=False).returncode


def require(*, can_be: Callable[[], bool]) -> None:
    """Skip the test where a package is not there, or a manager cannot be."""
    needs: dict[str, Callable[[], bool]] = {
        **PULSE_NEEDS,
        "systemd": _SYSTEMD.exists,
        "curl": lambda: shutil.which("curl") is not None,
        "procps": lambda: shutil.which("pgrep") is not None,
    }
    for package, is_there in needs.items():
        if not is_there():
            pytest.skip(f"needs the Debian package {package}")
    if os.geteuid() or not can_be():
        pytest.skip("only root makes the namespaces that a service manager wants")


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UserManager]:
    """Run a user's service manager."""
    require(can_be=_may_make_namespaces)
    pulse = PulseServer(tmp_path_factory.mktemp("pulse"), {"tts": 48_000})
    manager = UserManager(pulse, Path(pulse.env["HOME"]))
    pulse.start()
    try:
        manager.start()
        yield manager
    finally:
        manager.close()
        pulse.close()
