"""A stand-in for Windows, for `bot` alone: with this folder on PYTHONPATH every process has it.

What imports `os` and the like from a module of `bot` gets it without what Windows lacks (Python's
documentation: "Availability: Unix"), `sys.platform` says win32, modules that only POSIX has cannot
be imported, and the event loop has no `add_reader` and no signal handlers. The libraries and the
system itself stay what they are: that is what this cannot show.
"""

import asyncio
import builtins
import os
import signal
import socket
import subprocess
import sys
import time
from types import ModuleType

ABSENT = {
    "_posixsubprocess", "crypt", "curses", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty",
    "pwd", "readline", "resource", "spwd", "syslog", "termios", "tty",
}  # fmt: skip
LACKS = {
    "os": {
        "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "WNOHANG", "chown",
        "chroot", "confstr", "environb", "eventfd", "fchdir", "fchmod", "fchown", "fdatasync",
        "fork", "forkpty", "fstatvfs", "get_blocking", "getegid", "geteuid", "getgid",
        "getgroups", "getloadavg", "getpgid", "getpgrp", "getpriority", "getrandom", "getsid",
        "getuid", "getxattr", "initgroups", "killpg", "lchown", "lockf", "memfd_create", "mkfifo",
        "mknod", "nice", "openpty", "pidfd_open", "pipe2", "posix_fadvise", "posix_spawn",
        "pread", "preadv", "pwrite", "pwritev", "readv", "sched_getaffinity", "sched_setaffinity",
        "sched_setscheduler", "sched_yield", "sendfile", "set_blocking", "setegid", "seteuid",
        "setgid", "setgroups", "setpgid", "setpriority", "setsid", "setuid", "setxattr", "splice",
        "statvfs", "sync", "sysconf", "tcgetpgrp", "ttyname", "uname", "wait", "wait3", "wait4",
        "waitid", "writev",
    },
    "signal": {
        "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGIO", "SIGKILL", "SIGPIPE",
        "SIGPROF", "SIGQUIT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGUSR1", "SIGUSR2",
        "SIGWINCH", "alarm", "pause", "pthread_kill", "pthread_sigmask", "setitimer",
        "siginterrupt", "sigpending", "sigtimedwait", "sigwait", "sigwaitinfo",
    },
    "socket": {
        "AF_NETLINK", "AF_PACKET", "AF_UNIX", "MSG_DONTWAIT", "SCM_RIGHTS", "SO_REUSEPORT",
        "recv_fds", "send_fds",
    },
    "time": {"CLOCK_BOOTTIME", "CLOCK_MONOTONIC", "CLOCK_REALTIME", "clock_gettime", "tzset"},
}  # fmt: skip
HAS: dict[str, dict[str, object]] = {
    "os": {"name": "nt"},
    "signal": {"SIGBREAK": signal.SIGHUP},
    "subprocess": {"CREATE_NEW_PROCESS_GROUP": 0},
    "sys": {"platform": "win32"},
}


class _Windows(ModuleType):
    """A module of the standard library as it would be there."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module.__name__)
        vars(self)["_module"] = module

    def __getattr__(self, name: str) -> object:
        own = self.__name__
        if name in LACKS.get(own, ()):
            raise AttributeError(f"{own}.{name} is not there on Windows")
        extra = HAS.get(own, {})
        return extra[name] if name in extra else getattr(vars(self)["_module"], name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(vars(self)["_module"], name, value)


_STAND_INS = {m.__name__: _Windows(m) for m in (os, signal, socket, subprocess, sys, time)}
_import = builtins.__import__


def _importing(name, scope=None, locals=None, fromlist=(), level=0):  # type: ignore[no-untyped-def]  # noqa: A002, ANN001, ANN202
    spec = (scope or {}).get("__spec__")
    if spec is not None and spec.name.partition(".")[0] == "bot":
        if name in ABSENT:
            raise ImportError(f"{name} is not there on Windows")
        if name in _STAND_INS:
            return _STAND_INS[name]
    return _import(name, scope, locals, fromlist, level)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop with child processes and pipes, and without these, as Windows has it."""

    add_reader = asyncio.AbstractEventLoop.add_reader
    add_writer = asyncio.AbstractEventLoop.add_writer
    remove_reader = asyncio.AbstractEventLoop.remove_reader
    remove_writer = asyncio.AbstractEventLoop.remove_writer
    add_signal_handler = asyncio.AbstractEventLoop.add_signal_handler
    remove_signal_handler = asyncio.AbstractEventLoop.remove_signal_handler
    create_unix_connection = asyncio.AbstractEventLoop.create_unix_connection
    create_unix_server = asyncio.AbstractEventLoop.create_unix_server


class _Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = _Loop


asyncio.set_event_loop_policy(_Policy())
builtins.__import__ = _importing
