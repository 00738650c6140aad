"""A machine of its own: Debian as it was unpacked, and somebody who sits before it.

Its root is an overlay, so that what is changed is gone with it; processes, mounts, names and
network are its own. Programs there reach the registries by slirp4netns, other machines those that
they are connected with. The user is `me`, who may use sudo; what pip needs here is lent to them.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import wait_until
from tests.real.image import REPOSITORY, lent, pip_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

HOME = "/home/me"
SOURCE = f"{HOME}/ishowtts"
"""The folder of the source, where the pages' commands are typed."""
NEEDS = {"slirp4netns": "slirp4netns", "ip": "iproute2", "nsenter": "util-linux"}
"""Programs, and the Debian packages that have them."""
_USER = 1000
_UP = "/run/is-up"
_CONSTRAINTS = "/run/constraints.txt"
_NAMESPACES = ("--mount", "--net", "--uts", "--ipc", "--pid")
# Its arguments: the folder of Debian; one for what is changed; its name; then each file or folder
# that is lent, and its place. It waits as process 1, and reaps what others leave.
_BOOT = """
set -e
mount --make-rprivate /
cd "$2"
mkdir -p upper work root
mount -t overlay -o "lowerdir=$1,upperdir=upper,workdir=work" overlay root
cd root
hostname "$3"
shift 3
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm dev/net
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 fuse:10:229 net/tun:10:200; do
  IFS=: read -r name major minor <<<"$node"
  mknod -m 666 dev/$name c $major $minor
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -s fd/${number%:*} dev/${number#*:}; done
while [ $# -gt 0 ]; do
  if [ -d "$1" ]; then mkdir -p ".$2"; else mkdir -p ".${2%/*}"; touch ".$2"; fi
  mount --bind "$1" ".$2"
  mount -o remount,bind,ro ".$2"
  shift 2
done
mkdir -p mnt
pivot_root . mnt
cd /
umount -l /mnt
mount --make-rshared / # as systemd leaves it
ip link set lo up
echo "127.0.0.1 localhost $(hostname) irc-ws.chat.twitch.tv" >/etc/hosts
touch %s
while :; do sleep 3600 & wait $!; done
""".replace("%s", _UP)
# What was there before anybody follows a page: the account, sudo that asks for nothing, the "y" to
# apt's question, and folders that a session would have made. Its argument: the build of torch.
_ACCOUNT = f"""
set -e
useradd --create-home --uid {_USER} --shell /bin/bash me
echo 'me ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/me
echo 'Defaults env_keep += "PIP_*"' >>/etc/sudoers.d/me
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/90yes
install -d -o me -g me -m 700 /run/user/{_USER}
install -d -m 1777 /tmp/.X11-unix
install -d -o me -g me {SOURCE}
echo "$1" >{_CONSTRAINTS}
"""


class Machine:
    """One that runs from `start` to `close`."""

    def __init__(self, name: str, debian: Path, folder: Path, torch: str) -> None:
        """Prepare one in `folder`, over `debian`; of torch it takes the build `torch`."""
        self.name = name
        self._debian = debian
        self._folder = folder
        self.torch = torch
        self.environment = {
            "HOME": HOME,
            "USER": "me",
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "XDG_RUNTIME_DIR": f"/run/user/{_USER}",
            **_packages(),
        }
        """What the user's programs are given."""
        # Its own names are enough, and that of Twitch is its own too: nobody is asked there.
        self._lent = [pair for pair in lent() if pair[1] != "/etc/hosts"]
        self._processes: list[subprocess.Popen[bytes]] = []
        self.pid = 0
        """Of its process 1, as it is seen from here."""

    def start(self) -> None:
        """Return when somebody can sit down before it."""
        self._folder.mkdir()
        places = [name for pair in self._lent for name in pair]
        command = ["unshare", *_NAMESPACES, "--fork", "--kill-child", "bash", "-c", _BOOT, "boot"]
        command += [str(self._debian), str(self._folder), self.name, *places]
        outer = self._begin(command)
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
        wait_until(lambda: bool(children.read_text()), "process 1")
        self.pid = int(children.read_text())
        wait_until(self.path(_UP).exists, f"start; see {self.log}")
        network = ["slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback"]
        self._begin([*network, str(self.pid), "tap0"])
        wait_until(lambda: "tap0" in self.as_root("cat", "/proc/net/route"), "network")
        self.as_root("bash", "-c", _ACCOUNT, "account", self.torch)
        self._copy_source()

    def close(self) -> None:
        """End it, and all that runs on it."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def path(self, place: str) -> Path:
        """Return how a file of the machine is reached from outside."""
        return Path(f"/proc/{self.pid}/root{place}")

    @property
    def entering(self) -> Sequence[str]:
        """What comes before a command that root runs there."""
        inside = ("nsenter", f"--target={self.pid}", *_NAMESPACES, "--root")
        return (*inside, "env", "--ignore-environment", "--chdir=/")

    @property
    def as_me(self) -> Sequence[str]:
        """What comes before a command that the user runs there."""
        user = ("setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--init-groups")
        variables = (f"{name}={value}" for name, value in self.environment.items())
        return (*self.entering, *variables, *user)

    @property
    def lent(self) -> Sequence[str]:
        """Places of what pip needs here, for a container on the machine."""
        own = {"/etc/resolv.conf", "/etc/pip.conf"}
        return [*(place for _, place in self._lent if place not in own), _CONSTRAINTS]

    @property
    def pip_settings(self) -> str:
        """What pip is told here, as the file of settings beside what is `lent`."""
        told = {name[4:]: value for name, value in _packages().items() if name.startswith("PIP_")}
        lines = [f"{name.lower().replace('_', '-')} = {value}" for name, value in told.items()]
        return "\n".join(["[global]", *lines, ""])

    def connect(self, other: Machine, addresses: tuple[str, str]) -> None:
        """Put both into one network, under these addresses."""
        link = ["ip", "link", "add", "name", "lan", "netns", str(self.pid), "type", "veth"]
        link += ["peer", "name", "lan", "netns", str(other.pid)]
        subprocess.run(link, check=True)
        for machine, address in zip((self, other), addresses, strict=True):
            machine.as_root("ip", "address", "add", f"{address}/24", "dev", "lan")
            machine.as_root("ip", "link", "set", "lan", "up")

    @property
    def in_its_network(self) -> Sequence[str]:
        """What comes before a program of ours that runs as if it were there."""
        return ("nsenter", f"--target={self.pid}", "--net")

    def follow(self, text: str, folder: str = SOURCE) -> str:
        """Type the commands of `text` in a terminal; return what they print."""
        done = subprocess.run(
            [*self.as_me, *_shell(folder, f"set -euo pipefail\n{text}")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"on {self.name}:\n{text}\n{done.stdout}"
        return done.stdout

    def write(self, place: str, text: str) -> None:
        """Write a file of the user's, with an editor."""
        command = 'mkdir -p "${1%/*}"; umask 077; cat >"$1"'
        subprocess.run(
            [*self.as_me, "bash", "-c", command, "write", place], input=text.encode(), check=True
        )

    def begin(self, command: str, folder: str = SOURCE) -> subprocess.Popen[bytes]:
        """Type a command that stays; its words go to `log`."""
        return self._begin([*self.as_me, *_shell(folder, f"exec {command}")])

    @staticmethod
    def end(process: subprocess.Popen[bytes], by: signal.Signals = signal.SIGINT) -> None:
        """Press Ctrl-C in the terminal of a command that stays; return when all of it is gone."""
        os.killpg(process.pid, by)
        process.wait()
        wait_until(lambda: not _is_there(process.pid), "end of what was started")

    @property
    def log(self) -> Path:
        """What the commands that stay have printed."""
        return self._folder / "log"

    def answers(self, path: str, *more: str, port: int = 7850) -> bool:
        """Tell whether something of the machine answers well to its own curl."""
        command = ["curl", "--silent", "--fail", "--max-time", "20", *more]
        address = f"http://127.0.0.1:{port}{path}"
        whole = [*self.in_its_network, *command, address]
        done = subprocess.run(whole, capture_output=True, check=False)
        return done.returncode == 0

    def as_root(self, *command: str) -> str:
        """Run a command as root; return what it prints."""
        path = f"PATH={self.environment['PATH']}"
        done = subprocess.run(
            [*self.entering, path, *command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"on {self.name}: {command}: {done.stderr}"
        return done.stdout

    def _begin(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        # Nothing of it is left where whoever runs the tests is killed.
        bound = ("setpriv", "--pdeathsig", "KILL")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*bound, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _copy_source(self) -> None:
        """Unpack what is tracked, as somebody who fetched the source has it."""
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True
        ).stdout
        pack = ["tar", "--create", "--null", "--files-from=-"]
        archive = subprocess.run(
            pack, cwd=REPOSITORY, input=listed, capture_output=True, check=True
        ).stdout
        unpack = [*self.as_me, "tar", "--extract", f"--directory={SOURCE}", "--no-same-owner"]
        subprocess.run(unpack, input=archive, check=True)


def _is_there(group: int) -> bool:
    """Tell whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _shell(folder: str, script: str) -> Sequence[str]:
    return ("bash", "-l", "-c", f"cd {folder}\n{script}")


def _packages() -> dict[str, str]:
    """Return what pip and uv are told: the machine's own ways, and one build of torch."""
    told = pip_variables() | {"PIP_CONSTRAINT": _CONSTRAINTS}
    told |= {"UV_CONSTRAINT": _CONSTRAINTS, "SSL_CERT_FILE": told["PIP_CERT"]}
    links = told.get("PIP_FIND_LINKS")
    return told | ({"UV_FIND_LINKS": links} if links else {})
