"""Registry of TTS engines; the module of each is imported when it is chosen.

A new engine is a module with a subclass of `bot.engine.contract.Engine`, and a line in `ENGINES`.
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from bot.engine.contract import Engine
from bot.errors import StartError, shown
from bot.runtime.installed import install_command, installer

ENGINES: Mapping[str, str] = {
    "espeak": "bot.engine.guests.espeak:EspeakEngine",
    "f5": "bot.engine.f5.engine:F5Engine",
    "hibari": "bot.engine.hibari:HibariEngine",
    "kokoro": "bot.engine.guests.kokoro:KokoroEngine",
    "openai": "bot.engine.guests.openai:OpenaiEngine",
    "piper": "bot.engine.guests.piper:PiperEngine",
    "pool": "bot.engine.guests.pool.engine:PoolEngine",
    "tone": "bot.engine.tone:ToneEngine",
    "upstream": "bot.engine.upstream.engine:UpstreamEngine",
}
"""Module and class of each engine, by its name in the configuration."""

_EXTRAS = {"f5": "f5", "kokoro": "kokoro", "pool": "nats", "upstream": "upstream"}
"""Extras with the packages of engines."""


def create(name: str, options: Mapping[str, Any]) -> Engine:
    """Return the engine `name`, not warmed up yet; `options` are its keyword arguments.

    Besides the names in `ENGINES`, `module:Class` is an engine of one's own.

    Raises:
        StartError: there is no such engine, or a package that it needs is not installed.
    """
    place = ENGINES.get(name, name)
    if ":" not in place:
        raise StartError(
            f"There is no engine {shown(name)}.", remedy=f"Choose from {', '.join(ENGINES)}."
        )
    module_name, _, class_name = place.partition(":")
    module = import_extra(module_name, f"Engine {name}", _EXTRAS.get(name, ""))
    engine: Engine = getattr(module, class_name)(**options)
    return engine


def import_extra(module: str, what: str, extra: str) -> ModuleType:
    """Return a module of ours, for `what`, that needs the packages of an extra (empty for none).

    Raises:
        StartError: a package that it needs is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        plain = f"{installer()} {error.name}"
        raise StartError(
            f"{what} needs the Python package {error.name}.",
            remedy=f"Install {'what it needs' if extra else 'it'} with:"
            f" {install_command(extra) if extra else plain}",
        ) from error
