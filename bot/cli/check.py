"""`ishowtts check`: reports everything that would not work, with its remedy, before it matters."""

import argparse
import asyncio
import errno
import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import aiohttp

from bot.cli import EXIT_OK, EXIT_PROBLEM, fail, login
from bot.cli.shared import add_config_option, load_settings, quiet_logs
from bot.config import Settings
from bot.config.sections.engine import EngineSettings
from bot.config.sections.playback import DeviceSettings, OutputSettings, WavefileSettings
from bot.config.sections.server import ServerSettings
from bot.errors import ConfigError, IshowttsError, StartError
from bot.hardware import jetson
from bot.messages import SpeechRequest
from bot.policy.words.lists import problems
from bot.runtime.installed import strangers
from bot.server import Server
from bot.service import daemon
from bot.service.elsewhere import differences
from bot.sources import Sources
from bot.state import EngineState
from bot.wiring import engines, outputs, trial
from bot.wiring.absent import absent
from bot.wiring.mqtt import connect

_ANSWER_S = 3.0
"""Longest time for who holds the port to answer."""
_MOST_NAMED = 8
"""Languages or voices that are named; of more, the number is told."""


class Finding(NamedTuple):
    """What became of one try."""

    subject: str
    """What was tried."""
    problem: IshowttsError | None = None
    note: str = ""
    """What is worth knowing about it where it works."""
    is_fatal: bool = True
    """Whether what the problem is about does not work."""

    def print(self) -> None:
        """Print it as a line."""
        grade = "ok" if self.problem is None else "FAIL" if self.is_fatal else "warn"
        _print_line(grade, self.subject, self.problem or self.note)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)


def run(options: argparse.Namespace) -> int:
    """Check the configuration and this machine; return 1 if something would not work."""
    quiet_logs()
    try:
        chosen = load_settings(options)
    except ConfigError as error:
        return fail(error, EXIT_PROBLEM)
    return EXIT_OK if asyncio.run(check(chosen)) else EXIT_PROBLEM


async def check(settings: Settings, *, root: Path = Path("/")) -> bool:
    """Try what `settings` need, print a line for each, and tell whether all of it works.

    `root` is that of the file system that describes the hardware.
    """
    findings = [Finding("configuration"), *_installation_findings()]
    tried = [await _try_engine(settings, name) for name in settings.engine.engines]
    can_speak = any(state is not None for _, state in tried)
    for name, (finding, _) in zip(settings.engine.engines, tried, strict=True):
        if can_speak and finding.problem is not None and _is_left_out(settings.engine, name):
            findings.append(Finding(finding.subject, note="left out: torch is not installed"))
        else:
            findings.append(finding)
    findings += _language_findings(settings, [state for _, state in tried if state is not None])
    findings += _try_outputs(settings)
    findings.append(await _try_port(settings.server))
    findings += [Finding(section, problem) for section, problem in trial.refusals(settings)]
    findings += await _difference_findings(settings.server)
    findings += _try_sources(settings)
    findings += _log_in_findings(settings)
    findings += _voice_findings(settings)
    findings += [Finding(where, problem) for where, problem in absent(settings)]
    findings += _list_findings(settings)
    findings += [await _try_broker(settings)] if settings.mqtt.enabled else []
    for finding in findings:
        finding.print()
    _print_hardware(root)
    return not any(finding.problem and finding.is_fatal for finding in findings)


def _installation_findings() -> Iterator[Finding]:
    """Yield what was installed over this program, or under it."""
    for name in strangers():
        mixed = StartError(
            f"{name} has a package `bot` too, so that files of both are mixed.",
            remedy="Install ishowtts into an environment of its own: pipx, uv tool, python -m venv",
        )
        yield Finding("installation", mixed)


async def _difference_findings(settings: ServerSettings) -> list[Finding]:
    """Return what differs from this installation elsewhere; that one works all the same."""
    try:
        status = await daemon.ask(settings)
    except StartError:
        status = None  # it wants another token, and tells nothing
    told = differences(running=status.version if status else "")
    return [Finding(subject, problem, is_fatal=False) for subject, problem in told]


def _list_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with files of blocked words."""
    for channel in settings.channels:
        for path, problem in problems(channel.policy.words.lists).items():
            yield Finding(
                f"channel {channel.name}, word list {path}",
                StartError(f"{problem}.", remedy="The list is not used until that is mended."),
            )


def _print_line(grade: str, subject: str, detail: object) -> None:
    print(f"{grade:>4}  {subject}" + (f": {detail}" if detail else ""))


def _print_hardware(root: Path) -> None:
    """Print what makes a Jetson slow; it works all the same."""
    board = jetson.read(root)
    if board is None:
        return
    warnings = [*board.warnings()]
    _print_line("warn" if warnings else "ok", "hardware", board)
    for warning in warnings:
        _print_line("warn", "hardware", warning)


async def _try_engine(settings: Settings, name: str) -> tuple[Finding, EngineState | None]:
    subject = f"engine {name}"
    try:
        engine = engines.create(settings.engine, name)
        try:
            await engine.warm_up()
            for voice in dict.fromkeys(channel.voice for channel in settings.channels):
                request = SpeechRequest(id="check", text="Hello.", voice=voice)
                async for _ in engine.synthesize(request):
                    pass
            state = engine.states[name]
            return Finding(subject, note=_about(settings.engine, state)), state
        finally:
            await engine.close()
    except IshowttsError as error:
        return Finding(subject, error), None


def _is_left_out(settings: EngineSettings, name: str) -> bool:
    """Tell whether this engine lacks torch because the installation is the light one."""
    return name in engines.CLONING and settings.python is None and find_spec("torch") is None


def _language_findings(settings: Settings, states: Sequence[EngineState]) -> Iterator[Finding]:
    """Yield the languages that a channel has and no engine speaks."""
    if not states or not all(state.languages for state in states):
        return  # one that does not tell may speak anything
    spoken = {language for state in states for language in state.languages}
    for channel in settings.channels:
        policy = channel.policy
        for language in dict.fromkeys((policy.speakable.language, *policy.languages.chat)):
            if language not in spoken:
                remedy = (
                    "Add one that does to engine.engines, such as espeak; see docs/languages.md."
                )
                problem = StartError(f"No engine speaks {language}.", remedy=remedy)
                yield Finding(f"channel {channel.name}, language {language}", problem)


def _about(settings: EngineSettings, state: EngineState) -> str:
    """Return device, languages, voices, licence and cores of an engine, as far as it tells."""
    parts = [
        state.hardware,
        _counted("language", state.languages),
        _counted("voice", state.voices),
        state.licence and f"licence {state.licence}",
        _cores(settings),
    ]
    return "; ".join(filter(None, parts))


def _cores(settings: EngineSettings) -> str:
    if settings.cores is None:
        return ""
    if not hasattr(os, "sched_setaffinity"):
        return "engine.cores has no effect on this system"
    return "cores " + ", ".join(map(str, settings.cores))


def _counted(what: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    if len(names) > _MOST_NAMED:
        return f"{len(names)} {what}s"
    return f"{what}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _try_outputs(settings: Settings) -> Iterator[Finding]:
    for channel in settings.channels:
        for output in channel.outputs:
            subject = f"channel {channel.name}, {output.type} {_place(output)}"
            try:
                outputs.check(output)
            except IshowttsError as error:
                yield Finding(subject, error)
            else:
                yield Finding(subject)
        if not channel.outputs:
            silent = StartError("It has no outputs.", remedy="Give it an entry in `outputs`.")
            yield Finding(f"channel {channel.name}", silent)


def _place(output: OutputSettings) -> str:
    match output:
        case DeviceSettings():
            return output.device
        case WavefileSettings():
            return str(output.path)
    return output.name


async def _try_port(settings: ServerSettings) -> Finding:
    subject = f"port {settings.port}"
    try:
        async with Server(settings, []):
            return Finding(subject)
    except StartError as error:
        cause = error.__cause__
        is_taken = isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE
        if is_taken and await _is_ours(settings):
            return Finding(subject, note="held by an ishowtts that runs")
        return Finding(subject, error)


async def _is_ours(settings: ServerSettings) -> bool:
    """Tell whether who listens on the port answers as this daemon does."""
    timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(settings.url() / "healthz") as answer,
        ):
            return {"ok", "reasons"} == set(await answer.json())
    except (aiohttp.ClientError, TimeoutError, ValueError, TypeError):
        return False


def _try_sources(settings: Settings) -> Iterator[Finding]:
    sources = Sources(settings.twitch, (s for c in settings.channels for s in c.sources))
    for channel in settings.channels:
        for source in channel.sources:
            if source.type == "mqtt":
                continue  # it needs the broker, and nothing of its own
            try:
                sources.create(source, channel.name)
            except StartError as error:
                yield Finding(f"channel {channel.name}, {source.type}", error)
        if not channel.sources:
            deaf = StartError("It has no sources.", remedy="Give it an entry in `sources`.")
            yield Finding(f"channel {channel.name}", deaf)


def _log_in_findings(settings: Settings) -> Iterator[Finding]:
    sources = [source for channel in settings.channels for source in channel.sources]
    if any(source.type == "twitch_eventsub" for source in sources):
        problems = login.problems(settings)
        yield from (Finding("log-in to Twitch", problem) for problem in problems)
        if not problems:
            yield Finding("log-in to Twitch")


def _voice_findings(settings: Settings) -> Iterator[Finding]:
    if engines.cloning(settings.engine):
        for name, problem in engines.voice_folders(settings.engine).problems():
            yield Finding(f"voice {name}", problem)


async def _try_broker(settings: Settings) -> Finding:
    subject = f"MQTT broker {settings.mqtt.host}"
    try:
        await connect(settings, "ishowtts-check").check()
    except IshowttsError as error:
        return Finding(subject, error)
    return Finding(subject)
