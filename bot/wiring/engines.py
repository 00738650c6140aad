"""Makes the engines that the configuration names, each in a process of its own."""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from bot.config.sections.engine import EngineSettings
from bot.config.sections.guests import EspeakSettings, OpenaiSettings, PiperSettings, PoolSettings
from bot.engine import ENGINES
from bot.engine.fallback import FallbackEngine
from bot.engine.guests.program import SILENT_S
from bot.engine.narrator import Narrator
from bot.engine.nfe_policy import NfePolicy
from bot.engine.pieces import Pauses
from bot.engine.process.supervisor import Supervisor
from bot.engine.process.watchdog import Limits
from bot.errors import StartError, shown
from bot.runtime.files.credentials import read_secret
from bot.runtime.files.folders import resource
from bot.voices.catalogue import VoiceCatalog
from bot.voices.management import VoiceFolders

_STATED = {"f5": ("en",), "upstream": ("en", "zh"), "hibari": ("en",), "kokoro": ("en",)}
"""ISO 639 codes of what engines speak; the official F5-TTS model tells of Chinese once it is warm,
and other engines of all."""
_SHIPPED = str(resource("voices"))
CLONING = frozenset({"f5", "upstream"})
"""Engines on this machine with voices to choose from, which may need another interpreter."""


_POOLED = Limits(pause_s=5.0)
"""For a pool, which may be back at any moment, whatever it was away for."""
_NOTICE_S = 1.0
"""Time in which a guest says what hangs, before its process counts as hanging."""


def create(settings: EngineSettings, name: str | None = None) -> Narrator:
    """Return what speaks with the engine `name`, else with those of `settings`, not warm yet.

    Raises:
        StartError: there is no such engine.
    """
    names = settings.engines if name is None else (name,)
    known = (*ENGINES, *settings.named)
    for unknown in set(names) - set(known):
        raise StartError(
            f"There is no engine {shown(unknown)}.", remedy=f"Choose from {', '.join(known)}."
        )
    # The last one, a light voice, speaks while the others wake.
    supervisors = [
        _supervisor(settings, name, sleeps=len(names) == 1 or name != names[-1]) for name in names
    ]
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
        return NfePolicy(least=min(f5.nfe, f5.nfe_least))
    return NfePolicy(idle=f5.nfe_idle, normal=f5.nfe_normal, least=f5.nfe_least)


def voices(settings: EngineSettings) -> VoiceCatalog | None:
    """Return the voices that chatters can be heard with; None if no engine has several."""
    if not cloning(settings):
        return None
    folders = voice_folders(settings)
    return VoiceCatalog(folders.roots, allow_unlicensed=folders.allow_unlicensed)


def cloning(settings: EngineSettings) -> tuple[str, ...]:
    """Return the engines that speak with the voices that lie here; a pool's workers fetch them."""
    kinds = CLONING | {"pool"}
    return tuple(name for name in settings.engines if settings.kind_of(name) in kinds)


def voice_folders(settings: EngineSettings) -> VoiceFolders:
    """Return where voices lie, and which of them may speak."""
    return VoiceFolders(
        shipped=resource("voices"),
        own=settings.f5.voices,
        allow_unlicensed=settings.f5.allow_unlicensed,
    )


def _supervisor(settings: EngineSettings, name: str, *, sleeps: bool) -> Supervisor:
    python = settings.python if name in CLONING else None
    return Supervisor(
        name,
        partial(_complete, settings, name),
        engine=settings.kind_of(name),
        python=python or "",
        limits=_limits(settings, name),
        is_low=settings.priority == "low",
        cores=settings.cores or (),
        idle_s=settings.idle_s if sleeps else None,
        languages=_languages(settings, name),
    )


def _limits(settings: EngineSettings, name: str) -> Limits:
    """Return when an engine's process hangs: a guest that waits for others notices that itself."""
    guest = settings.guest(name)
    if isinstance(guest, OpenaiSettings):
        return Limits(working_s=guest.silent_s + _NOTICE_S)
    if isinstance(guest, PiperSettings | EspeakSettings):
        return Limits(working_s=SILENT_S + _NOTICE_S)
    return _POOLED if isinstance(guest, PoolSettings) else Limits()


def for_the_pool(settings: EngineSettings, name: str, voices: Path) -> Supervisor:
    """Return the engine `name`, which speaks for a pool with the voices that lie in a folder.

    Raises:
        StartError: there is no such engine, or it is a pool itself.
    """
    able = [each for each in (*ENGINES, *settings.named) if settings.kind_of(each) != "pool"]
    if name not in able and ":" not in name:  # as `bot.engine.create` takes one's own
        raise StartError(
            f"A worker cannot speak with the engine {shown(name)}.",
            remedy=f"Choose from {', '.join(able)}.",
        )

    def options() -> dict[str, Any]:
        own = {"voices": str(voices.absolute())} if name in CLONING else {}
        return _complete(settings, name) | own

    return Supervisor(
        name,
        options,
        engine=settings.kind_of(name),
        python=(settings.python or "") if name in CLONING else "",
        limits=_limits(settings, name)._replace(heartbeat_s=0.2),
        is_low=settings.priority == "low",
        cores=settings.cores or (),
        languages=_languages(settings, name),
    )


def languages(settings: EngineSettings) -> frozenset[str] | None:
    """Return what the engines speak, as far as is known before they are warm; None is anything."""
    stated = [_languages(settings, name) for name in settings.engines]
    return frozenset(code for codes in stated for code in codes) if all(stated) else None


def may_speak(settings: EngineSettings, name: str, language: str) -> bool:
    """Tell whether an engine may speak `language`, empty for that of its voice."""
    stated = _languages(settings, name)
    return not (language and stated) or language in stated


def _languages(settings: EngineSettings, name: str) -> tuple[str, ...]:
    """Return what one engine states to speak before it is warm; empty is anything."""
    guest = settings.guest(name)
    if isinstance(guest, OpenaiSettings):
        return guest.languages
    if name in CLONING and settings.f5.languages:
        return settings.f5.languages
    return _STATED.get(settings.kind_of(name), ())


def _complete(settings: EngineSettings, name: str) -> dict[str, Any]:
    """Return the keyword arguments of an engine, with what may change between two starts."""
    options: dict[str, Any] = settings.options(name)
    if name in CLONING:
        options = _locate(options)
    guest = settings.guest(name)
    if isinstance(guest, OpenaiSettings):
        configured = guest.api_key.get_secret_value() if guest.api_key else None
        options["api_key"] = read_secret(
            f"{name}-api-key", configured=configured, file=guest.api_key_file
        )
    if isinstance(guest, PoolSettings):
        options |= {"password": pool_password(guest, name), "shipped_voices": _SHIPPED}
    return options


def pool_password(pool: PoolSettings, name: str = "pool") -> str | None:
    """Return the password at NATS; None for none.

    Raises:
        StartError: its file cannot be read.
    """
    configured = pool.password.get_secret_value() if pool.password else None
    return read_secret(f"{name}-password", configured=configured, file=pool.password_file)


def _locate(options: dict[str, Any]) -> dict[str, Any]:
    """Return `options` with the folders of models, which may be fetched between two starts."""
    # Here, not in the engine: what the engine imports is kept to what speech needs.
    choice = import_module("bot.engine.f5.weights.installed")
    here, on_gpu = choice.choose(options["model"], options["vocoder"])
    found = {**options, "model": str(here.model), "vocoder": str(here.vocoder)}
    if on_gpu:
        found |= {"gpu_model": str(on_gpu.model), "gpu_vocoder": str(on_gpu.vocoder)}
    return {**found, "shipped_voices": _SHIPPED}
