"""Null sinks: outputs of their own for OBS, which hears each by its monitor."""

import re
from pathlib import Path

from platformdirs import user_config_path

from bot.errors import StartError, shown
from bot.playback.pulse.server import Module, Server
from bot.runtime.files.folders import read_bounded, write_whole

_MODULE = "module-null-sink"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_MOST_BYTES = 1 << 20
"""Limit of a file of PulseAudio's commands."""
_MARK = "ishowtts.made=1"
"""Property by which those that we made are known."""
_NOTHING = '{ cmd = "load-module" args = "" flags = [ nofail ] }'
"""Command that does nothing, the last of each file of PipeWire's.

A null sink is there only later, and PipeWire (seen in 0.3.65) takes the answer "later" to a file's
last command for a reason to read no further file.
"""


def create(name: str, *, is_permanent: bool = False) -> None:
    """Make the null sink `name`; permanent ones are there again when the server starts.

    Raises:
        StartError: the name cannot be one, a sink has it, the server is away, or the sink is there
            but cannot be made permanent.
    """
    if not _NAME.fullmatch(name):
        raise StartError(
            f"{shown(name)} cannot be the name of an output.",
            remedy="Take letters, digits, dots, - and _, at most 60.",
        )
    with Server() as server:
        if any(sink.name == name for sink in server.sinks()):
            raise StartError(
                f"There is an output {shown(name)} already.", remedy="Choose another name."
            )
        server.load(_MODULE, _argument(name))
        if is_permanent:
            try:
                _keep(server.system, name)
            except OSError as error:
                raise StartError(
                    f"The output {shown(name)} is there, but not after the next start of"
                    f" {server.system}: {error.filename} cannot be written: {error.strerror}.",
                    remedy="Make room on the disk and the folder writable, and remove and add the"
                    " output again.",
                ) from error


def remove(name: str) -> None:
    """Take away the null sink `name` that `create` made.

    Raises:
        StartError: there is none, its file cannot be changed, or the server is away.
    """
    with Server() as server:
        modules = [module for module in server.modules() if _made(module) == name]
        for module in modules:
            server.unload(module)
        try:
            was_permanent = _forget(name)
        except OSError as error:
            raise StartError(
                f"The output {shown(name)} is there again after the next start of"
                f" {server.system}: {error.filename} cannot be changed: {error.strerror}.",
                remedy="Make it a file that can be written to, and remove the output again.",
            ) from error
        if not was_permanent and not modules:
            raise StartError(
                f"There is no output {shown(name)} that ishowtts made.",
                remedy="List them with: ishowtts output list",
            )


def names() -> list[str]:
    """Return the names of those that `create` made.

    Raises:
        StartError: the server is away.
    """
    with Server() as server:
        return [name for name in map(_made, server.modules()) if name]


def _argument(name: str) -> str:
    properties = f"device.description={name} {_MARK}"
    return f"sink_name={name} rate=48000 channels=2 sink_properties='{properties}'"


def _made(module: Module) -> str:
    found = re.match(r"sink_name=(\S+) ", module.argument)
    return found[1] if found and module.name == _MODULE and _MARK in module.argument else ""


def _pipewire_files(name: str) -> list[Path]:
    """Return the file for `name`, then that of versions before 1.0.

    Files are read by their names' order: ours before one that ends the reading.
    """
    folder = user_config_path() / "pipewire" / "pipewire-pulse.conf.d"
    return [folder / f"00-ishowtts-{name}.conf", folder / f"ishowtts-{name}.conf"]


def _pulseaudio_file() -> Path:
    return user_config_path() / "pulse" / "default.pa"


def _line(name: str) -> str:
    return f"load-module {_MODULE} {_argument(name)}"


def _keep(system: str, name: str) -> None:
    if system == "PipeWire":
        file, older = _pipewire_files(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        command = f'cmd = "load-module" args = "{_MODULE} {_argument(name)}" flags = [ nofail ]'
        _write(file, f"pulse.cmd = [\n  {{ {command} }}\n  {_NOTHING}\n]\n")
        older.unlink(missing_ok=True)
        return
    file = _pulseaudio_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    # PulseAudio reads the user's file instead of its own.
    text = _read(file) or ".include /etc/pulse/default.pa\n"
    _write(file, f"{text.rstrip()}\n{_line(name)}\n")


def _forget(name: str) -> bool:
    """Return whether it was permanent."""
    if made := [file for file in _pipewire_files(name) if file.exists()]:
        for file in made:
            file.unlink()
        return True
    file = _pulseaudio_file()
    lines = _read(file).splitlines()
    if _line(name) not in lines:
        return False
    left = [line for line in lines if line != _line(name)]
    if left == [".include /etc/pulse/default.pa"]:
        file.unlink()
    else:
        _write(file, "\n".join(left) + "\n")
    return True


def _read(file: Path) -> str:
    # Whatever it holds besides our line is kept as it is.
    content = read_bounded(file, _MOST_BYTES) if file.exists() else b""
    return content.decode(errors="surrogateescape")


def _write(file: Path, text: str) -> None:
    """Write a file of the user, who may keep it elsewhere and link it here."""
    write_whole(file.resolve(), text.encode(errors="surrogateescape"))
