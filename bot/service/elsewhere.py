"""Other installations of this program on this machine: whether one is newer, or is what runs.

They are looked for where shells, pipx, uv and systemd look. Their versions are read from what their
installers wrote; nothing that is found is run, and no network is asked.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from math import inf
from pathlib import Path
from typing import NamedTuple

import bot
from bot.errors import IshowttsError
from bot.runtime.installed import address, update_command

_NAME = "ishowtts"
_PACKAGES = ("lib/python3*/site-packages", "local/lib/python3*/dist-packages", "Lib/site-packages")
"""Folders of packages in an environment: POSIX, Debian's own Python, Windows."""
_INFO = f"{_NAME}-*.dist-info"
_VERSION = re.compile(
    r"(?P<release>\d+(\.\d+)*)((?P<stage>a|b|rc)(?P<number>\d+))?"
    r"(\.post(?P<post>\d+))?(\.dev(?P<dev>\d+))?(\+.*)?"
)
_Order = tuple[list[int], tuple[str, int], int, float]
"""Release, stage before it, release after it, development version."""


class Installation(NamedTuple):
    """One environment that has this program."""

    program: Path
    """What starts it."""
    environment: Path
    version: str
    address: str
    """Where it was installed from; empty if that is unknown."""


class Unit(NamedTuple):
    """The service of systemd, as it is installed."""

    is_system: bool
    program: Path
    """What it starts."""


def differences(running: str = "") -> Iterator[tuple[str, IshowttsError]]:
    """Yield what a person should know who believes that there is this installation alone.

    Args:
        running: Version of the daemon that runs; empty if none does, or it does not tell.

    Yields:
        What it is about, and the sentence with its remedy.
    """
    ours, units = bot.version(), [*_units()]
    newest = None
    for found in installations(units):
        if is_newer(found.version, newest.version if newest else ours):
            newest = found
    if newest:
        yield (
            "installation",
            IshowttsError(
                f"{newest.program} is of version {newest.version}, newer than this one, {ours}.",
                remedy=f"Call that one, or update this one: {update_command(newest.address)}",
            ),
        )
    for unit in units:
        started = installation_of(unit.program)
        if started and started.version != ours and not is_newer(started.version, ours):
            yield (
                "service",
                IshowttsError(
                    f"It starts {unit.program}, of version {started.version}; this one is {ours}.",
                    remedy=f"Let it start this one: {_install_service(unit)}",
                ),
            )
    if running not in {"", ours}:
        yield (
            "daemon",
            IshowttsError(
                f"The one that runs is of version {running}; this one is {ours}.",
                remedy=f"Call the ishowtts that it is, or update this one: {update_command()}"
                if is_newer(running, ours)
                else f"Start it anew: {_restart(units)}",
            ),
        )


def installations(units: list[Unit]) -> Iterator[Installation]:
    """Yield every other installation that is found, and each once."""
    seen = {Path(sys.prefix).resolve()}
    for program in (*_on_path(), *_of_tools(), *(unit.program for unit in units)):
        found = installation_of(program)
        if found and found.environment not in seen:
            seen.add(found.environment)
            yield found


def installation_of(program: Path) -> Installation | None:
    """Return the installation that `program` starts; None if it is none of ours.

    pipx and uv put a link on the path, which leads into the environment; the interpreter of an
    environment is a link that leads out of it.
    """
    for place in (program, program.resolve()):
        environment = place.parent.parent.resolve()
        for packages in _PACKAGES:
            for info in environment.glob(f"{packages}/{_INFO}"):
                version = info.name.removeprefix(f"{_NAME}-").removesuffix(".dist-info")
                where = address(metadata.Distribution.at(info))
                return Installation(program, environment, version, where)
    return None


def is_newer(version: str, other: str) -> bool:
    """Tell whether `version` comes after `other`; no if one of them is no version."""
    first, second = _order(version), _order(other)
    return first is not None and second is not None and first > second


def _order(version: str) -> _Order | None:
    """Return what versions are compared by; None for what is none.

    What stands behind "+" says which commit was built, and orders nothing.
    Source: https://packaging.python.org/en/latest/specifications/version-specifiers/.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    release = [int(number) for number in match["release"].split(".")]
    while release and not release[-1]:
        release.pop()
    stage = (match["stage"], int(match["number"])) if match["stage"] else ("z", 0)
    if match["dev"] and not match["stage"] and not match["post"]:
        stage = ("", 0)  # a development version comes before the first "a" of its release
    post = int(match["post"]) if match["post"] else -1
    return release, stage, post, int(match["dev"]) if match["dev"] else inf


def _on_path() -> Iterator[Path]:
    for folder in os.get_exec_path():
        if program := shutil.which(_NAME, path=folder):
            yield Path(program).absolute()


def _of_tools() -> Iterator[Path]:
    """Yield the programs in the folders of pipx and uv, which need not be on the path.

    Source: `pipx environment`, `uv tool dir`.
    """
    home, variables = Path.home(), os.environ
    data = Path(variables.get("XDG_DATA_HOME") or home / ".local" / "share")
    pipx = [data / "pipx", home / ".local" / "pipx", home / "pipx", Path("/opt/pipx")]
    uv = [data / "uv" / "tools"]
    if folder := variables.get("PIPX_HOME"):
        pipx.insert(0, Path(folder))
    if folder := variables.get("UV_TOOL_DIR"):
        uv.insert(0, Path(folder))
    if folder := variables.get("APPDATA"):
        uv.append(Path(folder) / "uv" / "data" / "tools")
    for environments in (*(folder / "venvs" for folder in pipx), *uv):
        for program in (f"bin/{_NAME}", f"Scripts/{_NAME}.exe"):
            if (place := environments / _NAME / program).is_file():
                yield place


def _units() -> Iterator[Unit]:
    if sys.platform == "linux":
        from bot.service import units  # noqa: PLC0415 - Windows lacks what it imports

        for place in (units.user_place(), units.system_place()):
            if program := units.started(place):
                yield Unit(place.is_system, program)


def _install_service(unit: Unit) -> str:
    from bot.service import units  # noqa: PLC0415 - Windows lacks what it imports

    command = " ".join([*units.program(), "service", "install"])
    return f"sudo {command} --system" if unit.is_system else command


def _restart(units: list[Unit]) -> str:
    if not units:
        return "end it, and run this one"
    return f"{'sudo systemctl' if units[0].is_system else 'systemctl --user'} restart {_NAME}"
