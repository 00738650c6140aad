"""Units of systemd that come with the package, filled in for an installation."""

import grp
import os
import re
import shlex
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bot.errors import StartError
from bot.runtime.files.folders import resource

MAIN = "ishowtts.service"
JETSON_CLOCKS = "ishowtts-jetson-clocks.service"
_SYSTEM = "ishowtts-system.service"
_PROGRAM = "/usr/bin/env ishowtts"
_DIRECTORY_CREDENTIALS = 251
"""First version of systemd whose LoadCredential= takes a folder."""
_LOG_INS = "twitch-*.json"
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_ASKING = "ishowtts-bench"
"""Prefix of the services that ask the daemon whether it is idle, and need its token."""
_WHO_AND_WHERE = (
    "CacheDirectory=",
    "DynamicUser=",
    "Environment=HOME=",
    "StateDirectory",
    "SupplementaryGroups=",
    "User=",
    "WorkingDirectory=",
)


class Place(NamedTuple):
    """Folders and files of an installation, for the system or for one user."""

    is_system: bool
    units: Path
    config: Path
    """The configuration, unless another one is named."""
    data: Path | None
    """Where relative paths of the configuration count from; None if the unit makes it."""
    credentials: Path
    """The folder of secrets."""


def user_place() -> Place:
    """Return the place of an installation for this user."""
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return Place(
        is_system=False,
        units=config / "systemd" / "user",
        config=config / "ishowtts" / "config.yaml",
        data=home / ".local" / "share" / "ishowtts",
        credentials=config / "ishowtts" / "credentials",
    )


def system_place(root: Path = Path("/")) -> Place:
    """Return the place of an installation for the system, in a file system below `root`."""
    return Place(
        is_system=True,
        units=root / "etc/systemd/system",
        config=root / "etc/ishowtts/config.yaml",
        data=None,
        credentials=root / "etc/ishowtts/credentials",
    )


def program() -> tuple[str, ...]:
    """Return the command that starts the `ishowtts` that is running."""
    invoked = Path(sys.argv[0])
    if invoked.name == "ishowtts" and invoked.is_file():
        return (str(invoked.absolute()),)
    beside = Path(sys.executable).with_name("ishowtts")
    return (str(beside),) if beside.is_file() else (sys.executable, "-m", "bot")


def started(place: Place) -> Path | None:
    """Return the program that the daemon's unit in `place` starts; None where there is none."""
    try:
        text = (place.units / MAIN).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    command = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)
    try:
        words = shlex.split(command[1]) if command else []
    except ValueError:  # a quote that nothing closes
        return None
    return Path(words[0].replace("%%", "%").replace("$$", "$")) if words else None


def names() -> Iterator[str]:
    """Yield the names of the units that `rendered` yields."""
    yield MAIN
    for timer in _timers():
        yield from (timer.name, timer.with_suffix(".service").name)


def rendered(place: Place, *, version: int, config: Path | None) -> Iterator[tuple[str, str]]:
    """Yield the units that `place` needs, names and texts.

    Args:
        place: The installation.
        version: Version of systemd.
        config: The configuration, if it is not the one of `place`; its folder is where relative
            paths count from then.
    """
    folder = resource("systemd")
    main = folder / (_SYSTEM if place.is_system else MAIN)
    unit = _main(main.read_text(encoding="utf-8"), place, version=version, config=config)
    yield MAIN, unit
    for timer in _timers():
        yield timer.name, timer.read_text(encoding="utf-8")
        work = timer.with_suffix(".service")
        text = _filled_in(work.read_text(encoding="utf-8"), place, config)
        if work.name.startswith(_ASKING):
            token = re.search(r"^LoadCredential=server-token:.*\n", unit, re.MULTILINE)
            text = text.replace("[Service]\n", f"[Service]\n{token[0] if token else ''}")
        yield work.name, _as_daemon(text, unit) if place.is_system else text


def jetson_clocks() -> str:
    """Return the unit that locks a Jetson's clocks."""
    return (resource("systemd") / JETSON_CLOCKS).read_text(encoding="utf-8")


def check_readable(path: Path, *, remedy: str) -> None:
    """Make sure that a service without rights of its own can read `path`; `remedy` says how.

    Raises:
        StartError: it lies where only its owner, or nobody but people who log in, can read.
    """
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        is_open = mode & (stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH)
        if not is_open or folder in {Path("/home"), Path("/root")}:
            raise StartError(
                f"The system's service cannot read {path}: {folder} is closed to it.",
                remedy=remedy,
            )


def _timers() -> list[Path]:
    return sorted(resource("systemd").glob("ishowtts-*.timer"))


def _main(text: str, place: Place, *, version: int, config: Path | None) -> str:
    text = _filled_in(text, place, config)
    text = re.sub(r"^LoadCredential=.*\n", "", text, flags=re.MULTILINE)
    secrets = "".join(f"{line}\n" for line in _secrets(place, version=version))
    text = re.sub(
        r"^WorkingDirectory=.*\n", lambda line: line[0] + secrets, text, flags=re.MULTILINE
    )
    groups = re.search(r"SupplementaryGroups=(.*)", text)
    if groups:
        there = [name for name in groups[1].split() if _is_group(name)]
        text = _set(text, "SupplementaryGroups", " ".join(there))
    return text


def _secrets(place: Place, *, version: int) -> Iterator[str]:
    """Yield the lines that give the service each file in the folder of secrets.

    Log-ins come and go while the service lives, so where systemd can it looks for them at each
    start: a file that is gone then is no reason not to start.
    """
    folder = place.credentials
    looks_itself = place.is_system and version >= _DIRECTORY_CREDENTIALS
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        if not _CREDENTIAL.fullmatch(file.name):
            continue  # what an editor left, or systemd would misread
        if not (looks_itself and file.match(_LOG_INS)):
            yield f"LoadCredential={file.name}:{_escaped(str(file))}"
    if looks_itself:
        yield f"LoadCredential=twitch-login:{_escaped(str(folder))}"


def _as_daemon(text: str, main: str) -> str:
    """Return a timer's unit that runs as the system's daemon does: as its user, in its folders."""
    lines = [line for line in main.splitlines() if line.startswith(_WHO_AND_WHERE)]
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(("Environment=PATH=", "WorkingDirectory="))
    ]
    at = kept.index("[Service]") + 1
    return "\n".join([*kept[:at], *lines, *kept[at:], ""])


def _filled_in(text: str, place: Place, config: Path | None) -> str:
    """Return a unit with the command, the configuration and the folder of this installation."""
    text = text.replace(_PROGRAM, " ".join(_quoted(word) for word in program()))
    chosen = _quoted(str(config or place.config))
    text = re.sub(r"--config \S+", lambda _: f"--config {chosen}", text)
    if config is not None and not place.is_system:
        text = _set(text, "WorkingDirectory", _escaped(str(config.parent)))
    return text


def _set(text: str, key: str, value: str) -> str:
    return re.sub(rf"^{key}=.*$", lambda _: f"{key}={value}", text, flags=re.MULTILINE)


def _quoted(word: str) -> str:
    """Return `word` as one argument of ExecStart=."""
    escaped = _escaped(word).replace("$", "$$")
    return escaped if shlex.quote(word) == word else f'"{escaped}"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')


def _is_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True
