"""Service manager: systemd's own tools, and what they print."""

import os
import pwd
import shutil
import subprocess
from typing import NamedTuple

from bot.errors import IshowttsError, StartError

_PROPERTIES = (
    "LoadState,ActiveState,SubState,Result,UnitFileState,StatusText,MainPID,NRestarts,"
    "ActiveEnterTimestamp,MemoryCurrent"
)


class UnitState(NamedTuple):
    """State of a unit, in the words of systemd."""

    is_loaded: bool
    """Whether systemd knows the unit."""
    active: str
    """Such as active, activating, inactive, failed."""
    sub: str
    """Finer than `active`: running, auto-restart and so on."""
    result: str
    """Why it failed, such as exit-code or watchdog."""
    enabled: str
    """Such as enabled or disabled."""
    status: str
    """Line that the service itself told."""
    pid: str
    restarts: str
    since: str
    """Time at which it became active, for people."""
    memory_bytes: int | None


class Manager:
    """The service manager of the system, or of this user."""

    def __init__(self, *, is_system: bool) -> None:
        """Find systemd.

        Raises:
            StartError: it is not here.
        """
        self._scope = "--system" if is_system else "--user"
        if shutil.which("systemctl") is None:
            raise StartError(
                "This system has no systemd, so there is no service.",
                remedy="Run the daemon itself: ishowtts run",
            )

    def check(self) -> None:
        """Make sure that it answers.

        Raises:
            IshowttsError: it does not.
        """
        self.control("show", "--property=Version")

    @property
    def version(self) -> int:
        """Version of systemd."""
        words = _run("systemctl", "--version").split()
        return int(words[1].partition(".")[0].partition("~")[0])

    def control(self, *arguments: str) -> str:
        """Run `systemctl` and return what it prints.

        Raises:
            IshowttsError: it failed; with its own words.
        """
        return _run("systemctl", self._scope, *arguments)

    def state(self, unit: str) -> UnitState:
        """Return the state of `unit`.

        Raises:
            IshowttsError: systemd does not answer.
        """
        lines = self.control("show", unit, f"--property={_PROPERTIES}").splitlines()
        told = dict(line.partition("=")[::2] for line in lines)
        memory = told["MemoryCurrent"]
        return UnitState(
            is_loaded=told["LoadState"] == "loaded",
            active=told["ActiveState"],
            sub=told["SubState"],
            result=told["Result"],
            enabled=told["UnitFileState"],
            status=told["StatusText"],
            pid=told["MainPID"],
            restarts=told["NRestarts"],
            since=told["ActiveEnterTimestamp"],
            memory_bytes=int(memory) if memory.isdecimal() else None,
        )

    def is_disabled(self, unit: str) -> bool:
        """Tell whether `unit` is installed, but not enabled.

        Raises:
            IshowttsError: systemd does not answer.
        """
        return self.control("show", unit, "--property=UnitFileState", "--value") == "disabled\n"


def lingers() -> bool | None:
    """Tell whether this user's services run without a log-in; None where that is unknown."""
    try:
        answer = _run("loginctl", "show-user", user_name(), "--property=Linger", "--value")
    except IshowttsError:
        return None  # nobody is logged in, or there is no logind
    return answer.strip() == "yes"


def linger() -> None:
    """Let this user's services run from boot on.

    Raises:
        IshowttsError: it is not permitted.
    """
    _run("loginctl", "enable-linger", user_name())


def user_name() -> str:
    """Return the account that this process belongs to."""
    return pwd.getpwuid(os.getuid()).pw_name


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise IshowttsError(f"{command[0]} cannot be started: {error.strerror}.") from error
    if done.returncode:
        said = done.stderr.strip() or f"exit code {done.returncode}"
        sentence = f"`{' '.join(command)}` failed: {said.rstrip('.')}."
        raise IshowttsError(sentence, remedy=_remedy(said, is_system="--system" in command))
    return done.stdout


def _remedy(said: str, *, is_system: bool) -> str:
    if "Failed to connect to bus" in said:
        if is_system:
            return "systemd does not run this system; run the daemon itself: ishowtts run"
        return (
            "There is no service manager of this user here: log in as the user itself (not with su"
            " or sudo), or use --system."
        )
    if said.startswith("Job for"):
        return f"What the daemon said: ishowtts service logs{' --system' if is_system else ''}"
    if "Access denied" in said or "authentication required" in said:
        return "Run it with sudo."
    return ""
