"""Makes the engines that the configuration names, each in a process of its own."""

from functools import partial
from importlib import import_module
from typing import Any

from bot.config.engine import EngineSettings
from bot.engine import ENGINES
from bot.engine.fallback import FallbackEngine
from bot.engine.narrator import Narrator
from bot.engine.nfe_policy import NfePolicy
from bot.engine.pieces import Pauses
from bot.engine.process.supervisor import Supervisor
from bot.errors import StartError
from bot.runtime.folders import resource
from bot.voices.catalogue import VoiceCatalog
from bot.voices.management import VoiceFolders

CLONING = frozenset({"f5", "upstream"})
"""Engines with voices to choose from, which may need another interpreter."""


def create(settings: EngineSettings, name: str | None = None) -> Narrator:
    """Return what speaks with the engine `name`, else with those of `settings`, not warm yet.

    Raises:
        StartError: there is no such engine.
    """
    names = settings.engines if name is None else (name,)
    for unknown in set(names) - set(ENGINES):
        raise StartError(
            f"There is no engine {unknown!r}.", remedy=f"Choose from {', '.join(ENGINES)}."
        )
    supervisors = [_supervisor(settings, name) for name in names]
    engine = FallbackEngine(
        supervisors,
        stall_s=settings.stall_s,
        patience_s=settings.patience_s,
        nfe_least=settings.f5.nfe_least,
    )
    pauses = Pauses(
        sentence_s=settings.pauses.sentence_ms / 1000, clause_s=settings.pauses.clause_ms / 1000
    )
    return Narrator(engine, pauses=pauses, ahead_s=settings.ahead_s)


def nfe_policy(settings: EngineSettings) -> NfePolicy:
    """Return how the number of function evaluations is chosen."""
    f5 = settings.f5
    if f5.nfe != "auto":
        return NfePolicy()
    return NfePolicy(idle=f5.nfe_idle, normal=f5.nfe_normal, least=f5.nfe_least)


def voices(settings: EngineSettings) -> VoiceCatalog | None:
    """Return the voices that chatters can be heard with; None if no engine has several."""
    if CLONING.isdisjoint(settings.engines):
        return None
    folders = voice_folders(settings)
    return VoiceCatalog(folders.roots, allow_unlicensed=folders.allow_unlicensed)


def voice_folders(settings: EngineSettings) -> VoiceFolders:
    """Return where voices lie, and which of them may speak."""
    return VoiceFolders(
        shipped=resource("voices"),
        own=settings.f5.voices,
        allow_unlicensed=settings.f5.allow_unlicensed,
    )


def _supervisor(settings: EngineSettings, name: str) -> Supervisor:
    python = settings.python if name in CLONING else None
    options = partial(_locate, settings.options(name))
    return Supervisor(name, options, python=python or "")


def _locate(options: dict[str, Any]) -> dict[str, Any]:
    """Return `options` with the folders of models, which may be fetched between two starts."""
    if "model" not in options:
        return options
    # Here, not in the engine: what the engine imports is kept to what speech needs.
    choice = import_module("bot.engine.f5.weights.installed")
    here, on_gpu = choice.choose(options["model"], options["vocoder"])
    found = {**options, "model": str(here.model), "vocoder": str(here.vocoder)}
    if on_gpu:
        found |= {"gpu_model": str(on_gpu.model), "gpu_vocoder": str(on_gpu.vocoder)}
    return {**found, "shipped_voices": str(resource("voices"))}
