"""Installation of the daemon as a service: units, configuration, and what systemd is told."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import bot
from bot.config import load, shipped_path
from bot.errors import StartError
from bot.hardware import jetson
from bot.runtime.files.folders import write_whole
from bot.service import units
from bot.service.manager import Manager
from bot.service.units import JETSON_CLOCKS, MAIN, Place

Tell = Callable[[str], None]
"""Shows the person what was done."""


def install(*, is_system: bool, config: Path | None, tell: Tell) -> None:
    """Write the units, enable them and start the daemon, with `config` or the usual file.

    A timer that was there and is disabled stays so.

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
    _prepare(place, config, tell)
    if is_system:
        units.check_readable(
            (config or place.config).resolve(),
            remedy="Let everybody read it; secrets belong in the folder credentials.",
        )
    disabled = _disabled(place, systemd)
    rendered = units.rendered(place, version=systemd.version, config=config)
    is_new = {name: _write(place.units / name, text, tell) for name, text in rendered}
    systemd.control("daemon-reload")
    for name in disabled:
        systemctl = "sudo systemctl" if is_system else "systemctl --user"
        tell(f"{name} stays disabled. To enable it: {systemctl} enable --now {name}")
    # The others are started by their timers.
    wanted = [
        name
        for name in is_new
        if f"{name.removesuffix('.service')}.timer" not in is_new and name not in disabled
    ]
    systemd.control("enable", *wanted)
    start = "the system" if is_system else "your session"
    tell(f"Enabled {', '.join(wanted)}: they start with {start}.")
    others = [name for name in wanted if name != MAIN]
    if others:
        systemd.control("start", *others)
    systemd.control("restart" if is_new[MAIN] else "start", MAIN)


def lock_jetson_clocks(tell: Tell) -> None:
    """Write the unit that locks a Jetson's clocks at every boot, enable and start it.

    Raises:
        StartError: this is no Jetson.
        IshowttsError: systemd refused.
    """
    systemd = Manager(is_system=True)
    place = _place(is_system=True)
    if jetson.read() is None:
        raise StartError("This is no Jetson, so there are no clocks to lock.")
    is_new = _write(place.units / JETSON_CLOCKS, units.jetson_clocks(), tell)
    systemd.control("daemon-reload")
    systemd.control("enable", JETSON_CLOCKS)
    systemd.control("restart" if is_new else "start", JETSON_CLOCKS)
    tell("The clocks are locked, now and at every boot. `ishowtts check` shows them.")


def lacks_jetson_clocks() -> bool:
    """Tell whether this is a Jetson without the unit that locks its clocks."""
    return jetson.read() is not None and not (units.system_place().units / JETSON_CLOCKS).exists()


def uninstall(*, is_system: bool, tell: Tell) -> None:
    """Stop the daemon, and remove the units that `install` wrote; the configuration stays.

    Raises:
        StartError: only root may remove them.
        IshowttsError: systemd refused.
    """
    systemd = Manager(is_system=is_system)
    place = _place(is_system=is_system)
    ours = [path for name in units.names() if (path := place.units / name).exists()]
    if not ours:
        tell("There is no service to remove.")
        return
    systemd.control("disable", "--now", *(path.name for path in ours))
    for path in ours:
        path.unlink()
        tell(f"Removed {path}.")
    systemd.control("daemon-reload")
    tell(f"The configuration stays: {place.config}")


def _place(*, is_system: bool) -> Place:
    if is_system and os.geteuid() != 0:
        raise StartError("Only root installs services of the system.", remedy="Use sudo.")
    return units.system_place() if is_system else units.user_place()


def _disabled(place: Place, systemd: Manager) -> list[str]:
    """Return the timers that are there and were turned off."""
    return [
        name
        for name in units.names()
        if name.endswith(".timer") and (place.units / name).exists() and systemd.is_disabled(name)
    ]


def _prepare(place: Place, config: Path | None, tell: Tell) -> None:
    """Make the folders, and a configuration where there is none."""
    if place.data is not None:
        place.data.mkdir(parents=True, exist_ok=True)
    if config is None and not place.config.exists():
        place.config.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place.config, shipped_path().read_bytes())
        if place.is_system:  # whatever the umask of root is: the service has a user of its own
            place.config.parent.chmod(0o755)
            place.config.chmod(0o644)
        tell(f"Wrote {place.config}: the default configuration, for you to change.")
    if place.is_system:
        place.credentials.mkdir(mode=0o700, parents=True, exist_ok=True)
    load(config or place.config)


def _write(path: Path, text: str, tell: Tell) -> bool:
    """Write a unit; tell whether that changed it."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        tell(f"{path} is up to date.")
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise StartError(
            f"The unit {path} cannot be written: {error.strerror}.",
            remedy="Make its folder writable.",
        ) from error
    tell(f"Wrote {path}.")
    return True
