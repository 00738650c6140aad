"""Makes the engine that the configuration names."""

from importlib import import_module

from bot import engine
from bot.config.engine import EngineSettings
from bot.engine import Engine


def create(settings: EngineSettings, name: str | None = None) -> Engine:
    """Return the engine `name`, else the configured one, not warmed up yet.

    Raises:
        StartError: there is no such engine, or a package or a model that it needs is missing.
    """
    name = name or settings.name
    options = settings.options(name)
    for key in ("model", "vocoder"):
        if key in options:
            # Here, not in the engine: what the engine imports is kept to what speech needs.
            options[key] = str(import_module("bot.engine.f5.models").locate(options[key]))
    return engine.create(name, options)
