"""Trial of a configuration: what a daemon would refuse at its start, found without starting one."""

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from bot.archive.encoding import require_codec
from bot.config import Settings
from bot.errors import StartError
from bot.server import Server
from bot.wiring.obs import Obs
from bot.wiring.wires import speakerbot_channel, wyoming_wire


def start(settings: Settings) -> None:
    """Make sure that a daemon can be built with `settings`, as far as that leaves no trace.

    Raises:
        StartError: it cannot.
    """
    Server(settings.server, [])
    if settings.mqtt.enabled:
        # Imported by name: nobody else should load a client that he does not need.
        import_module("bot.wiring.mqtt").connect(settings, "ishowtts-trial")
    for _, problem in refusals(settings):
        raise problem


def refusals(settings: Settings) -> Iterator[tuple[str, StartError]]:
    """Yield what cannot work of log, archive, OBS and wires, by the section it stands in."""
    for section, attempt in _attempts(settings):
        try:
            attempt()
        except StartError as error:
            yield section, error


def _attempts(settings: Settings) -> Iterator[tuple[str, Callable[[], object]]]:
    wires, file = settings.wires, settings.log.file
    if file is not None:
        yield "log", lambda: _require_writable(file)
    if settings.archive.enabled:
        yield "archive", require_codec
    if settings.obs.enabled:
        yield "obs", lambda: Obs(settings.obs, ())
    if wires.speakerbot.enabled:
        wire = wires.speakerbot
        own = settings.server.model_copy(update={"host": wire.host, "port": wire.port})
        yield "wires.speakerbot", lambda: speakerbot_channel(settings)
        yield "wires.speakerbot", lambda: Server(own, [])
    if wires.wyoming.enabled:
        yield "wires.wyoming", wyoming_wire


def _require_writable(file: Path) -> None:
    """Make sure that a log can be written to `file`, whose folders are made where they miss.

    Raises:
        StartError: it cannot.
    """
    there = next(each for each in (file, *file.parents) if os.path.exists(each))  # noqa: PTH110 - raises nothing
    if there.is_dir() == (there == file) or not os.access(there, os.W_OK):
        raise StartError(
            f"The log {file} cannot be written.",
            remedy="Set log.file to a file in a folder that can be written to, or to null.",
        )
