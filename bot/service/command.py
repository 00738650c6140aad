"""What `ishowtts service` does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bot
from bot.config import default_path, load
from bot.errors import IshowttsError, StartError
from bot.hardware import jetson
from bot.service import manager, units
from bot.service.manager import Manager
from bot.service.units import JETSON_CLOCKS, MAIN, Place

_STATES = {"active": "runs", "activating": "is starting", "inactive": "does not run"}


def install(*, is_system: bool, config: Path | None, linger: bool | None) -> None:
    """Write the units, enable them and start the daemon; say what was done.

    Args:
        is_system: For the system instead of this user.
        config: The configuration, if it is not the usual file.
        linger: Whether the user's services start at boot; None asks.

    Raises:
        ConfigError: the configuration holds mistakes.
        StartError: it cannot be a service here.
        IshowttsError: systemd refused.
    """
    systemd = Manager(is_system=is_system)
    place = _place(is_system=is_system)
    systemd.check()
    if is_system:
        for needed in (units.program()[0], sys.executable, bot.__file__):
            units.check_readable(
                Path(needed).resolve(),
                remedy="Install ishowtts in a folder such as /opt/ishowtts; or leave out --system.",
            )
    _prepare(place, config)
    if is_system:
        units.check_readable(
            (config or place.config).resolve(),
            remedy="Let everybody read it; secrets belong in the folder credentials.",
        )
    written = [
        _write(place.units / name, text)
        for name, text in units.rendered(place, version=systemd.version, config=config)
    ]
    systemd.control("daemon-reload")
    names = [path.name for path, _ in written]
    wanted = [name for name in names if _is_enabled_itself(name, names)]
    systemd.control("enable", *wanted)
    _say(f"Enabled {', '.join(wanted)}: they start with {_when(is_system=is_system)}.")
    others = [name for name in wanted if name != MAIN]
    if others:
        systemd.control("start", *others)
    is_new = any(is_new for path, is_new in written if path.name == MAIN)
    systemd.control("restart" if is_new else "start", MAIN)
    _say(f"{MAIN} {_state(systemd)}.")
    if not is_system:
        _see_to_linger(linger)
    if _is_jetson() and not (units.system_place().units / JETSON_CLOCKS).exists():
        _say("To lock this Jetson's clocks: sudo ishowtts service install --jetson-clocks")
    _say(f"What it says: ishowtts service logs{' --system' if is_system else ''}")


def install_jetson_clocks() -> None:
    """Write the unit that locks a Jetson's clocks at every boot, enable and start it.

    Raises:
        StartError: this is no Jetson.
        IshowttsError: systemd refused.
    """
    systemd = Manager(is_system=True)
    place = _place(is_system=True)
    if not _is_jetson():
        raise StartError("This is no Jetson, so there are no clocks to lock.")
    _, is_new = _write(place.units / JETSON_CLOCKS, units.jetson_clocks())
    systemd.control("daemon-reload")
    systemd.control("enable", JETSON_CLOCKS)
    systemd.control("restart" if is_new else "start", JETSON_CLOCKS)
    _say("The clocks are locked, now and at every boot. `ishowtts check` shows them.")


def uninstall(*, is_system: bool) -> None:
    """Stop the daemon, and remove the units; the configuration stays.

    Raises:
        IshowttsError: systemd refused.
    """
    systemd = Manager(is_system=is_system)
    place = _place(is_system=is_system)
    ours = sorted(place.units.glob("ishowtts*.service")) + sorted(
        place.units.glob("ishowtts*.timer")
    )
    if not ours:
        _say("There is no service to remove.")
        return
    systemd.control("disable", "--now", *(path.name for path in ours))
    for path in ours:
        path.unlink()
        _say(f"Removed {path}.")
    systemd.control("daemon-reload")
    _say(f"The configuration stays: {place.config}")


def status(*, is_system: bool) -> bool:
    """Print how the service is; tell whether it runs.

    Raises:
        IshowttsError: systemd does not answer.
    """
    systemd = Manager(is_system=is_system)
    state = systemd.state(MAIN)
    if state["LoadState"] != "loaded":
        _say("It is not installed. Install it: ishowtts service install")
        return False
    _say(f"{MAIN} {_state(systemd)}, and is {state['UnitFileState']}.")
    if state["ActiveState"] == "active":
        _say(f"  since {state['ActiveEnterTimestamp']}, process {state['MainPID']}")
    if state["StatusText"]:
        _say(f"  {state['StatusText']}")
    if state["MemoryCurrent"].isdecimal():
        _say(f"  memory {int(state['MemoryCurrent']) / 2**20:.0f} MiB")
    _say(f"  restarted {state['NRestarts']} times")
    if not is_system and manager.lingers() is False:
        _say(f"  it ends when you log out; to change that: {_linger_command()}")
    return state["ActiveState"] == "active"


def logs(*, is_system: bool, follow: bool, lines: int, matches: list[str]) -> int:
    """Show the service's log with journalctl; return its exit code.

    Raises:
        StartError: it is not here.
    """
    journalctl = shutil.which("journalctl")
    if journalctl is None:
        raise StartError("This system has no journal, so there is no log to show.")
    unit = f"--unit={MAIN}" if is_system else f"--user-unit={MAIN}"
    command = [journalctl, unit, f"--lines={lines}", *(["--follow"] if follow else []), *matches]
    try:
        return subprocess.run(command, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        return 0  # how one stops following


def _place(*, is_system: bool) -> Place:
    if is_system and os.geteuid() != 0:
        raise StartError("Only root installs services of the system.", remedy="Use sudo.")
    return units.system_place() if is_system else units.user_place()


def _is_jetson() -> bool:
    return jetson.read() is not None


def _prepare(place: Place, config: Path | None) -> None:
    """Make the folders, and a configuration where there is none."""
    if place.data is not None:
        place.data.mkdir(parents=True, exist_ok=True)
    if config is None and not place.config.exists():
        place.config.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(default_path(), place.config)
        if place.is_system:  # whatever the umask of root is: the service has a user of its own
            place.config.parent.chmod(0o755)
            place.config.chmod(0o644)
        _say(f"Wrote {place.config}: the default configuration, for you to change.")
    if place.is_system:
        place.credentials.mkdir(mode=0o700, parents=True, exist_ok=True)
    load(config or place.config)


def _write(path: Path, text: str) -> tuple[Path, bool]:
    """Write a unit; tell whether that changed it."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        _say(f"{path} is up to date.")
        return path, False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"The unit {path} cannot be written: {error.strerror}.",
            remedy="Make its folder writable.",
        ) from error
    _say(f"Wrote {path}.")
    return path, True


def _is_enabled_itself(name: str, names: list[str]) -> bool:
    """Tell whether a unit starts by itself, not by a timer."""
    return name.removesuffix(".service") + ".timer" not in names


def _when(*, is_system: bool) -> str:
    return "the system" if is_system else "your session"


def _state(systemd: Manager) -> str:
    state = systemd.state(MAIN)
    told = _STATES.get(state["ActiveState"], f"has failed ({state['Result']})")
    return f"{told} ({state['SubState']})" if state["ActiveState"] == "activating" else told


def _see_to_linger(wanted: bool | None) -> None:  # noqa: FBT001 - three answers
    if manager.lingers():
        _say("It starts at boot, without anybody logged in.")
        return
    if wanted is None and sys.stdin.isatty():
        answer = input("Start it at boot, before anybody logs in (linger)? [y/N] ")
        wanted = answer.strip().lower() in {"y", "yes"}
    if not wanted:
        _say(f"It runs while you are logged in. To start it at boot: {_linger_command()}")
        return
    try:
        manager.linger()
    except IshowttsError as error:
        _say(f"It runs while you are logged in: {error.message} Try: sudo {_linger_command()}")
    else:
        _say("It starts at boot, without anybody logged in.")


def _linger_command() -> str:
    return f"loginctl enable-linger {manager.user_name()}"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's answer
