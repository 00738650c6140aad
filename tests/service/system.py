"""A real service manager of the system, which may do with its files what it likes.

It lives in namespaces of its own (mounts, processes, network, host name, IPC, control groups). Its
root is an overlay: what it changes or deletes lies in memory and is gone with it, and it refuses to
start on any other root. Kernel settings are read-only, there are no devices, and rights over the
machine as a whole are taken away, from it and all that it starts.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import PulseServer
from tests.service.conftest import HANG, LOOPBACK, ServiceManager, clean_up

REPOSITORY = Path(__file__).parents[2]
PROGRAM = "/opt/ishowtts/bin/ishowtts"
PULSE = Path("/opt/pulse")
_NAMESPACES = (
    *("unshare", "--mount", "--net", "--uts", "--ipc", "--fork", "--pid", "--mount-proc"),
    "--kill-child",
)
# Its arguments: name of the control group; what runs in the new root; then folders, each with the
# place in /opt where it can be read.
_OUTER = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root /mnt/group
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root
for folder in run tmp var/tmp; do mount -t tmpfs -o mode=1777 tmpfs $folder; done
chmod 755 run
mount -t tmpfs -o mode=755 tmpfs dev
for node in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 dev/${node%:*} c 1 ${node#*:}
done
mknod -m 666 dev/tty c 5 0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none /mnt/group
mkdir /mnt/group/ishowtts-test-$1
echo $$ >/mnt/group/ishowtts-test-$1/cgroup.procs
script=$2
shift 2
while [ $# -gt 0 ]; do
  mkdir -p opt/$2
  mount --bind "$1" opt/$2
  mount -o remount,bind,ro opt/$2
  shift 2
done
exec unshare --cgroup bash -ec "$script"
"""
_INNER = """
mount -t cgroup2 none sys/fs/cgroup
pivot_root . mnt
cd /
umount -l /mnt
[ $(stat -f -c %T /) = overlayfs ]
[ $(stat -f -c %T /tmp) = tmpfs ]
mount --make-rshared / # among its services, as a manager wants it
"""
# An installation as in docs/service.md, out of the folders of this one; and of the system nothing
# but what every service needs.
_INSTALLATION = f"""
/opt/python/bin/{Path(sys.executable).resolve().name} -m venv --without-pip /opt/ishowtts
site=$(/opt/ishowtts/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '/opt/source\\n/opt/site\\n' >$site/ishowtts.pth
printf '%s' '{HANG}' >$site/sitecustomize.py
cat >{PROGRAM} <<'END'
#!/opt/ishowtts/bin/python
import sys
from bot.__main__ import main
sys.exit(main())
END
chmod +x {PROGRAM}
"""
_MASKED = (
    "apt-daily-upgrade.timer apt-daily.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer"
    " man-db.timer logrotate.timer systemd-modules-load.service systemd-remount-fs.service"
    " systemd-tmpfiles-clean.timer systemd-udev-trigger.service systemd-udevd.service"
)
_START = f"""
/opt/ishowtts/bin/python -c '{LOOPBACK}'
hostname ishowtts-test
: >/etc/fstab
for unit in {_MASKED}; do ln -sf /dev/null /etc/systemd/system/$unit; done
printf '[Unit]\\nRequires=basic.target\\nAfter=basic.target\\n' >/etc/systemd/system/test.target
mkdir -p /etc/systemd/system.conf.d
# The interpreter may know its library by a path in a home, which the service cannot see.
variable=LD_LIBRARY_PATH=/opt/python/lib
printf "[Manager]\\nDefaultEnvironment=$variable\\n" >/etc/systemd/system.conf.d/test.conf
echo 'pcm.tts {{ type pulse server "unix:{PULSE}/pulse.sock" device tts }}' >/etc/asound.conf
rights=-sys_module,-sys_boot,-sys_rawio,-sys_time,-syslog,-wake_alarm,-mac_admin,-mac_override
exec env --ignore-environment container=test PATH=$PATH setpriv --bounding-set=$rights \\
  /lib/systemd/systemd --system --unit=test.target --show-status=no
"""


class SystemManager(ServiceManager):
    """That of the system, where ishowtts lies in /opt."""

    scope = "--system"
    unit_option = "--unit"

    def __init__(self, pulse: PulseServer, folder: Path) -> None:
        """Prepare one whose services hear `pulse`, which lies in `folder`."""
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        super().__init__(pulse, Path("/root"), {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8"})
        self._name = f"system-{self._name}"
        self._folder = folder

    @property
    def command(self) -> Sequence[str]:
        """What starts it."""
        script = _INNER + _INSTALLATION + _START
        folders = (
            *(sys.base_prefix, "python", str(REPOSITORY), "source"),
            *(sysconfig.get_path("purelib"), "site", str(self._folder), PULSE.name),
        )
        return (*_NAMESPACES, "bash", "-c", _OUTER, "outer", self._name, script, *folders)

    @property
    def entering(self) -> Sequence[str]:
        """What comes before a command that shall run there."""
        return (*super().entering, "--uts", "--ipc", "--root")

    def ishowtts(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `ishowtts` as root does."""
        return self.run(PROGRAM, *arguments, check=check)


def may_be() -> bool:
    """Tell whether this machine lets it have a root of its own."""
    with tempfile.TemporaryDirectory() as name:
        folders = (name, "test")
        command = [*_NAMESPACES, "bash", "-c", _OUTER, "outer", f"probe-{os.getpid()}", _INNER]
        done = subprocess.run([*command, *folders], capture_output=True, check=False)
    clean_up(f"probe-{os.getpid()}")
    return not done.returncode
