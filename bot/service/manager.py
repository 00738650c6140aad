"""systemd's own tools, and what they say."""

import os
import pwd
import shutil
import subprocess

from bot.errors import IshowttsError, StartError


class Manager:
    """One of the two service managers."""

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
        """Make sure that it takes orders.

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

    def state(self, unit: str) -> dict[str, str]:
        """Return the properties of `unit`."""
        wanted = (
            "LoadState,ActiveState,SubState,Result,UnitFileState,StatusText,MainPID,NRestarts,"
            "ActiveEnterTimestamp,MemoryCurrent,ExecMainStatus"
        )
        lines = self.control("show", unit, f"--property={wanted}").splitlines()
        return dict(line.partition("=")[::2] for line in lines)


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
        raise IshowttsError(sentence, remedy=_remedy(said))
    return done.stdout


def _remedy(said: str) -> str:
    if "Failed to connect to bus" in said:
        return (
            "There is no service manager of this user here: log in as the user itself (not with su"
            " or sudo), or use --system."
        )
    if said.startswith("Job for"):
        return "What the daemon said: ishowtts service logs"
    if "Access denied" in said or "authentication required" in said:
        return "Run it with sudo."
    return ""
